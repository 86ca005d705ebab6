//! Values of each dimension at the boundaries of everything that both policy sets compare it with.
//!
//! Nothing here says what a value matches: that is asked of the engine. A value too many costs a question; what is left out
//! is said in the notes.

mod addresses;
mod automaton;
mod numbers;
mod paths;
mod peers;
mod text;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use spiffe_authz_policy::StatedKey;
use time::OffsetDateTime;

use crate::difference::Dimension;
use crate::difference::candidates::paths::PathValue;
use crate::difference::candidates::peers::Parts;
use crate::difference::candidates::text::Patterns;
use crate::difference::clause::{Clause, Form, Literal};
use crate::difference::fragment::Fragment;

/// How many values of a repeated attribute are put side by side in pairs.
const MOST_PAIRED: usize = 24;

/// What the values are made for.
#[derive(Clone, Debug, Default)]
pub(super) struct Background {
    /// The trust domains of both meshes and their aliases, the first one first.
    pub(super) trust_domains: Vec<String>,
    /// SPIFFE IDs that a list denies.
    pub(super) denied: Vec<String>,
    /// Ports with an mTLS mode of their own.
    pub(super) mode_ports: Vec<u16>,
    /// Whether ports matter though no policy names one.
    pub(super) ports_matter: bool,
    /// The ends of exceptions.
    pub(super) ends: BTreeSet<OffsetDateTime>,
    /// Whether one of the sets takes paths as they come (profile istio).
    pub(super) allows_doubtful: bool,
    /// Whether the sets may differ in which ambiguous paths they take.
    pub(super) ambiguity_matters: bool,
}

/// The values of one dimension.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    pub(super) fragments: Vec<Fragment>,
    pub(super) notes: Vec<String>,
}

/// For each dimension that matters its values.
pub(super) fn candidates(clauses: &[Clause], background: &Background) -> BTreeMap<Dimension, Candidates> {
    let mut dimensions = BTreeSet::from([Dimension::Peer]);
    for clause in clauses {
        dimensions.insert(clause.dimension());
        dimensions.extend(clause.bound_dimensions());
        if clause.key == StatedKey::RemainingSeconds {
            dimensions.insert(Dimension::RemainingSeconds);
        }
    }
    if background.ports_matter {
        dimensions.insert(Dimension::Port);
    }
    if !background.ends.is_empty() {
        dimensions.insert(Dimension::Time);
    }
    let making = Making { clauses, background };
    dimensions
        .into_iter()
        .map(|dimension| {
            let found = making.of(&dimension);
            (dimension, found)
        })
        .collect()
}

struct Making<'m> {
    clauses: &'m [Clause],
    background: &'m Background,
}

impl Making<'_> {
    fn of(&self, dimension: &Dimension) -> Candidates {
        match dimension {
            Dimension::Peer => self.peers(),
            Dimension::Path => self.paths(),
            Dimension::Host => self.hosts(),
            Dimension::Method => self.texts(dimension, "GET", false),
            Dimension::Sni => with_absent(self.texts(dimension, "", false)),
            Dimension::Query(_) if self.reads_whole_path() => Candidates {
                fragments: vec![Fragment::Absent],
                notes: vec![
                    "not solved: a policy reads `request.headers[:path]`, which has the query in it"
                        .to_owned(),
                ],
            },
            Dimension::Header(_) | Dimension::Query(_) => {
                repeated(with_absent(self.texts(dimension, "", false)), true)
            }
            Dimension::DnsSan => repeated(with_absent(self.texts(dimension, "", true)), true),
            Dimension::Metadata { .. } => repeated(with_absent(self.texts(dimension, "", false)), false),
            Dimension::IssuerKeyId => self.key_ids(),
            Dimension::RemainingSeconds => {
                let seconds = numbers::seconds(self.literal_texts(dimension).into_iter());
                with_absent(of(seconds.into_iter().map(Fragment::Seconds)))
            }
            Dimension::Port => {
                let modes = &self.background.mode_ports;
                of(addresses::ports(self.literal_texts(dimension).into_iter(), modes)
                    .into_iter()
                    .map(Fragment::Port))
            }
            Dimension::SourceIp | Dimension::RemoteIp | Dimension::DestinationIp => {
                of(addresses::addresses(self.literal_texts(dimension).into_iter())
                    .into_iter()
                    .map(Fragment::Address))
            }
            Dimension::Token => self.tokens(),
            Dimension::Claim(_) => self.claims(dimension),
            Dimension::Time => self.times(),
        }
    }

    /// The clauses of a dimension.
    fn clauses<'d>(&'d self, dimension: &'d Dimension) -> impl Iterator<Item = &'d Clause> {
        self.clauses
            .iter()
            .filter(move |clause| clause.dimension() == *dimension)
    }

    fn literals<'d>(&'d self, dimension: &'d Dimension) -> impl Iterator<Item = &'d Literal> {
        self.clauses(dimension).flat_map(Clause::literals)
    }

    fn literal_texts<'d>(&'d self, dimension: &'d Dimension) -> Vec<&'d str> {
        self.literals(dimension)
            .map(|literal| literal.text.as_str())
            .collect()
    }

    fn reads_whole_path(&self) -> bool {
        let is_whole = |clause: &Clause| clause.key == StatedKey::Header(":path".to_owned());
        self.clauses.iter().any(is_whole)
    }

    fn parts(&self) -> Parts {
        let mut parts = Parts::new(self.background.trust_domains.clone());
        for clause in self.clauses(&Dimension::Peer) {
            clause
                .literals()
                .for_each(|literal| parts.add(&clause.key, &literal.text));
        }
        self.background
            .denied
            .iter()
            .for_each(|id| parts.add_principal(id));
        parts
    }

    fn peers(&self) -> Candidates {
        let (fragments, is_bounded) = self.parts().peers();
        bounded(fragments, is_bounded)
    }

    fn paths(&self) -> Candidates {
        let parts = self.parts();
        let mut values = Vec::new();
        for clause in self.clauses(&Dimension::Path) {
            let bound =
                |(name, attribute): &(String, String)| (name.clone(), self.bound_texts(&parts, attribute));
            let bound: Vec<_> = clause.bindings.iter().map(bound).collect();
            values.extend(clause.literals().map(|literal| PathValue {
                form: literal.form,
                text: literal.text.clone(),
                ignore_case: clause.ignore_case,
                bound: bound.clone(),
            }));
        }
        let (mut paths, is_bounded) = paths::paths(&values, self.background.allows_doubtful);
        let plain = paths.clone();
        let most = if self.background.ambiguity_matters { 400 } else { 1 };
        for path in plain.iter().take(most) {
            paths.extend(paths::AMBIGUOUS.map(|ambiguous| format!("{path}{ambiguous}")));
        }
        bounded(
            paths.into_iter().map(Fragment::Text),
            is_bounded || (most > 1 && plain.len() > most),
        )
    }

    /// What an attribute that a path compares with may be.
    fn bound_texts(&self, parts: &Parts, attribute: &str) -> Vec<String> {
        if attribute.starts_with("source.") {
            return parts.texts(attribute);
        }
        let dimension = Dimension::of_bound(attribute);
        let texts = self.literal_texts(&dimension);
        let mut patterns = Patterns::default();
        texts.iter().for_each(|text| patterns.add(text));
        let (texts, _) = patterns.witnesses();
        texts
            .into_iter()
            .filter(|text| !text.is_empty() && !text.contains('/'))
            .take(50)
            .collect()
    }

    fn hosts(&self) -> Candidates {
        let mut patterns = Patterns::default();
        let mut found = self.texts(&Dimension::Host, "", false);
        let literals: Vec<&Literal> = self
            .literals(&Dimension::Host)
            .filter(|literal| literal.form == Form::Text)
            .collect();
        for literal in literals {
            let text = literal.text.to_ascii_lowercase();
            patterns.add(&text);
            let bare = text
                .trim_end_matches(|c: char| c.is_ascii_digit() || c == '*')
                .trim_end_matches(':');
            patterns.add(bare);
            if !text.contains('*') {
                patterns.exact.insert(format!("{bare}:8080"));
                patterns.exact.insert(format!("{bare}."));
            }
        }
        let (texts, is_bounded) = patterns.witnesses();
        let mut hosts: Vec<Fragment> = texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(Fragment::Text)
            .collect();
        hosts.append(&mut found.fragments);
        hosts.retain(|host| *host != Fragment::Text(String::new()));
        hosts.extend(["user@other", "a b"].map(|host| Fragment::Text(host.to_owned())));
        let mut found = bounded(hosts, is_bounded);
        found.notes.dedup();
        found
    }

    /// Texts for the generic form, and for regular expressions where there are some.
    fn texts(&self, dimension: &Dimension, usual: &str, any_case: bool) -> Candidates {
        let mut patterns = Patterns::default();
        let mut expressions = Vec::new();
        let mut bound = Vec::new();
        for literal in self.literals(dimension) {
            match literal.form {
                Form::Text => {
                    let bare = bare_element(dimension, &literal.text);
                    patterns.add(bare);
                    expressions.push(paths::generic(bare));
                }
                Form::Regex => bound.push(format!("(?:{})", literal.text)),
                Form::Number | Form::Boolean => {}
            }
        }
        if any_case {
            patterns.add_other_cases();
        }
        let (mut texts, mut is_bounded) = patterns.witnesses();
        if !bound.is_empty() {
            expressions.append(&mut bound);
            expressions.sort();
            expressions.dedup();
            match automaton::witnesses(&expressions, "", paths::PLAIN) {
                Some(found) => texts.extend(found),
                None => is_bounded = true,
            }
        }
        if self.is_bound(dimension) {
            texts.extend(["other", "another"].map(str::to_owned));
        }
        let usual = std::iter::once(usual.to_owned()).filter(|usual| !usual.is_empty());
        bounded(usual.chain(texts).map(Fragment::Text), is_bounded)
    }

    fn is_bound(&self, dimension: &Dimension) -> bool {
        self.clauses
            .iter()
            .any(|clause| clause.bound_dimensions().contains(dimension))
    }

    fn key_ids(&self) -> Candidates {
        let ids = self.literal_texts(&Dimension::IssuerKeyId);
        let ids: BTreeSet<String> = ids
            .into_iter()
            .filter(|id| *id != "*")
            .map(str::to_owned)
            .chain(["00ff00ff".to_owned()])
            .collect();
        with_absent(of(ids.into_iter().map(Fragment::Text)))
    }

    fn times(&self) -> Candidates {
        let ends = &self.background.ends;
        let before = ends
            .first()
            .and_then(|first| first.checked_sub(time::Duration::SECOND));
        of(before
            .into_iter()
            .chain(ends.iter().copied())
            .map(Fragment::Instant))
    }
}

/// The text that the elements of a list are compared with (`[v]` on metadata).
fn bare_element<'t>(dimension: &Dimension, text: &'t str) -> &'t str {
    let is_metadata = matches!(dimension, Dimension::Metadata { .. });
    if is_metadata && text.starts_with('[') && text.ends_with(']') {
        text.trim_matches(['[', ']'])
    } else {
        text
    }
}

fn of(fragments: impl IntoIterator<Item = Fragment>) -> Candidates {
    Candidates {
        fragments: fragments.into_iter().collect(),
        notes: Vec::new(),
    }
}

fn bounded(fragments: impl IntoIterator<Item = Fragment>, is_bounded: bool) -> Candidates {
    let mut candidates = of(fragments);
    if is_bounded {
        candidates
            .notes
            .push("too many combinations of values: not every one was looked at".to_owned());
    }
    candidates
}

fn with_absent(mut candidates: Candidates) -> Candidates {
    let given = std::mem::take(&mut candidates.fragments);
    candidates.fragments = std::iter::once(Fragment::Absent).chain(given).collect();
    candidates
}

/// The same with two values at once; a list of one where a single value is no list.
fn repeated(mut candidates: Candidates, is_list: bool) -> Candidates {
    let texts: Vec<String> = candidates
        .fragments
        .iter()
        .filter_map(|fragment| {
            if let Fragment::Text(text) = fragment {
                Some(text.clone())
            } else {
                None
            }
        })
        .collect();
    if is_list {
        let lists = texts.iter().map(|text| Fragment::Texts(vec![text.clone()]));
        candidates
            .fragments
            .retain(|fragment| *fragment == Fragment::Absent);
        candidates.fragments.extend(lists);
    } else {
        candidates
            .fragments
            .extend(texts.iter().map(|text| Fragment::Texts(vec![text.clone()])));
    }
    let paired: Vec<&String> = texts.iter().take(MOST_PAIRED).collect();
    for first in &paired {
        for second in &paired {
            candidates
                .fragments
                .push(Fragment::Texts(vec![(*first).clone(), (*second).clone()]));
        }
    }
    if texts.len() > MOST_PAIRED {
        candidates.notes.push(format!(
            "given twice: only the first {MOST_PAIRED} of {} values in pairs",
            texts.len()
        ));
    }
    candidates
}
