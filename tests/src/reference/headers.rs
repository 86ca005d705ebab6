//! S-5 `request.headers[N]`: "header N (name case-insensitive; pseudo-headers allowed; `:path` is raw with query)".

use serde_json::Value;

use super::compare::{Names, Several, VALUES, inputs};
use super::configuration::View;
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
        None => of_the_list(view, &name),
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
