//! Matchers of dynamic metadata (`experimental.envoy.filters.NAME[KEY]`).

use serde_json::{Value, json};

use crate::rbac::string::generic;

/// The value at `path` in the metadata of a filter.
pub(super) fn at(filter: &str, path: &[&str], value: Value) -> Value {
    let path: Vec<Value> = path.iter().map(|key| json!({"key": key})).collect();
    json!({"metadata": {"filter": filter, "path": path, "value": value}})
}

/// Any of the values: `v` on text, `[v]` on the elements of a list.
pub(super) fn any_of(values: &[&str]) -> Value {
    any(values.iter().map(|value| text_or_element(value)).collect())
}

/// Text that has one of the forms.
pub(super) fn any_text_of(values: &[&str]) -> Value {
    any(values.iter().map(|value| text(generic(value))).collect())
}

pub(super) fn text(matcher: Value) -> Value {
    json!({"string_match": matcher})
}

pub(super) fn element(value: &Value) -> Value {
    json!({"list_match": {"one_of": value}})
}

pub(super) fn either(values: Vec<Value>) -> Value {
    json!({"or_match": {"value_matchers": values}})
}

fn any(mut values: Vec<Value>) -> Value {
    match values.pop() {
        Some(only) if values.is_empty() => only,
        last => {
            values.extend(last);
            either(values)
        }
    }
}

/// Every bracket at the ends is cut, not one pair alone.
fn text_or_element(value: &str) -> Value {
    if value.starts_with('[') && value.ends_with(']') {
        element(&text(generic(value.trim_matches(['[', ']']))))
    } else {
        text(generic(value))
    }
}
