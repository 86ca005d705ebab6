//! What the filter counts and shows, by a host in memory.

use super::*;
use crate::fake_host::{FakeHost, policies_of, policy_set, watching_policies};
use crate::host::HostError;
use crate::property;
use spiffe_authz_policy::{PeerCertificate, Protocol, RuleRef, ShadowResult};

const NO_SVID: Outcome<'static> = Outcome {
    decision: "deny",
    cause: "no-svid",
    rule: None,
};
const NO_SVID_NAME: &str =
    "spiffe_authz_requests_total.decision=.=deny;.;cause=.=no-svid;.;mtls=.=mutual;.;policy=.=;.;";
const FINGERPRINT: &[u8] = b"abc";

fn with_certificate() -> Request<'static> {
    Request {
        peer: Peer::Certificate(PeerCertificate {
            uri_sans: &[],
            validation: Validation::Validated,
            leaf: Attribute::Absent,
            digest: Attribute::Absent,
        }),
        ..Request::absent(Protocol::Http)
    }
}

fn plaintext(port: Attribute<u16>) -> Request<'static> {
    Request {
        peer: Peer::Plaintext,
        destination_port: port,
        ..Request::absent(Protocol::Http)
    }
}

fn configured(host: &FakeHost, metrics: &Metrics, policies: &PolicySet) {
    metrics.configured(host, policies, Fingerprint::of(FINGERPRINT));
}

/// What is counted of a request that a rule of this policy allows.
fn allowed_by(policy: &PolicyId) -> Outcome<'_> {
    Outcome {
        decision: "allow",
        cause: "matched-allow",
        rule: Some(RuleRef { policy, index: 1 }),
    }
}

fn policy(name: &str) -> PolicyId {
    PolicyId {
        namespace: "shop".to_owned(),
        name: name.to_owned(),
    }
}

/// The series whose name begins so.
fn of_name(host: &FakeHost, name: &str) -> Vec<(String, u64)> {
    let mut shown = host.metrics();
    shown.retain(|(shown, _)| shown.starts_with(name));
    shown
}

#[test]
fn a_counter_is_defined_once_and_counts_every_request() {
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    for _ in 0..3 {
        metrics.count(&host, &with_certificate(), &NO_SVID, None);
    }
    assert_eq!(host.metrics(), [(NO_SVID_NAME.to_owned(), 3)]);
}

#[test]
fn each_policy_of_the_configuration_has_its_series_and_all_others_have_one() {
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    configured(&host, &metrics, &policy_set());
    for name in ["orders", "no-admin", "orders", "elsewhere"] {
        metrics.count(&host, &with_certificate(), &allowed_by(&policy(name)), None);
    }
    let name = |policy| {
        format!(
            "spiffe_authz_requests_total.decision=.=allow;.;cause=.=matched-allow;.;mtls=.=mutual;.;policy=.={policy};.;"
        )
    };
    assert_eq!(
        of_name(
            &host,
            "spiffe_authz_requests_total.decision=.=allow;.;cause=.=matched"
        ),
        [
            (name("shop/orders"), 2),
            (name("shop/no-admin"), 1),
            (name("(other)"), 1)
        ]
    );
}

/// A configuration of so many ALLOW policies.
fn many(policies: usize) -> PolicySet {
    let resources: Vec<String> = (0..policies)
        .map(|number| {
            format!(
                r#"{{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
                    "metadata": {{"name": "p{number}", "namespace": "shop"}}, "spec": {{"rules": [{{}}]}}}}"#
            )
        })
        .collect();
    let resources = resources.join(",");
    policies_of(&format!(
        r#"{{"workload": {{"namespace": "shop"}}, "resources": [{resources}]}}"#
    ))
}

#[test]
fn ten_thousand_policies_that_all_decide_have_a_thousand_series_and_one_and_a_gauge_tells_of_the_rest() {
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    let policies = many(10_000);
    configured(&host, &metrics, &policies);
    for policy in policies.allow_policies() {
        metrics.count(&host, &with_certificate(), &allowed_by(policy), None);
    }
    let matched = of_name(
        &host,
        "spiffe_authz_requests_total.decision=.=allow;.;cause=.=matched-allow;.;",
    );
    assert_eq!(matched.len(), 1_001);
    assert!(
        matched
            .iter()
            .any(|(name, value)| name.contains("=.=(other);.;") && *value == 9_000)
    );
    let without_label = "spiffe_authz_policies_without_label";
    assert_eq!(of_name(&host, without_label), [(without_label.to_owned(), 9_000)]);
}

#[test]
fn a_policy_that_decides_for_peers_of_both_kinds_counts_each_of_them() {
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    let policies = policy_set();
    configured(&host, &metrics, &policies);
    let orders = policies.allow_policies().next().unwrap();
    let in_force = crate::in_force::InForce::new(policies.clone());
    let told = in_force.told(orders);
    for request in [
        with_certificate(),
        plaintext(Attribute::Known(1)),
        with_certificate(),
    ] {
        metrics.count(&host, &request, &allowed_by(orders), Some(&told));
    }
    let matched = of_name(
        &host,
        "spiffe_authz_requests_total.decision=.=allow;.;cause=.=matched-allow;.;",
    );
    let counts: Vec<u64> = matched.iter().map(|(_, value)| *value).collect();
    assert_eq!(counts, [2, 1], "{matched:?}");
    assert!(matched[0].0.contains("mtls=.=mutual;.;") && matched[1].0.contains("mtls=.=plaintext;.;"));
}

#[test]
fn who_comes_without_a_certificate_is_counted_by_port_and_transport() {
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    let count = |request: &Request<'_>| metrics.count(&host, request, &NO_SVID, None);
    count(&plaintext(Attribute::Known(8080)));
    host.set_reading(property::TLS_VERSION, Ok(b"TLSv1.3"));
    count(&plaintext(Attribute::Known(8080)));
    host.set_reading(property::DESTINATION_PORT, Ok(&9090_i64.to_le_bytes()));
    count(&plaintext(Attribute::Unreadable));
    host.set_reading(property::DESTINATION_PORT, Err(HostError::Status(2)));
    count(&plaintext(Attribute::Unreadable));
    count(&with_certificate());
    let name = |mtls: &str, port: &str| {
        let labels = format!("decision=.=deny;.;mtls=.={mtls};.;port=.={port};.;");
        (format!("spiffe_authz_without_mtls_total.{labels}"), 1)
    };
    assert_eq!(
        of_name(&host, "spiffe_authz_without_mtls_total"),
        [
            name("plaintext", "8080"),
            name("tls", "8080"),
            name("tls", "9090"),
            name("tls", "unknown")
        ]
    );
}

#[test]
fn a_configuration_shows_its_size_its_hash_its_time_and_every_series_without_a_policy_at_zero() {
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    host.set_time(Ok(1_780_272_000_999_999_999));
    configured(&host, &metrics, &policy_set());
    let shown = host.metrics();
    for (name, value) in [
        (NO_SVID_NAME, 0),
        ("spiffe_authz_policies_loaded", 2),
        ("spiffe_authz_dry_run_policies_loaded", 0),
        ("spiffe_authz_rules_loaded", 3),
        ("spiffe_authz_policies_without_label", 0),
        ("spiffe_authz_configuration_hash", 0x000b_a781_6bf8_f01c),
        (
            "spiffe_authz_configuration_loaded_timestamp_seconds",
            1_780_272_000,
        ),
        ("spiffe_authz_configuration_rejected.reason=.=syntax;.;", 0),
    ] {
        assert!(shown.contains(&(name.to_owned(), value)), "{name} in {shown:?}");
    }
    let names: BTreeSet<_> = shown.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), shown.len());
    configured(&host, &metrics, &policy_set());
    assert_eq!(host.metrics(), shown);
}

/// The words of the reasons whose gauge is 1.
fn rejected(host: &FakeHost) -> Vec<String> {
    of_name(host, "spiffe_authz_configuration_rejected")
        .into_iter()
        .filter(|(_, value)| *value == 1)
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn a_rejected_configuration_sets_its_reasons_and_the_next_good_one_clears_them() {
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    metrics.rejected(&host, &BTreeSet::from([Rejection::Syntax]));
    let name = |reason| format!("spiffe_authz_configuration_rejected.reason=.={reason};.;");
    assert_eq!(rejected(&host), [name("syntax")]);
    metrics.rejected(
        &host,
        &BTreeSet::from([Rejection::Duplicate, Rejection::TooLarge]),
    );
    assert_eq!(rejected(&host), [name("duplicate"), name("too-large")]);
    configured(&host, &metrics, &policy_set());
    assert_eq!(rejected(&host), [""; 0]);
    let gauges = of_name(&host, "spiffe_authz_configuration_rejected");
    assert_eq!(gauges.len(), Rejection::ALL.len());
}

#[test]
fn the_remaining_time_of_a_verified_svid_is_recorded_when_its_connection_is_met() {
    use crate::fake_host::FRONTEND_PEM;
    let leaf = spiffe_authz_policy::LeafCertificate::from_pem(FRONTEND_PEM.as_bytes()).unwrap();
    let end = leaf.facts().not_after.unwrap();
    let request = |validation, before_the_end: i64| Request {
        peer: Peer::Certificate(PeerCertificate {
            uri_sans: &[],
            validation,
            leaf: Attribute::Known(&leaf),
            digest: Attribute::Absent,
        }),
        time: Attribute::Known(end - time::Duration::seconds(before_the_end)),
        ..Request::absent(Protocol::Http)
    };
    let name = "spiffe_authz_peer_svid_remaining_seconds";
    for (request, meeting, expected) in [
        (request(Validation::Validated, 3_600), Meeting::First, Some(3_600)),
        (request(Validation::Validated, -5), Meeting::First, Some(0)),
        (request(Validation::Validated, 3_600), Meeting::Again, None),
        (request(Validation::NotValidated, 3_600), Meeting::First, None),
        (with_certificate(), Meeting::First, None),
        (plaintext(Attribute::Absent), Meeting::First, None),
    ] {
        let (host, metrics) = (FakeHost::new(), Metrics::default());
        metrics.meet_peer(&host, &request, meeting);
        let expected: Vec<_> = expected
            .map(|seconds| (name.to_owned(), seconds))
            .into_iter()
            .collect();
        assert_eq!(host.metrics(), expected);
    }
}

/// The series of policies that only watch.
fn observed(host: &FakeHost) -> Vec<(String, u64)> {
    let mut shown = host.counters();
    shown.retain(|(name, _)| !name.contains("requests_total"));
    shown
}

#[test]
fn every_series_of_policies_that_only_watch_is_at_zero_before_it_counts() {
    let dry_run = |policy: &str| {
        ["would-deny", "would-allow"]
            .map(|result| format!("spiffe_authz_dry_run_total.policy=.=shop/{policy};.;result=.={result};.;"))
    };
    let shadow = |action: &str| {
        ["allowed", "denied"]
            .map(|result| format!("spiffe_authz_shadow_total.action=.={action};.;result=.={result};.;"))
    };
    let watching: Vec<String> = ["spiffe_authz_audited_total.policy=.=shop/marks;.;".to_owned()]
        .into_iter()
        .chain(dry_run("would-allow"))
        .chain(dry_run("would-deny"))
        .collect();
    for (profile, more) in [
        ("zero-trust", Vec::new()),
        ("istio", [shadow("allow"), shadow("deny")].concat()),
    ] {
        let (host, metrics) = (FakeHost::new(), Metrics::default());
        configured(&host, &metrics, &watching_policies(profile));
        let expected: Vec<_> = watching
            .iter()
            .chain(&more)
            .map(|name| (name.clone(), 0))
            .collect();
        assert_eq!(observed(&host), expected, "{profile}");
        let loaded = ("spiffe_authz_dry_run_policies_loaded".to_owned(), 2);
        assert!(host.metrics().contains(&loaded));
    }
}

#[test]
fn what_was_observed_counts_once_for_each_policy_and_result() {
    let policies = watching_policies("zero-trust");
    let (host, metrics) = (FakeHost::new(), Metrics::default());
    configured(&host, &metrics, &policies);
    let before = host.counters();
    metrics.count_observed(&host, &Observations::default());
    assert_eq!(host.counters(), before);
    let marks = policies.audit_policies().next().unwrap();
    let would = policies.dry_run_policies().next().unwrap();
    let rule = RuleRef {
        policy: marks,
        index: 1,
    };
    let observations = Observations {
        audited: vec![rule],
        would_deny: vec![would],
        would_allow: vec![would],
        shadow: Shadow {
            deny: Some(ShadowResult::Denied(Some(rule))),
            allow: Some(ShadowResult::Allowed(Some(rule))),
        },
    };
    metrics.count_observed(&host, &observations);
    metrics.count_observed(&host, &observations);
    let mut counted = host.counters();
    counted.retain(|(_, value)| *value > 0);
    let names = [
        "spiffe_authz_audited_total.policy=.=shop/marks;.;".to_owned(),
        format!("spiffe_authz_dry_run_total.policy=.={would};.;result=.=would-deny;.;"),
        format!("spiffe_authz_dry_run_total.policy=.={would};.;result=.=would-allow;.;"),
        "spiffe_authz_shadow_total.action=.=deny;.;result=.=denied;.;".to_owned(),
        "spiffe_authz_shadow_total.action=.=allow;.;result=.=allowed;.;".to_owned(),
    ];
    counted.sort();
    let mut expected = names.map(|name| (name, 2));
    expected.sort();
    assert_eq!(counted, expected);
}
