//! Properties that hold for every set of policies and every request.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a failed test panics"
)]

mod common;

use common::{authorization_policy, compile, config, peer_authentication};
use proptest::prelude::*;
use serde_json::{Value, json};
use spiffe_authz_policy::{
    Attribute, Decision, Peer, PeerCertificate, PolicySet, Protocol, Request, RequestDocument, Validation,
};

const IDS: [&str; 4] = [
    "spiffe://cluster.local/ns/shop/sa/frontend",
    "spiffe://cluster.local/ns/shop/sa/orders",
    "spiffe://cluster.local/ns/evil/sa/frontend",
    "spiffe://partner.example/ns/shop/sa/frontend",
];

/// A few values that meet each other often, each as it is, as a prefix and as a suffix.
fn value(literals: &'static [&'static str]) -> impl Strategy<Value = String> {
    (prop::sample::select(literals), 0..4_usize, 0..40_usize).prop_map(|(literal, form, cut)| {
        let cut = cut.min(literal.len()).max(1);
        match form {
            0 => literal.to_owned(),
            1 => format!("{}*", &literal[..cut]),
            2 => format!("*{}", &literal[literal.len() - cut..]),
            _ => "*".to_owned(),
        }
    })
}

fn field(
    name: &'static str,
    literals: &'static [&'static str],
) -> impl Strategy<Value = (&'static str, Vec<String>)> {
    prop::collection::vec(value(literals), 1..3).prop_map(move |values| (name, values))
}

fn source() -> impl Strategy<Value = Value> {
    const PRINCIPALS: &[&str] = &[
        "cluster.local/ns/shop/sa/frontend",
        "cluster.local/ns/evil/sa/frontend",
    ];
    const NAMESPACES: &[&str] = &["shop", "evil"];
    let fields = prop_oneof![
        field("principals", PRINCIPALS),
        field("notPrincipals", PRINCIPALS),
        field("namespaces", NAMESPACES),
        field("notNamespaces", NAMESPACES),
    ];
    prop::collection::vec(fields, 1..3).prop_map(|fields| json!({"source": as_map(fields)}))
}

fn operation() -> impl Strategy<Value = Value> {
    const PATHS: &[&str] = &["/orders", "/orders/1", "/admin"];
    const HOSTS: &[&str] = &["orders.shop", "Orders.example"];
    const METHODS: &[&str] = &["GET", "POST"];
    let fields = prop_oneof![
        field("paths", PATHS),
        field("notPaths", PATHS),
        field("hosts", HOSTS),
        field("notHosts", HOSTS),
        field("methods", METHODS),
        field("notMethods", METHODS),
        Just(("ports", vec!["8080".to_owned()])),
        Just(("notPorts", vec!["8080".to_owned()])),
    ];
    prop::collection::vec(fields, 1..3).prop_map(|fields| json!({"operation": as_map(fields)}))
}

fn as_map(fields: Vec<(&'static str, Vec<String>)>) -> Value {
    fields
        .into_iter()
        .map(|(name, values)| (name.to_owned(), json!(values)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn rule() -> impl Strategy<Value = Value> {
    let clauses = |clause: BoxedStrategy<Value>| prop::collection::vec(clause, 0..3);
    (clauses(source().boxed()), clauses(operation().boxed())).prop_map(|(from, to)| {
        let mut rule = serde_json::Map::new();
        if !from.is_empty() {
            rule.insert("from".to_owned(), from.into());
        }
        if !to.is_empty() {
            rule.insert("to".to_owned(), to.into());
        }
        rule.into()
    })
}

fn policy() -> impl Strategy<Value = Value> {
    (prop::bool::ANY, prop::collection::vec(rule(), 0..3))
        .prop_map(|(deny, rules)| json!({"action": if deny { "DENY" } else { "ALLOW" }, "rules": rules}))
}

fn policies() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(policy(), 0..4)
}

/// A request as plain values: peer (4 for plaintext), port, method, host, path.
type Plain = (usize, u16, &'static str, &'static str, &'static str);

fn plain_request() -> impl Strategy<Value = Plain> {
    (
        0..5_usize,
        prop::sample::select(&[8080_u16, 9090][..]),
        prop::sample::select(&["GET", "POST", "get"][..]),
        prop::sample::select(&["orders.shop", "ORDERS.shop:8080", "orders.shop.", "other"][..]),
        prop::sample::select(&["/orders", "/orders/1?x=/admin", "/admin", "/admin#x", ""][..]),
    )
}

fn judge<T>(
    plain: Plain,
    change: impl FnOnce(&mut Request<'_>),
    use_it: impl FnOnce(&Request<'_>) -> T,
) -> T {
    let (peer, port, method, host, path) = plain;
    let uri_sans: Vec<&[u8]> = IDS.get(peer).map(|id| id.as_bytes()).into_iter().collect();
    let certificate = PeerCertificate {
        uri_sans: &uri_sans,
        validation: Validation::Validated,
        leaf: Attribute::Absent,
    };
    let mut request = Request {
        peer: if uri_sans.is_empty() {
            Peer::Plaintext
        } else {
            Peer::Certificate(certificate)
        },
        destination_port: Attribute::Known(port),
        method: Attribute::Known(method.as_bytes()),
        host: Attribute::Known(host.as_bytes()),
        path: Attribute::Known(path.as_bytes()),
        ..Request::absent(Protocol::Http)
    };
    change(&mut request);
    use_it(&request)
}

fn set(profile: &str, specs: &[Value]) -> PolicySet {
    let name = |(index, spec): (usize, &Value)| authorization_policy(&format!("p{index}"), spec.clone());
    let mut resources: Vec<Value> = specs.iter().enumerate().map(name).collect();
    resources.push(peer_authentication(
        "shop",
        "default",
        json!({"mtls": {"mode": "PERMISSIVE"}}),
    ));
    compile(&config(profile, &resources)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn allows(set: &PolicySet, plain: Plain) -> bool {
    judge(
        plain,
        |_| {},
        |request| matches!(set.decide(request), Decision::Allow(_)),
    )
}

fn profile() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["zero-trust", "istio"][..])
}

proptest! {
    // `PROPTEST_CASES` sets how many; a longer run is one variable away.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_policies_never_changes_the_effect(profile in profile(), specs in policies(), plain in plain_request()) {
        let reversed: Vec<Value> = specs.iter().rev().cloned().collect();
        prop_assert_eq!(allows(&set(profile, &specs), plain), allows(&set(profile, &reversed), plain));
    }

    #[test]
    fn adding_a_deny_policy_never_admits_more(profile in profile(), specs in policies(), rules in prop::collection::vec(rule(), 0..3), plain in plain_request()) {
        let before = allows(&set(profile, &specs), plain);
        let more = [specs, vec![json!({"action": "DENY", "rules": rules})]].concat();
        prop_assert!(before || !allows(&set(profile, &more), plain));
    }

    #[test]
    fn losing_an_attribute_never_turns_a_denial_into_an_allow(profile in profile(), specs in policies(), plain in plain_request(), lost in 0..5_usize) {
        let set = set(profile, &specs);
        let lose = |request: &mut Request<'_>| match lost {
            0 => request.peer = Peer::Unreadable,
            1 => request.destination_port = Attribute::Unreadable,
            2 => request.method = Attribute::Unreadable,
            3 => request.host = Attribute::Unreadable,
            _ => request.path = Attribute::Unreadable,
        };
        let after = judge(plain, lose, |request| matches!(set.decide(request), Decision::Allow(_)));
        prop_assert!(allows(&set, plain) || !after);
    }

    #[test]
    fn zero_trust_never_admits_what_istio_denies(specs in policies(), plain in plain_request()) {
        // A host with a port or a trailing dot is read wider on purpose: it has tests of its own.
        let (peer, port, method, host, path) = plain;
        let host = if host.contains(':') || host.ends_with('.') { "ORDERS.shop" } else { host };
        let plain = (peer, port, method, host, path);
        prop_assert!(!allows(&set("zero-trust", &specs), plain) || allows(&set("istio", &specs), plain));
    }

    #[test]
    fn any_bytes_are_a_configuration_or_a_list_of_errors(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(PolicySet::from_plugin_configuration(&bytes, None).is_err());
    }

    #[test]
    fn a_damaged_configuration_is_judged_or_refused(
        specs in policies(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        plain in plain_request(),
    ) {
        let resources: Vec<Value> = specs.into_iter().map(|spec| authorization_policy("p", spec)).collect();
        let mut bytes = config("zero-trust", &resources).to_string().into_bytes();
        for (index, byte) in damage {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(set) = PolicySet::from_plugin_configuration(&bytes, None) {
            let _ = allows(&set, plain);
        }
        let _ = RequestDocument::from_json(&bytes);
    }
}
