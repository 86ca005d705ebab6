//! The name that was probably meant.

use std::collections::BTreeSet;

/// How many names are compared at most.
const MOST_COMPARED: usize = 1_000;
/// By how many characters a name may differ to be the one that was meant.
const MOST_CHANGES: usize = 2;

/// The name among the first that differs least, if it differs little.
pub(super) fn nearest<'n>(names: &'n BTreeSet<String>, text: &str) -> Option<&'n str> {
    let near = |name: &&String| name.len().abs_diff(text.len()) <= MOST_CHANGES;
    let names = names.iter().take(MOST_COMPARED).filter(near);
    let measured = names.map(|name| (changes(name, text), name.as_str()));
    let (least, name) = measured.min()?;
    (least <= MOST_CHANGES).then_some(name)
}

/// How many characters are to be added, removed or replaced (Levenshtein).
fn changes(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, own) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index.saturating_add(1);
        let mut next = vec![left];
        for (above, their) in row.iter().skip(1).zip(&other) {
            let replaced = diagonal.saturating_add(usize::from(own != *their));
            diagonal = *above;
            left = replaced.min(left.saturating_add(1)).min(above.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        for (one, other, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ab", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(changes(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_differs_much_is_not_meant() {
        let names = BTreeSet::from(["orders".to_owned(), "payments".to_owned()]);
        assert_eq!(nearest(&names, "order"), Some("orders"));
        assert_eq!(nearest(&names, "frontend"), None);
    }
}
