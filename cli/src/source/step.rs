//! [`Step`]: a place such as `resources[1].spec.rules[0]`, taken apart.

/// One step down a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// A field of a map.
    Field(String),
    /// An element of a list, from 0.
    Index(usize),
}

/// The steps of a place; those behind something that is no place are left out.
pub(crate) fn steps(place: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = place;
    while let Some((step, behind)) = next(rest) {
        steps.push(step);
        rest = behind;
    }
    steps
}

fn next(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (index, behind) = rest.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), behind));
    }
    let text = text.strip_prefix('.').unwrap_or(text);
    if let Some(quoted) = text.strip_prefix('"') {
        return unquoted(quoted);
    }
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, behind) = text.split_at_checked(end)?;
    (!name.is_empty()).then(|| (Step::Field(name.to_owned()), behind))
}

/// A name in quotes, with the escapes that Rust writes.
fn unquoted(text: &str) -> Option<(Step, &str)> {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Step::Field(name), text.get(at.checked_add(1)?..)?)),
            '\\' => name.push(escaped(&mut characters)?),
            plain => name.push(plain),
        }
    }
    None
}

fn escaped(characters: &mut std::str::CharIndices<'_>) -> Option<char> {
    match characters.next()?.1 {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '0' => Some('\0'),
        'u' => {
            let digits: String = characters
                .by_ref()
                .map(|(_, character)| character)
                .skip_while(|character| *character == '{')
                .take_while(|character| *character != '}')
                .collect();
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Step {
        Step::Field(name.to_owned())
    }

    #[test]
    fn a_place_is_fields_and_indices() {
        let expected = [field("resources"), Step::Index(10), field("spec"), field("a-b")];
        assert_eq!(steps("resources[10].spec.a-b"), expected);
        assert_eq!(steps(""), []);
    }

    #[test]
    fn a_name_that_could_be_taken_for_more_stands_in_quotes() {
        for name in ["istio.io/dry-run", "a[0]", "", "\"\\", "\u{0}\n\u{1b}ä", "'"] {
            let place = format!("metadata.{name:?}[2]");
            let expected = [field("metadata"), field(name), Step::Index(2)];
            assert_eq!(steps(&place), expected, "{place}");
        }
    }
}
