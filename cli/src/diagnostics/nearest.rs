//! The word that somebody probably meant.

/// The nearest of the known words, where one is near: about one mistake in three letters.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let most = word.chars().count().max(3).checked_div(3).unwrap_or(1);
    let rated = known.into_iter().filter_map(|known| {
        let distance = distance(&plain(word), &plain(known));
        (distance <= most).then_some((distance, known))
    });
    rated
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Upper and lower case, `_` and `-` are no mistakes.
fn plain(word: &str) -> Vec<char> {
    let letters = word.chars().filter(|c| !matches!(c, '_' | '-'));
    letters.flat_map(char::to_lowercase).take(64).collect()
}

/// How many letters are to be added, left out, replaced or swapped with their neighbour.
fn distance(word: &[char], known: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=known.len()).collect();
    for (row, letter) in word.iter().enumerate() {
        let mut line = vec![row.saturating_add(1)];
        for (column, other) in known.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let replaced = at(&above, column).saturating_add(usize::from(letter != other));
            let left_out = at(&above, column.saturating_add(1)).saturating_add(1);
            let added = at(&line, column).saturating_add(1);
            let swapped = match (row.checked_sub(1), column.checked_sub(1)) {
                (Some(last_row), Some(last))
                    if word.get(last_row) == Some(other) && known.get(last) == Some(letter) =>
                {
                    at(&before, last).saturating_add(1)
                }
                (_, _) => usize::MAX,
            };
            line.push(replaced.min(left_out).min(added).min(swapped));
        }
        before = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_understood() {
        for (word, meant) in [
            ("princpals", "principals"),
            ("prinicpals", "principals"),
            ("Principals", "principals"),
            ("not_principals", "notPrincipals"),
            ("path", "paths"),
            ("mehtods", "methods"),
        ] {
            let known = ["principals", "notPrincipals", "paths", "methods", "notMethods"];
            assert_eq!(nearest(word, known), Some(meant), "{word}");
        }
    }

    #[test]
    fn another_word_is_not_taken_for_one() {
        for word in ["", "x", "users", "claims", "a-much-longer-word"] {
            assert_eq!(nearest(word, ["principals", "namespaces"]), None, "{word}");
        }
    }
}
