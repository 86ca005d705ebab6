//! Text that a value matches, or nearly does.

use super::dice::Dice;

const FILLERS: [&str; 5] = ["", "x", "shop", "1", "a.b"];
const SEGMENTS: [&str; 11] = [
    "x", "shop", "1", "orders", "a b", "a%20b", "a|b", "a=b", "a@b", "é", "",
];

/// A value with its stars filled in.
pub(super) fn text(dice: &mut Dice, value: &str) -> String {
    let mut filled = String::new();
    for (index, part) in value.split('*').enumerate() {
        if index > 0 {
            filled.push_str(dice.text(&FILLERS));
        }
        filled.push_str(part);
    }
    filled
}

/// A path with its operators filled in, and each `{NAME}` by `bound`.
pub(super) fn path(dice: &mut Dice, value: &str, bound: &mut dyn FnMut(&mut Dice, &str) -> String) -> String {
    if !value.contains('{') {
        return text(dice, value);
    }
    let mut segments = Vec::new();
    for segment in value.split('/') {
        match segment
            .strip_prefix('{')
            .and_then(|segment| segment.strip_suffix('}'))
        {
            None => segments.push(segment.to_owned()),
            Some("*") => segments.push(dice.text(&SEGMENTS).to_owned()),
            Some("**") => {
                let count = dice.below(3);
                let any: Vec<&str> = (0..count).map(|_| dice.text(&SEGMENTS)).collect();
                segments.push(any.join("/"));
            }
            Some(name) => segments.push(bound(dice, name)),
        }
    }
    segments.join("/")
}
