//! S-7: `requestPrincipals`, "value split at the **last** `/`".

use serde_json::Value;

use super::claims::claim;
use super::compare::{Names, Several, inputs};
use super::configuration::View;
use super::documents::text;
use super::strings;
use super::truth::Answer;

pub(super) fn compare(view: &View<'_>, owner: &Value, names: Names) -> Answer {
    let (iss, sub) = (claim(view, &["iss"])?, claim(view, &["sub"])?);
    let iss = iss.as_deref().and_then(Value::as_str);
    let sub = sub.as_deref().and_then(Value::as_str);
    let principals: Vec<(&str, &str)> = iss.zip(sub).into_iter().collect();
    inputs(owner, names, Several::Any, &principals, |value, (iss, sub)| {
        Ok(matches(text(value)?, iss, sub))
    })
}

/// The rows of the table of S-7.
fn matches(value: &str, iss: &str, sub: &str) -> bool {
    let some = strings::is_some;
    // | `*` | non-empty | non-empty |
    if value == "*" {
        return some(iss) && some(sub);
    }
    if let Some(tail) = value.strip_prefix('*') {
        return match tail.rsplit_once('/') {
            // | `*/sub` | non-empty | exact | and | `*/*` | non-empty | exact `*` |
            Some(("", exact)) => some(iss) && sub == exact,
            // | `*iss-tail/sub` | suffix | exact |
            Some((iss_tail, exact)) => iss.ends_with(iss_tail) && sub == exact,
            // | `*tail` (no `/`) | non-empty | suffix `tail` |
            None => some(iss) && sub.ends_with(tail),
        };
    }
    if let Some(head) = value.strip_suffix('*') {
        return match head.rsplit_once('/') {
            // | `iss/*` | exact | non-empty | and | `https://*` | exact `https:/` | non-empty |
            Some((exact, "")) => iss == exact && some(sub),
            // | `iss/pre*` | exact | prefix |
            Some((exact, prefix)) => iss == exact && sub.starts_with(prefix),
            // | `pre*` (no `/`) | prefix | non-empty |
            None => iss.starts_with(head) && some(sub),
        };
    }
    // | `iss/sub` | exact | exact | and | `x` (no `/`) | exact `x` | exact "" |
    let (exact_iss, exact_sub) = value.rsplit_once('/').unwrap_or((value, ""));
    iss == exact_iss && sub == exact_sub
}
