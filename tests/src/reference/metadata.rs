//! S-5 `experimental.envoy.filters.F[K]`: "dynamic metadata namespace `envoy.filters.F`, key K".

use serde_json::Value;

use super::compare::{VALUES, field as compare_field};
use super::configuration::View;
use super::documents::{field, text};
use super::strings;
use super::truth::{Answer, Truth};

/// S-7: "JWT data come from dynamic metadata `envoy.filters.http.jwt_authn`".
pub(super) const JWT_NAMESPACE: &str = "envoy.filters.http.jwt_authn";

/// The namespace and the key of `experimental.envoy.filters.F[K]`: the text between the first `[` and the final `]`.
pub(super) fn key(key: &str) -> Option<(&str, &str)> {
    let (namespace, rest) = key.strip_prefix("experimental.")?.split_once('[')?;
    let in_filters = namespace.starts_with("envoy.filters.");
    Some((namespace, rest.strip_suffix(']')?)).filter(|_| in_filters)
}

/// A condition on dynamic metadata.
pub(super) fn compare(view: &View<'_>, condition: &Value, namespace: &str, key: &str) -> Answer {
    let found = value(view, namespace, key);
    compare_field(condition, VALUES, |value| {
        Ok(Truth::of(matches(text(value)?, found)))
    })
}

/// The claims of `jwt` are an object, which matches nothing.
fn value<'d>(view: &View<'d>, namespace: &str, key: &str) -> Option<&'d Value> {
    field(view.request, "metadata")?.get(namespace)?.get(key)
}

/// "SM on string; value written `[v]`: SM on list elements". Istio cuts every bracket at both ends.
fn matches(value: &str, found: Option<&Value>) -> bool {
    let in_brackets = value.starts_with('[') && value.ends_with(']');
    let of_list = in_brackets.then(|| value.trim_matches(|character| character == '[' || character == ']'));
    let text_matches = |value: &str, found: &Value| {
        found
            .as_str()
            .is_some_and(|text| strings::text_matches(value, text))
    };
    match (of_list, found) {
        (Some(value), Some(Value::Array(elements))) => {
            elements.iter().any(|element| text_matches(value, element))
        }
        (Some(_), _) | (None, None) => false,
        (None, Some(found)) => text_matches(value, found),
    }
}
