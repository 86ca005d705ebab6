//! Texts for every truth that patterns can have together, regular expressions among them: the states of their common
//! automaton, each reached by the shortest text.

use std::collections::{BTreeMap, VecDeque};

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

/// Bytes that the automaton may take, and its making.
const MOST_BYTES: usize = 16 << 20;

/// The shortest text for each set of patterns that match some text as a whole; `None` where the automaton would be too
/// large. A text begins with `start` and has bytes of `alphabet` alone, the earlier ones rather.
pub(super) fn witnesses(patterns: &[String], start: &str, alphabet: &[u8]) -> Option<Vec<String>> {
    let automaton = build(patterns)?;
    let steps = distinct(&automaton, alphabet);
    let mut found: BTreeMap<Vec<usize>, String> = BTreeMap::new();
    let mut seen: BTreeMap<StateID, ()> = BTreeMap::new();
    let first = automaton
        .start_state_forward(&Input::new("").anchored(Anchored::Yes))
        .ok()?;
    let first = start
        .bytes()
        .fold(first, |state, byte| automaton.next_state(state, byte));
    let mut queue = VecDeque::from([(first, start.to_owned())]);
    seen.insert(first, ());
    while let Some((state, text)) = queue.pop_front() {
        found
            .entry(matches(&automaton, state))
            .or_insert_with(|| text.clone());
        for byte in &steps {
            let next = automaton.next_state(state, *byte);
            if seen.insert(next, ()).is_none() {
                let mut text = text.clone();
                text.push(char::from(*byte));
                queue.push_back((next, text));
            }
        }
    }
    Some(found.into_values().collect())
}

fn build(patterns: &[String]) -> Option<dense::DFA<Vec<u32>>> {
    dense::Builder::new()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(
            thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(MOST_BYTES)),
        )
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Anchored)
                .match_kind(MatchKind::All)
                .dfa_size_limit(Some(MOST_BYTES))
                .determinize_size_limit(Some(MOST_BYTES)),
        )
        .build_many(patterns)
        .ok()
}

/// One byte of each class of bytes that the automaton tells apart.
fn distinct(automaton: &dense::DFA<Vec<u32>>, alphabet: &[u8]) -> Vec<u8> {
    let classes = automaton.byte_classes();
    let mut seen = std::collections::BTreeSet::new();
    let bytes = alphabet.iter().copied();
    bytes.filter(|byte| seen.insert(classes.get(*byte))).collect()
}

/// The patterns that match the whole text that leads to a state.
fn matches(automaton: &dense::DFA<Vec<u32>>, state: StateID) -> Vec<usize> {
    let end = automaton.next_eoi_state(state);
    if !automaton.is_match_state(end) {
        return Vec::new();
    }
    let count = automaton.match_len(end);
    let mut patterns: Vec<usize> = (0..count)
        .map(|index| automaton.match_pattern(end, index).as_usize())
        .collect();
    patterns.sort_unstable();
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_patterns_has_its_text() {
        let patterns = ["/a/[^/]+".to_owned(), "(?s:.*)b".to_owned(), "/a/x".to_owned()];
        let texts = witnesses(&patterns, "/", b"abcx/").unwrap();
        for expected in ["/a/a", "/a/b", "/a/x", "/b"] {
            assert!(
                texts.iter().any(|text| text == expected),
                "{expected} of {texts:?}"
            );
        }
        assert_eq!(texts.len(), 5);
    }

    #[test]
    fn what_would_be_too_large_has_no_texts() {
        let patterns: Vec<String> = (10..40).map(|n| format!("(?s:.*)a(?s:.){{{n}}}")).collect();
        assert!(witnesses(&patterns, "", b"ab").is_none());
    }
}
