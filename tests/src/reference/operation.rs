//! `to[].operation`: S-3 "operation = AND(fields)".

use serde_json::Value;

use super::bindings;
use super::compare::{Names, Several, field, inputs};
use super::configuration::View;
use super::documents::{field as field_of, text};
use super::hosts;
use super::patterns::{Form, full_match};
use super::ports;
use super::strings::{header_matches, matches};
use super::template::is_template;
use super::truth::{Answer, Truth, all};

const PORTS: Names = ("ports", "notPorts");
const METHODS: Names = ("methods", "notMethods");
const PATHS: Names = ("paths", "notPaths");
const PATH_REGEXES: Names = ("pathRegexes", "notPathRegexes");

type Compare = fn(&View<'_>, &Value) -> Answer;

const FIELDS: [Compare; 5] = [
    |view, operation| ports::compare(view, operation, PORTS),
    methods,
    hosts::compare,
    paths,
    path_regexes,
];

pub(super) fn holds(view: &View<'_>, operation: &Value) -> Answer {
    all(FIELDS.iter().map(|compare| compare(view, operation)))
}

/// S-5 `methods`: "like header, case-sensitive".
fn methods(view: &View<'_>, operation: &Value) -> Answer {
    let methods: Vec<_> = view.method()?.into_iter().collect();
    inputs(operation, METHODS, Several::Any, &methods, |value, method| {
        Ok(header_matches(text(value)?.as_bytes(), method))
    })
}

/// S-5 `paths`: "template if it contains `{*}` or `{**}` (S-9), else SM; case-sensitive".
fn paths(view: &View<'_>, operation: &Value) -> Answer {
    let path = view.path()?;
    let ignore_case = ignores_case(operation);
    field(operation, PATHS, |value| match &path {
        None => Ok(Truth::False),
        Some(path) => path_matches(view, operation, ignore_case, text(value)?, path),
    })
}

fn path_matches(view: &View<'_>, operation: &Value, ignore_case: bool, value: &str, path: &[u8]) -> Answer {
    if is_template(value) {
        let profile = view.profile;
        return bindings::compare(
            view,
            operation,
            Form::Template { profile, ignore_case },
            value,
            path,
        );
    }
    Ok(Truth::of(if ignore_case {
        matches(&value.as_bytes().to_ascii_lowercase(), &path.to_ascii_lowercase())
    } else {
        matches(value.as_bytes(), path)
    }))
}

/// E-1: "Paths are compared without query and fragment."
fn path_regexes(view: &View<'_>, operation: &Value) -> Answer {
    let paths: Vec<_> = view.path()?.into_iter().collect();
    let ignore_case = ignores_case(operation);
    inputs(operation, PATH_REGEXES, Several::Any, &paths, |value, path| {
        full_match(Form::Extension { ignore_case }, text(value)?, path)
    })
}

/// E-4: "`ignoreCase: true` compares `paths`, `notPaths`, `pathRegexes` and `notPathRegexes` of this operation without regard to the
/// case of ASCII letters."
fn ignores_case(operation: &Value) -> bool {
    field_of(operation, "ignoreCase").and_then(Value::as_bool) == Some(true)
}
