//! E-2: query parameters.

use serde_json::Value;

use super::compare::{VALUES, unknown};
use super::configuration::{Profile, View};
use super::headers::compare_values;
use super::request::Bytes;
use super::truth::{Answer, all};

/// A condition on a query parameter.
pub(super) fn compare(view: &View<'_>, condition: &Value, name: &str) -> Answer {
    match values(view, name)? {
        Some(values) => compare_values(view, condition, &values),
        None => all([
            unknown(condition, VALUES),
            unknown(condition, ("regexes", "notRegexes")),
        ]),
    }
}

/// The values of a parameter, in order; `None` where the query is *unknown*.
fn values(view: &View<'_>, name: &str) -> Result<Option<Vec<Bytes<'static>>>, String> {
    let Some(path) = view.raw_path()? else {
        return Ok(Some(Vec::new()));
    };
    let query = query(&path);
    // "in profile `zero-trust` one with a `;` too"
    if view.profile == Profile::ZeroTrust && query.contains(&b';') {
        return Ok(None);
    }
    let mut found = Vec::new();
    for part in query.split(|byte| *byte == b'&') {
        // "each part at its first `=`"; "A part without `=` has the value \"\"."
        let mut sides = part.splitn(2, |byte| *byte == b'=');
        let key = decode(sides.next().unwrap_or_default());
        let value = decode(sides.next().unwrap_or_default());
        // "A query with an invalid percent escape is *unknown*"
        let (Some(key), Some(value)) = (key, value) else {
            return Ok(None);
        };
        if key == name.as_bytes() {
            found.push(Bytes::Owned(value));
        }
    }
    Ok(Some(found))
}

/// "the part after the first `?` and before the first `#` after it"
fn query(path: &[u8]) -> &[u8] {
    let Some(mark) = path.iter().position(|byte| *byte == b'?') else {
        return b"";
    };
    let query = &path[mark + 1..];
    let end = query.iter().position(|byte| *byte == b'#').unwrap_or(query.len());
    &query[..end]
}

/// "`+` is a space, `%41` is `A`"; `None` for an invalid percent escape.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [*rest.next()?, *rest.next()?];
                let digit = |byte: u8| char::from(byte).to_digit(16);
                u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()?
            }
            other => *other,
        });
    }
    Some(decoded)
}
