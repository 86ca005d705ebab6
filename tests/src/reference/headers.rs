//! S-5 `request.headers[N]`: "header N (name case-insensitive; pseudo-headers allowed; `:path` is raw with query)".

use serde_json::Value;

use super::compare::{Names, Several, VALUES, inputs};
use super::configuration::{Profile, View};
use super::documents::{bytes, list, text};
use super::patterns::{Form, full_match};
use super::request::Bytes;
use super::strings::header_matches;
use super::truth::{Answer, all};

const REGEXES: Names = ("regexes", "notRegexes");

/// A condition on a header.
pub(super) fn compare(view: &View<'_>, condition: &Value, name: &str) -> Answer {
    compare_values(view, condition, &values(view, name)?)
}

/// What headers and query parameters have in common: "suffix / prefix / exact, case-sensitive", E-1 and repetition.
pub(super) fn compare_values(view: &View<'_>, condition: &Value, found: &[Bytes<'_>]) -> Answer {
    let several = Several::repeated(view.profile);
    let plain = inputs(condition, VALUES, several, found, |value, header| {
        Ok(header_matches(text(value)?.as_bytes(), header))
    });
    let regexes = inputs(condition, REGEXES, several, found, |value, header| {
        full_match(Form::Extension { ignore_case: false }, text(value)?, header)
    });
    all([plain, regexes])
}

/// The values of a header, in order.
pub(super) fn values<'d>(view: &View<'d>, name: &str) -> Result<Vec<Bytes<'d>>, String> {
    let name = name.to_ascii_lowercase();
    let pseudo = match name.as_str() {
        ":path" => Some(view.raw_path()?),
        ":method" => Some(view.method()?),
        ":authority" | "host" => Some(view.host()?),
        _ => None,
    };
    match pseudo {
        Some(value) => Ok(value.into_iter().collect()),
        None => Ok(with_bare(view.profile, of_the_list(view, &name)?)),
    }
}

/// Section 0, blanks around a header: zero-trust "the value with them and the value without them must agree"; compared as
/// if both were given.
fn with_bare<'d>(profile: Profile, values: Vec<Bytes<'d>>) -> Vec<Bytes<'d>> {
    let bare = |value: &Bytes<'d>| -> Option<Bytes<'d>> {
        let text = value.as_ref();
        let blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
        let front = text.iter().take_while(|byte| blank(byte)).count();
        let back = text[front..].iter().rev().take_while(|byte| blank(byte)).count();
        (front + back > 0).then(|| text[front..text.len() - back].to_vec().into())
    };
    match profile {
        Profile::Istio => values,
        Profile::ZeroTrust => values
            .iter()
            .filter_map(bare)
            .chain(values.iter().cloned())
            .collect(),
    }
}

fn of_the_list<'d>(view: &View<'d>, name: &str) -> Result<Vec<Bytes<'d>>, String> {
    let mut found = Vec::new();
    for header in list(view.request, "headers")? {
        match header.as_array().map(Vec::as_slice) {
            Some([given, value]) if text(given)?.eq_ignore_ascii_case(name) => found.push(bytes(value)?),
            Some([_, _]) => {}
            _ => return Err(format!("no header: `{header}`")),
        }
    }
    Ok(found)
}
