//! A plugin configuration.

use std::collections::BTreeMap;

use spiffe_authz_policy::{
    ConfigErrors, Document, Limits, NativeRbac, PolicySet, Protocol, Request, RequestDocument, Workload,
};

use crate::effect::allows;

/// Any bytes: a policy set or a list of errors, the same twice. A set judges; what renders as native RBAC also loads;
/// the same bytes as a request document are judged too, and are no reason to allow anything where no policy does. They
/// are read as dynamic metadata as well.
pub fn run(bytes: &[u8]) {
    let read = PolicySet::from_plugin_configuration(bytes, Some(node()));
    let again = PolicySet::from_plugin_configuration(bytes, Some(node()));
    match (&read, &again) {
        (Ok(set), Ok(again)) => check_set(set, again),
        (Err(errors), Err(again)) => check_errors(errors, again),
        _ => panic!("read once, refused once"),
    }
    render(bytes, read.is_ok());
    if let Ok(request) = RequestDocument::from_json(bytes) {
        request.with_request(|request| assert!(!allows(&nobody(), request)));
    }
    let _ = Document::from_metadata_message(bytes, Limits::default());
}

fn check_set(set: &PolicySet, again: &PolicySet) {
    let request = Request::absent(Protocol::Http);
    let connection = Request::absent(Protocol::Tcp);
    for request in [request, connection] {
        assert_eq!(
            format!("{:?}", set.decide(&request)),
            format!("{:?}", again.decide(&request))
        );
        let _ = set.observe(&request);
    }
    assert_eq!(set.rule_count(), again.rule_count());
}

fn check_errors(errors: &ConfigErrors, again: &ConfigErrors) {
    assert!(errors.count() > 0);
    assert_eq!(errors.to_string(), again.to_string());
}

/// What renders is a configuration that loads; the reverse need not hold.
fn render(bytes: &[u8], loads: bool) {
    if let Ok(document) = Document::from_plugin_configuration(bytes, Limits::default()) {
        let rendered = NativeRbac::render(&document, Some(node()));
        assert!(loads || rendered.is_err());
    }
}

fn node() -> Workload {
    Workload {
        namespace: "shop".to_owned(),
        labels: BTreeMap::new(),
        waypoint: None,
    }
}

/// A set without an ALLOW policy.
fn nobody() -> PolicySet {
    let json = br#"{"workload": {"namespace": "shop"}, "resources": []}"#;
    PolicySet::from_plugin_configuration(json, None).expect("a configuration")
}
