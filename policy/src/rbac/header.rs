//! Matchers of headers, pseudo-headers among them.

use serde_json::{Value, json};

use crate::rbac::string::{Case, affix_or_exact};

/// `*` asks that the header is there, with any value.
pub(super) fn header(name: &str, value: &str, case: Case) -> Value {
    let matcher = match value {
        "*" => json!({"name": name, "present_match": true}),
        _ => json!({"name": name, "string_match": affix_or_exact(value, case)}),
    };
    json!({"header": matcher})
}
