//! Text that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::dice::Dice;

/// A text, if the expression is one; assertions are not looked at.
pub(super) fn text(dice: &mut Dice, expression: &str) -> Option<String> {
    let expression = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(expression)
        .ok()?;
    let mut bytes = Vec::new();
    write(dice, &expression, &mut bytes);
    String::from_utf8(bytes).ok()
}

fn write(dice: &mut Dice, expression: &Hir, text: &mut Vec<u8>) {
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(class) => text.extend(of_class(dice, class)),
        HirKind::Repetition(repetition) => {
            let most = repetition
                .max
                .unwrap_or(u32::MAX)
                .min(repetition.min.saturating_add(2));
            let more = dice.below((most - repetition.min) as usize + 1);
            (0..repetition.min as usize + more).for_each(|_| write(dice, &repetition.sub, text));
        }
        HirKind::Capture(capture) => write(dice, &capture.sub, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(dice, part, text)),
        HirKind::Alternation(alternatives) => {
            if let Some(alternative) = dice.pick_any(alternatives) {
                write(dice, alternative, text);
            }
        }
    }
}

/// A byte of the class that a path and a header may hold, if it has one.
fn of_class(dice: &mut Dice, class: &Class) -> Option<u8> {
    let Class::Bytes(bytes) = class else { return None };
    let common: Vec<u8> = b"a0/x-.Z19"
        .iter()
        .copied()
        .filter(|byte| {
            bytes
                .ranges()
                .iter()
                .any(|range| (range.start()..=range.end()).contains(byte))
        })
        .collect();
    match dice.pick_any(&common) {
        Some(byte) => Some(*byte),
        None => bytes.ranges().first().map(|range| range.start()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_its_expression() {
        let mut dice = Dice::new(1);
        for expression in [
            "/a1/[0-9]+",
            "(?i)/A(b|cd){2,3}",
            r"h[0-9]*\.shop(:8080)?",
            "[^a]|",
            "/.*",
        ] {
            let anchored = format!(r"\A(?:{expression})\z");
            let matcher = regex::bytes::RegexBuilder::new(&anchored)
                .unicode(false)
                .build()
                .unwrap();
            for _ in 0..100 {
                let text = text(&mut dice, expression).unwrap();
                assert!(matcher.is_match(text.as_bytes()), "`{expression}` {text:?}");
            }
        }
        assert_eq!(text(&mut dice, "("), None);
    }
}
