//! What is passed over, and what RBAC cannot say.

use super::*;

#[test]
fn policies_of_others_and_peer_authentications_are_passed_over() {
    let elsewhere = policy(
        json!({"name": "a", "namespace": "elsewhere"}),
        json!({"rules": [{"to": [{"operation": {"pathRegexes": ["/x"]}}]}]}),
    );
    let strict = json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "shop"},
        "spec": {"mtls": {"mode": "STRICT"}},
    });
    assert_eq!(
        rendered(&with_resources(json!([elsewhere, strict]))),
        NativeRbac::default()
    );
}

#[test]
fn profile_zero_trust_is_refused_written_or_not() {
    let mut configuration = with_resources(json!([]));
    configuration["profile"] = json!("zero-trust");
    assert_eq!(render(&configuration), Err(vec!["profile".to_owned()]));
    configuration.as_object_mut().unwrap().remove("profile");
    assert_eq!(render(&configuration), Err(vec!["profile".to_owned()]));
}

#[test]
fn every_extension_is_refused_at_its_place() {
    let operation = |operation: Value| json!({"rules": [{"to": [{"operation": operation}]}]});
    let when = |condition: Value| json!({"rules": [{"when": [condition]}]});
    let in_operation = "spec.rules[0].to[0].operation";
    let in_when = "spec.rules[0].when[0]";
    let claim = "request.auth.claims[a]";
    let table = [
        (
            operation(json!({"hostRegexes": ["a"]})),
            format!("{in_operation}.hostRegexes"),
        ),
        (
            operation(json!({"notHostRegexes": ["a"]})),
            format!("{in_operation}.notHostRegexes"),
        ),
        (
            operation(json!({"pathRegexes": ["a"]})),
            format!("{in_operation}.pathRegexes"),
        ),
        (
            operation(json!({"notPathRegexes": ["a"]})),
            format!("{in_operation}.notPathRegexes"),
        ),
        (
            operation(json!({"ports": ["1", "2-3"]})),
            format!("{in_operation}.ports[1]"),
        ),
        (
            operation(json!({"notPorts": ["2-3"]})),
            format!("{in_operation}.notPorts[0]"),
        ),
        (
            operation(json!({"paths": ["/a"], "ignoreCase": true})),
            format!("{in_operation}.ignoreCase"),
        ),
        (
            operation(json!({"paths": ["/{a}"], "bindings": {"a": "source.namespace"}})),
            format!("{in_operation}.bindings"),
        ),
        (
            when(json!({"key": "destination.port", "values": ["2-3"]})),
            format!("{in_when}.values[0]"),
        ),
        (
            when(json!({"key": "request.query[a]", "values": ["b"]})),
            format!("{in_when}.key"),
        ),
        (
            when(json!({"key": "source.certificate.dnsSan", "values": ["b"]})),
            format!("{in_when}.key"),
        ),
        (
            when(json!({"key": "request.headers[a]", "regexes": ["b"]})),
            format!("{in_when}.regexes"),
        ),
        (
            when(json!({"key": "request.headers[a]", "notRegexes": ["b"]})),
            format!("{in_when}.notRegexes"),
        ),
        (
            when(json!({"key": claim, "numbers": [1]})),
            format!("{in_when}.numbers"),
        ),
        (
            when(json!({"key": claim, "notNumbers": [1]})),
            format!("{in_when}.notNumbers"),
        ),
        (
            when(json!({"key": claim, "booleans": [true]})),
            format!("{in_when}.booleans"),
        ),
        (
            when(json!({"key": claim, "notBooleans": [true]})),
            format!("{in_when}.notBooleans"),
        ),
        (
            json!({"action": "DENY", "rules": [{}], "denyResponse": {"status": 404}}),
            "spec.denyResponse".to_owned(),
        ),
    ];
    for (spec, at) in table {
        let places = render(&configuration(spec.clone())).unwrap_err();
        assert_eq!(places, [format!("resources[0].{at}")], "{spec}");
    }
}

#[test]
fn an_exception_is_refused_at_its_place() {
    let lifts = json!({
        "exception": {"until": "2999-01-01T00:00:00Z", "lifts": ["shop/b"]},
        "rules": [{}],
    });
    let resources = json!([
        named("b", "DENY", false),
        policy(json!({"name": "c", "namespace": "shop"}), lifts),
    ]);
    assert_eq!(
        render(&with_resources(resources)),
        Err(vec!["resources[1].spec.exception".to_owned()])
    );
}

#[test]
fn a_list_of_denied_peers_is_refused_at_its_place_and_an_empty_one_passed_over() {
    for (list, places) in [
        (json!(["*/sa/stolen"]), Err(vec!["svid.denied".to_owned()])),
        (json!([]), Ok(())),
    ] {
        let mut configuration = with_resources(json!([]));
        configuration["svid"] = json!({"denied": {"spiffeIds": list}});
        assert_eq!(render(&configuration).map(|_| ()), places);
    }
}

#[test]
fn the_engines_own_errors_come_along() {
    let places = render(&configuration(json!({"rules": [{
        "from": [{"source": {"ipBlocks": ["10.0.0.0/33"]}}],
        "to": [{"operation": {"ports": ["http"], "pathRegexes": ["a"]}}],
    }]})));
    let places = places.unwrap_err();
    for at in [
        "from[0].source.ipBlocks[0]",
        "to[0].operation.ports[0]",
        "to[0].operation.pathRegexes",
    ] {
        let at = format!("resources[0].spec.rules[0].{at}");
        assert!(places.contains(&at), "{at} is not in {places:?}");
    }
}

#[test]
fn a_custom_policy_is_refused_or_passed_over_as_the_configuration_says() {
    let spec = json!({"action": "CUSTOM", "provider": {"name": "opa"}, "rules": [{}]});
    let mut configuration = configuration(spec);
    assert_eq!(
        render(&configuration),
        Err(vec!["resources[0].spec.action".to_owned()])
    );
    configuration["custom"] = json!("ignore");
    assert_eq!(rendered(&configuration), NativeRbac::default());
}
