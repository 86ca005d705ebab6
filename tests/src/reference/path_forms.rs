//! Section 0, "path forms": which forms a path is of that can be read in more than one way.

use regex::bytes::Captures;
use serde_json::Value;

use super::compare::Names;
use super::configuration::{Profile, View};
use super::documents::{bracketed, field, list, text, text_field};
use super::patterns::{is_in_path, with_escapes_as};
use super::policy::{Action, Policy};

/// The classes that can be seen in the path as it is written.
const WRITTEN: [(&str, &str); 9] = [
    ("encoded-slashes", "%2[Ff]"),
    ("backslashes", r"\\"),
    ("encoded-backslashes", "%5[Cc]"),
    ("path-parameters", ";"),
    ("encoded-controls", "%([01][0-9A-Fa-f]|7[Ff])"),
    ("non-ascii", r"[\x00-\x20\x7f-\xff]"),
    ("unescaped-characters", r#"["<>\[\]^`{|}]"#),
    ("lower-case-escapes", "%([a-f][0-9A-Fa-f]|[0-9A-Fa-f][a-f])"),
    // Letters, digits, and `!$&'()*+,-.:;=@_~`.
    (
        "needless-escapes",
        "%(2[146-9A-Ea-e]|3[0-9ABDabd]|40|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])",
    ),
];

/// The classes that can be seen once escapes are decoded.
const DECODED: [(&str, &str); 3] = [
    ("repeated-slashes", r"[/\\]{2}"),
    ("dot-segments", r"(?:^|[/\\])\.\.?(?:$|[;/\\])"),
    ("double-escapes", "%[0-9A-Fa-f]{2}"),
];

const FIELDS: [Names; 2] = [("paths", "notPaths"), ("pathRegexes", "notPathRegexes")];

/// "Where a policy in force compares paths, a path that can be read in more than one way is denied (`ambiguous-path`)".
/// Profile zero-trust, HTTP only.
pub(super) fn is_ambiguous(view: &View<'_>, in_force: &[Policy<'_>]) -> Result<bool, String> {
    if view.profile == Profile::Istio || view.is_tcp()? || !any_compares_paths(in_force)? {
        return Ok(false);
    }
    let Some(path) = view.path()? else {
        return Ok(false);
    };
    let allowed = allowed(view)?;
    Ok(classes(&path)?.iter().any(|class| !allowed.contains(class)))
}

fn allowed<'d>(view: &View<'d>) -> Result<Vec<&'d str>, String> {
    let section = field(view.configuration, "ambiguousPaths").unwrap_or(&Value::Null);
    list(section, "allow")?.iter().map(text).collect()
}

/// The names of the classes that a path is of.
pub fn classes(path: &[u8]) -> Result<Vec<&'static str>, String> {
    let mut found = Vec::new();
    for (class, pattern) in WRITTEN {
        if is_in_path(pattern, path)? {
            found.push(class);
        }
    }
    let decoded = with_escapes_as(path, decode)?;
    for (class, pattern) in DECODED {
        if is_in_path(pattern, &decoded)? {
            found.push(class);
        }
    }
    if std::str::from_utf8(&decoded).is_err() {
        found.push("invalid-utf8");
    }
    // A `%` that is left when every escape is taken away begins none.
    if with_escapes_as(path, |_| b"-".to_vec())?.contains(&b'%') {
        found.push("invalid-escapes");
    }
    Ok(found)
}

fn decode(escape: &Captures<'_>) -> Vec<u8> {
    let digits = std::str::from_utf8(&escape[1]).unwrap_or_default();
    u8::from_str_radix(digits, 16).into_iter().collect()
}

fn any_compares_paths(policies: &[Policy<'_>]) -> Result<bool, String> {
    for policy in policies.iter().filter(|policy| policy.action != Action::Audit) {
        for rule in policy.rules()? {
            for condition in list(rule, "when")? {
                if is_about_the_path(condition)? {
                    return Ok(true);
                }
            }
            if list(rule, "to")?.iter().any(compares_paths) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn is_about_the_path(condition: &Value) -> Result<bool, String> {
    let key = text_field(condition, "key")?.unwrap_or_default();
    Ok(bracketed(key, "request.headers").is_some_and(|name| name.eq_ignore_ascii_case(":path")))
}

fn compares_paths(to: &Value) -> bool {
    let operation = field(to, "operation").unwrap_or(&Value::Null);
    FIELDS
        .iter()
        .any(|(name, not_name)| field(operation, name).is_some() || field(operation, not_name).is_some())
}
