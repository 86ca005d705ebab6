//! Matchers of text (S-5).

use serde_json::{Value, json};

/// Whether letters are compared with regard to their case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Case {
    Sensitive,
    Ignored,
}

/// The generic form: `*` is any text with a character, `*x` a suffix, `x*` a prefix.
pub(super) fn generic(value: &str) -> Value {
    match value {
        "*" => any_text(),
        _ => affix_or_exact(value, Case::Sensitive),
    }
}

/// `*x` as a suffix, `x*` as a prefix, else exact. `*` alone has to be told apart before: Envoy has no empty suffix.
pub(super) fn affix_or_exact(value: &str, case: Case) -> Value {
    match (value.strip_prefix('*'), value.strip_suffix('*')) {
        (Some(tail), _) => suffix(tail, case),
        (None, Some(head)) => prefix(head, case),
        (None, None) => exact(value, case),
    }
}

pub(super) fn any_text() -> Value {
    regex(".+")
}

/// A regular expression, which Envoy holds against the whole text.
pub(super) fn regex(expression: &str) -> Value {
    json!({"safe_regex": {"regex": expression}})
}

pub(super) fn prefix(text: &str, case: Case) -> Value {
    with_case(json!({"prefix": text}), case)
}

pub(super) fn suffix(text: &str, case: Case) -> Value {
    with_case(json!({"suffix": text}), case)
}

pub(super) fn exact(text: &str, case: Case) -> Value {
    with_case(json!({"exact": text}), case)
}

fn with_case(matcher: Value, case: Case) -> Value {
    let Value::Object(mut fields) = matcher else {
        return matcher;
    };
    if case == Case::Ignored {
        fields.insert("ignore_case".to_owned(), Value::Bool(true));
    }
    Value::Object(fields)
}

/// The text as a regular expression that matches it alone.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_leading_star_is_looked_for_first() {
        let table = [
            ("*", json!({"safe_regex": {"regex": ".+"}})),
            ("*x", json!({"suffix": "x"})),
            ("x*", json!({"prefix": "x"})),
            ("*x*", json!({"suffix": "x*"})),
            ("**", json!({"suffix": "*"})),
            ("a*b", json!({"exact": "a*b"})),
        ];
        for (value, expected) in table {
            assert_eq!(generic(value), expected, "{value}");
        }
    }

    #[test]
    fn what_means_something_in_an_expression_is_quoted() {
        assert_eq!(quoted(r"a.b-c_d/e*(f)|$"), r"a\.b-c_d/e\*\(f\)\|\$");
    }
}
