//! S-7, S-5 `request.auth.*`: the claims of the verified token.

use std::borrow::Cow;

use serde_json::Value;

use super::compare::{Several, VALUES, inputs};
use super::configuration::View;
use super::documents::{bracketed, field, text};
use super::metadata::JWT_NAMESPACE;
use super::numbers::{compare_boolean, compare_number};
use super::strings;
use super::truth::{Answer, all};

/// S-7: "Claims `scope` and `permission` are turned from space-separated text into lists before matching."
const SPACE_DELIMITED: [&str; 2] = ["scope", "permission"];

/// A condition on one claim.
pub(super) fn compare(view: &View<'_>, condition: &Value, path: &[&str]) -> Answer {
    let claim = claim(view, path)?;
    let claim = claim.as_deref();
    all([
        compare_text(condition, claim),
        compare_number(condition, claim.and_then(Value::as_f64)),
        compare_boolean(condition, claim.and_then(Value::as_bool)),
    ])
}

/// S-5: "SM on string or list element; numbers, booleans, null never match".
fn compare_text(condition: &Value, claim: Option<&Value>) -> Answer {
    inputs(condition, VALUES, Several::Any, &texts(claim), |value, claim| {
        Ok(strings::text_matches(text(value)?, claim))
    })
}

/// The text of a claim, or the elements of text of a list.
pub(super) fn texts(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(elements)) => elements.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The claim at a path.
pub(super) fn claim<'d>(view: &View<'d>, path: &[&str]) -> Result<Option<Cow<'d, Value>>, String> {
    if let Some(jwt) = field(view.request, "jwt") {
        let claim = path.iter().try_fold(jwt, |at, name| at.get(name));
        return Ok(claim.map(|claim| split(path, claim)));
    }
    let payload = field(view.request, "metadata")
        .and_then(|metadata| metadata.get(JWT_NAMESPACE))
        .and_then(|namespace| namespace.get("payload"));
    let claim = payload.and_then(|payload| path.iter().try_fold(payload, |at, name| at.get(name)));
    Ok(claim.map(Cow::Borrowed))
}

fn split<'d>(path: &[&str], claim: &'d Value) -> Cow<'d, Value> {
    match (path, claim) {
        ([name], Value::String(text)) if SPACE_DELIMITED.contains(name) => {
            Cow::Owned(text.split(' ').map(Value::from).collect())
        }
        _ => Cow::Borrowed(claim),
    }
}

/// S-7: "Claim key parsing: `[a][b]` nested; any malformed nesting falls back to one key = text between first `[` and last `]`."
pub(super) fn path<'k>(key: &'k str, before: &str) -> Option<Vec<&'k str>> {
    let inside = bracketed(key, before)?;
    let names: Vec<&str> = inside.split("][").collect();
    let nested = names
        .iter()
        .all(|name| !name.is_empty() && !name.contains(['[', ']']));
    Some(if nested { names } else { vec![inside] })
}
