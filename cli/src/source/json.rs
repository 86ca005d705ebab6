//! What is wrong with JSON, in the words of JSON.

use serde::de::IgnoredAny;

use crate::source::syntax::SyntaxError;

/// Why a text is no JSON; `None` where it is.
pub(crate) fn json_error(text: &str) -> Option<SyntaxError> {
    let error = serde_json::from_str::<IgnoredAny>(text).err()?;
    let lines = text.split_inclusive('\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = before.saturating_add(error.column().saturating_sub(1));
    let start = text.floor_char_boundary(offset);
    let next = text.get(start..).and_then(|rest| rest.chars().next());
    let end = start.saturating_add(next.map_or(0, char::len_utf8));
    let told = error.to_string();
    let message = told.split(" at line ").next().unwrap_or(&told);
    Some(SyntaxError::new(start..end, message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::string_slice, reason = "a failed test panics")]

    use super::*;

    #[test]
    fn a_mistake_is_where_json_has_it() {
        for (text, meant, message) in [
            ("{\n  \"a\": 1\n  \"b\": 2\n}", "\"", "expected `,` or `}`"),
            ("{\"ä\": tru}", "}", "expected ident"),
            ("[1, 2", "2", "EOF while parsing a list"),
            ("[1] x", "x", "trailing characters"),
            ("", "", "EOF while parsing a value"),
        ] {
            let error = json_error(text).unwrap();
            assert_eq!(
                (&text[error.span], error.message.as_str()),
                (meant, message),
                "{text}"
            );
        }
        assert_eq!(json_error("{\"a\": [1]}"), None);
    }
}
