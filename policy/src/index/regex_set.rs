//! [`RegexSet`]: which of many regular expressions match one text, found in one pass over it.
//!
//! The expressions are compiled in chunks to automata whose states are made as texts need them. All that a chunk holds is
//! bounded; where the bound does not do for a text, the answer is that every expression of the chunk may match.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex_automata::hybrid::dfa::{Cache, DFA, OverlappingState};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use crate::matcher::regex::RegexMatcher;

/// A text costs one pass for each chunk.
const MAX_CHUNKS: usize = 16;
const CHUNK_PATTERNS: usize = 128;
/// The largest program of a chunk, in bytes.
const MAX_PROGRAM: usize = 1 << 20;
/// The states that a chunk keeps, in bytes: so much, and so much more for each expression.
const STATES: usize = 128 << 10;
const STATES_A_PATTERN: usize = 4 << 10;
/// A search that so often found no room for its states, and made one for fewer bytes than these, is given up.
const ROUNDS: usize = 3;
const BYTES_A_STATE: usize = 10;

/// Many expressions with what is filed under each.
#[derive(Clone, Debug)]
pub(crate) struct RegexSet<T> {
    chunks: Arc<[Chunk<T>]>,
}

/// A set, and what it has no room for.
pub(crate) struct Built<T> {
    pub(crate) set: RegexSet<T>,
    pub(crate) unfiled: Vec<T>,
}

/// Expressions that are searched together.
#[derive(Debug)]
struct Chunk<T> {
    automaton: DFA,
    /// A host has one thread for each VM, and so this lock is never waited for there.
    states: Mutex<Cache>,
    /// By the number of the expression.
    filed: Box<[Box<[T]>]>,
}

/// An expression, and what is filed under it.
struct Entry<'m, T> {
    matcher: &'m RegexMatcher,
    filed: Vec<T>,
}

impl<T: Copy> RegexSet<T> {
    /// Compiles the expressions, each one once.
    pub(crate) fn build<'m>(patterns: impl IntoIterator<Item = (&'m RegexMatcher, T)>) -> Built<T> {
        let mut building = Building::default();
        let mut entries = entries(patterns).into_iter().peekable();
        while entries.peek().is_some() {
            building.add(entries.by_ref().take(CHUNK_PATTERNS).collect());
        }
        Built {
            set: Self {
                chunks: building.chunks.into(),
            },
            unfiled: building.unfiled,
        }
    }

    /// Visits what is filed under each expression that matches the whole text, and maybe under others. Allocates only where
    /// the text needs a state that was not made before. `visit` must not search this set.
    pub(crate) fn for_each_match(&self, text: &[u8], mut visit: impl FnMut(T)) {
        for chunk in &*self.chunks {
            chunk.for_each_match(text, &mut visit);
        }
    }

    /// Whether nothing is filed here.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

/// The different expressions.
fn entries<'m, T>(patterns: impl IntoIterator<Item = (&'m RegexMatcher, T)>) -> Vec<Entry<'m, T>> {
    let mut by_text: BTreeMap<&str, Entry<'m, T>> = BTreeMap::new();
    for (matcher, item) in patterns {
        let filed = Vec::new();
        let entry = by_text.entry(matcher.as_str());
        entry.or_insert(Entry { matcher, filed }).filed.push(item);
    }
    by_text.into_values().collect()
}

struct Building<T> {
    chunks: Vec<Chunk<T>>,
    unfiled: Vec<T>,
}

impl<T> Default for Building<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            unfiled: Vec::new(),
        }
    }
}

impl<T: Copy> Building<T> {
    /// One chunk, or more where it comes out too large.
    fn add(&mut self, mut entries: Vec<Entry<'_, T>>) {
        if self.chunks.len() >= MAX_CHUNKS {
            return self.leave(entries);
        }
        if let Some(automaton) = automaton(&entries) {
            self.chunks.push(Chunk::new(automaton, entries));
        } else if entries.len() < 2 {
            self.leave(entries);
        } else {
            #[expect(clippy::disallowed_methods, reason = "the half is within")]
            let rest = entries.split_off(entries.len().div_euclid(2));
            self.add(entries);
            self.add(rest);
        }
    }

    fn leave(&mut self, entries: Vec<Entry<'_, T>>) {
        self.unfiled
            .extend(entries.into_iter().flat_map(|entry| entry.filed));
    }
}

fn automaton<T>(entries: &[Entry<'_, T>]) -> Option<DFA> {
    let config = thompson::Config::new()
        .utf8(false)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(MAX_PROGRAM));
    let expressions: Vec<Hir> = entries
        .iter()
        .map(|entry| entry.matcher.hir())
        .collect::<Option<_>>()?;
    let program = NFA::compiler()
        .configure(config)
        .build_many_from_hir(&expressions)
        .ok()?;
    let states = STATES_A_PATTERN
        .saturating_mul(entries.len())
        .saturating_add(STATES);
    let config = DFA::config()
        .match_kind(MatchKind::All)
        .cache_capacity(states)
        .skip_cache_capacity_check(true)
        .minimum_cache_clear_count(Some(ROUNDS))
        .minimum_bytes_per_state(Some(BYTES_A_STATE));
    DFA::builder().configure(config).build_from_nfa(program).ok()
}

impl<T: Copy> Chunk<T> {
    fn new(automaton: DFA, entries: Vec<Entry<'_, T>>) -> Self {
        Self {
            states: Mutex::new(automaton.create_cache()),
            automaton,
            filed: entries.into_iter().map(|entry| entry.filed.into()).collect(),
        }
    }

    fn for_each_match(&self, text: &[u8], visit: &mut impl FnMut(T)) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let input = Input::new(text).anchored(Anchored::Yes);
        let mut at = OverlappingState::start();
        loop {
            let searched = self
                .automaton
                .try_search_overlapping_fwd(&mut states, &input, &mut at);
            match (searched, at.get_match()) {
                (Ok(()), None) => return,
                (Ok(()), Some(found)) => visit_all(self.filed.get(found.pattern().as_usize()), visit),
                (Err(_), _) => {
                    // What one text filled must not be in the way of the next.
                    states.reset(&self.automaton);
                    return visit_all(&self.filed, visit);
                }
            }
        }
    }
}

fn visit_all<'f, T: Copy + 'f>(filed: impl IntoIterator<Item = &'f Box<[T]>>, visit: &mut impl FnMut(T)) {
    filed.into_iter().flatten().copied().for_each(visit);
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn parse(values: &[String]) -> Vec<RegexMatcher> {
        let parse = |value: &String| RegexMatcher::parse(value, false).unwrap();
        values.iter().map(parse).collect()
    }

    fn build(matchers: &[RegexMatcher]) -> Built<usize> {
        RegexSet::build(matchers.iter().zip(0..))
    }

    fn matches(set: &RegexSet<usize>, text: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        set.for_each_match(text, |item| found.push(item));
        found.sort_unstable();
        found
    }

    /// Every word of up to four letters of the alphabet.
    fn words(alphabet: &[u8]) -> Vec<Vec<u8>> {
        let mut words = vec![Vec::new()];
        let mut longest: Vec<Vec<u8>> = words.clone();
        for _ in 0..4 {
            let longer = |word: &Vec<u8>| {
                alphabet
                    .iter()
                    .map(|letter| [&word[..], &[*letter]].concat())
                    .collect::<Vec<_>>()
            };
            longest = longest.iter().flat_map(longer).collect();
            words.extend_from_slice(&longest);
        }
        words
    }

    const PARTS: [&str; 17] = [
        "", "a", "b", "(ab)?", ".", "[ab]", "a*", "(?i:A)", r"\b", "^", "$", "a{2}", "(a|ab)", "|b",
        "(?s:.)+", r"\n", "[^a]",
    ];

    #[test]
    fn it_finds_what_each_expression_finds_alone_and_no_prefix_keeps_a_match_out() {
        let values: Vec<String> = PARTS
            .iter()
            .flat_map(|one| PARTS.iter().map(move |other| format!("{one}{other}")))
            .collect();
        let matchers = parse(&values);
        let prefixes: Vec<_> = matchers.iter().map(RegexMatcher::required_prefix).collect();
        let Built { set, unfiled } = build(&matchers);
        assert_eq!((set.chunks.len() > 1, unfiled), (true, vec![]));
        for word in words(b"abA\n") {
            let alone = matchers
                .iter()
                .zip(0..)
                .filter(|(matcher, _)| matcher.matches(&word));
            let alone: Vec<usize> = alone.map(|(_, number)| number).collect();
            for number in &alone {
                let prefix = prefixes[*number].as_ref();
                assert!(
                    prefix.is_none_or(|prefix| prefix.begins(&word)),
                    "{:?} {word:?}",
                    values[*number]
                );
            }
            assert_eq!(matches(&set, &word), alone, "{word:?}");
        }
    }

    #[test]
    fn an_expression_that_comes_again_is_compiled_once() {
        let matchers = parse(&vec!["[a-z]+".to_owned(); 10_000]);
        let built = build(&matchers);
        assert_eq!((built.set.chunks.len(), built.unfiled.len()), (1, 0));
        assert_eq!(matches(&built.set, b"abc").len(), 10_000);
        assert!(matches(&built.set, b"1").is_empty());
    }

    #[test]
    fn what_there_is_no_room_for_is_said() {
        let most = MAX_CHUNKS * CHUNK_PATTERNS;
        let values: Vec<String> = (0..most + 5).map(|number| format!(".*x{number:05}")).collect();
        let matchers = parse(&values);
        let Built { set, unfiled } = build(&matchers);
        assert_eq!(unfiled, [most, most + 1, most + 2, most + 3, most + 4]);
        assert_eq!(matches(&set, b"/x00077"), [77]);
        assert!(matches(&set, b"/x02049").is_empty());
    }

    #[test]
    fn a_chunk_that_comes_out_too_large_is_parted() {
        let values: Vec<String> = (0..CHUNK_PATTERNS)
            .map(|number| format!("([a-z]{{9}}[0-9]){{40}}{number}"))
            .collect();
        let matchers = parse(&values);
        let Built { set, unfiled } = build(&matchers);
        assert!(set.chunks.len() > 1 && unfiled.is_empty(), "{}", set.chunks.len());
        let text = "abcdefghi7".repeat(40) + "100";
        assert_eq!(matches(&set, text.as_bytes()), [100]);
    }

    #[test]
    fn a_search_that_is_given_up_leaves_out_no_match() {
        let values: Vec<String> = (0..CHUNK_PATTERNS)
            .map(|number| format!(".*a.{{{number}}}b.*"))
            .collect();
        let matchers = parse(&values);
        let Built { set, unfiled } = build(&matchers);
        assert!(unfiled.is_empty());
        // Each byte leads to a state that there was not before.
        let mut noise = 1_u32;
        let mut next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if noise >> 31 == 0 { b'a' } else { b'c' }
        };
        let text: Vec<u8> = (0..20_000).map(|_| next()).collect();
        assert_eq!(matches(&set, &text).len(), CHUNK_PATTERNS, "not given up");
        assert_eq!(matches(&set, b"acb"), [1]);
    }

    #[test]
    fn a_set_of_nothing_finds_nothing() {
        let built = build(&[]);
        assert!(built.set.is_empty() && built.unfiled.is_empty());
        assert!(matches(&built.set, b"").is_empty());
    }
}
