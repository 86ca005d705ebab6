//! Texts at the boundaries of exact values, prefixes and suffixes.

use std::collections::BTreeSet;

/// How many texts one dimension has at most from combinations of its prefixes and suffixes.
const MOST_COMBINED: usize = 20_000;

/// The exact values, prefixes and suffixes that texts are compared with.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    pub(super) exact: BTreeSet<String>,
    pub(super) prefixes: BTreeSet<String>,
    pub(super) suffixes: BTreeSet<String>,
}

impl Patterns {
    /// Adds a value in Istio's generic form: the leading star is looked at first.
    pub(super) fn add(&mut self, value: &str) {
        if value == "*" {
            // Any text but the empty one, which is among the texts.
        } else if let Some(suffix) = value.strip_prefix('*') {
            self.suffixes.insert(suffix.to_owned());
        } else if let Some(prefix) = value.strip_suffix('*') {
            self.prefixes.insert(prefix.to_owned());
        } else {
            self.exact.insert(value.to_owned());
        }
    }

    /// The same values in the other case, as far as they have one.
    pub(super) fn add_other_cases(&mut self) {
        for set in [&mut self.exact, &mut self.prefixes, &mut self.suffixes] {
            let others: Vec<String> = set.iter().map(|text| other_case(text)).collect();
            set.extend(others);
        }
        // A prefix in one case that goes on like a longer one in another.
        let longer: Vec<String> = self.prefixes.iter().chain(&self.exact).cloned().collect();
        let crossed = self.prefixes.iter().flat_map(|short| {
            longer.iter().filter_map(move |long| {
                let head = long.get(..short.len())?;
                let tail = long.get(short.len()..)?;
                head.eq_ignore_ascii_case(short).then(|| format!("{short}{tail}"))
            })
        });
        let crossed: Vec<String> = crossed.take(MOST_COMBINED).collect();
        self.prefixes.extend(crossed);
    }

    /// A text for each truth that these values can have together: every exact value, and for each prefix and suffix a
    /// text that has no longer one. Second: whether there were too many combinations.
    pub(super) fn witnesses(&self) -> (Vec<String>, bool) {
        let mut witnesses: Vec<String> = vec![self.between("", "")];
        let none = String::new();
        let prefixes = || std::iter::once(&none).chain(&self.prefixes);
        let suffixes = || std::iter::once(&none).chain(&self.suffixes);
        let combinations = prefixes().count().saturating_mul(suffixes().count());
        let is_bounded = combinations > MOST_COMBINED;
        for prefix in prefixes() {
            for suffix in suffixes() {
                if !is_bounded || prefix.is_empty() || suffix.is_empty() {
                    witnesses.push(self.between(prefix, suffix));
                }
            }
        }
        witnesses.extend(
            self.exact
                .iter()
                .chain(&self.prefixes)
                .chain(&self.suffixes)
                .cloned(),
        );
        witnesses.push(String::new());
        let mut seen = BTreeSet::new();
        witnesses.retain(|witness| seen.insert(witness.clone()));
        (witnesses, is_bounded)
    }

    /// A text with this prefix and this suffix, and no longer one of the others.
    fn between(&self, prefix: &str, suffix: &str) -> String {
        let words = [
            "other", "x", "any", "1", "zz", "q7", "Other", "k", "0", "w", "5", "J", "v",
        ];
        let fits = |word: &&str| self.ends_prefix(prefix, word) && self.begins_suffix(word, suffix);
        let word = words.iter().copied().find(fits).unwrap_or("other");
        format!("{prefix}{word}{suffix}")
    }

    /// Whether no longer prefix or exact value begins so.
    fn ends_prefix(&self, prefix: &str, word: &str) -> bool {
        let first: String = word.chars().take(1).collect();
        let longer = format!("{prefix}{first}");
        let goes_on = |set: &BTreeSet<String>| {
            let next = set.range(longer.clone()..).next();
            next.is_some_and(|next| next.starts_with(&longer))
        };
        !goes_on(&self.prefixes) && !goes_on(&self.exact)
    }

    fn begins_suffix(&self, word: &str, suffix: &str) -> bool {
        let last: String = word.chars().rev().take(1).collect();
        let longer = format!("{last}{suffix}");
        !self.suffixes.iter().any(|other| other.ends_with(&longer))
    }
}

/// The text with every letter in the case that its first letter is not in.
fn other_case(text: &str) -> String {
    let first = text.chars().find(char::is_ascii_alphabetic);
    match first {
        Some(letter) if letter.is_ascii_lowercase() => text.to_ascii_uppercase(),
        Some(_) | None => text.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(values: &[&str]) -> Patterns {
        let mut patterns = Patterns::default();
        values.iter().for_each(|value| patterns.add(value));
        patterns
    }

    #[test]
    fn a_prefix_and_a_suffix_have_a_text_with_both_and_with_each_alone() {
        let (texts, is_bounded) = patterns(&["/a/*", "*.png"]).witnesses();
        let truths: BTreeSet<(bool, bool)> = texts
            .iter()
            .map(|text| (text.starts_with("/a/"), text.ends_with(".png")))
            .collect();
        assert_eq!(truths.len(), 4);
        assert!(!is_bounded);
    }

    #[test]
    fn a_text_of_a_prefix_has_no_longer_prefix() {
        let (texts, _) = patterns(&["/a*", "/ao*", "/ax*", "/aany"]).witnesses();
        let only_short = |text: &&String| {
            text.starts_with("/a")
                && text.len() > 2
                && !["/ao", "/ax"].iter().any(|long| text.starts_with(long))
        };
        assert!(texts.iter().filter(only_short).any(|text| text != "/aany"));
    }

    #[test]
    fn a_prefix_in_another_case_goes_on_like_the_longer_one() {
        let mut patterns = patterns(&["/Adm*", "/admin/*"]);
        patterns.add_other_cases();
        assert!(patterns.prefixes.contains("/Admin/"));
    }
}
