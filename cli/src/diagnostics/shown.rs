//! Texts of a configuration, short enough for a message.

/// The longest text that a message shows whole, in characters.
const LONGEST: usize = 80;

/// The text, or how it begins.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
