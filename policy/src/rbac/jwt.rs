//! Matchers of the claims of a verified token: what Envoy's jwt_authn filter leaves in dynamic metadata (S-7).

use serde_json::Value;

use crate::rbac::metadata::{any_text_of, at, either, element, text};

const FILTER: &str = "envoy.filters.http.jwt_authn";
const PAYLOAD: &str = "payload";

/// A claim that is text of this form.
pub(super) fn text_claim(name: &str, matcher: Value) -> Value {
    at(FILTER, &[PAYLOAD, name], text(matcher))
}

/// A claim that is text of one of the forms, or a list with such an element.
pub(super) fn claim(path: &[&str], values: &[&str]) -> Value {
    let value = any_text_of(values);
    let path: Vec<&str> = [PAYLOAD].iter().chain(path).copied().collect();
    at(FILTER, &path, either(vec![element(&value), value]))
}
