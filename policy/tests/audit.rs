//! `audit`: how many of the allowed requests have an audit line.
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use spiffe_authz_policy::PolicySet;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn one_in(section: &str) -> Result<Option<u64>, Vec<String>> {
    let configuration = format!(r#"{{"workload": {{"namespace": "shop"}}, "resources": []{section}}}"#);
    PolicySet::from_plugin_configuration(configuration.as_bytes(), None)
        .map(|set| set.audited_allowed_one_in().map(u64::from))
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn no_allowed_request_has_a_line_unless_the_configuration_asks_for_it() {
    assert_eq!(one_in(""), Ok(None));
    assert_eq!(one_in(r#", "audit": {"allowedOneIn": 1}"#), Ok(Some(1)));
    assert_eq!(
        one_in(r#", "audit": {"allowedOneIn": 1000000000}"#),
        Ok(Some(1_000_000_000))
    );
}

#[test]
fn a_share_that_is_no_whole_number_from_one_on_is_refused_with_its_place() {
    let invalid = |input| {
        vec![format!(
            "audit.allowedOneIn: `{input}` is not a whole number from 1 to 1000000000"
        )]
    };
    for input in ["0", "-1", "0.5", "1000000001"] {
        let section = format!(r#", "audit": {{"allowedOneIn": {input}}}"#);
        assert_eq!(one_in(&section), Err(invalid(input)), "{input}");
    }
    assert_eq!(
        one_in(r#", "audit": {"allowedOneIn": "100"}"#),
        Err(vec![
            "audit.allowedOneIn: expected a whole number, without quotes, found the text `100`".to_owned()
        ])
    );
}

#[test]
fn an_empty_section_and_an_unknown_field_are_refused() {
    for (section, beginning) in [
        (r#", "audit": {}"#, "audit.allowedOneIn: missing: "),
        (
            r#", "audit": {"allowedOneIn": 5, "allowed": 1}"#,
            "audit.allowed: unknown field, expected one of `allowedOneIn`",
        ),
    ] {
        let errors = one_in(section).unwrap_err();
        assert!(
            errors.len() == 1 && errors[0].starts_with(beginning),
            "{errors:?}"
        );
    }
}
