//! Configurations for tests, as short as they can be said.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::LazyLock;

use serde_json::{Value, json};
use spiffe_authz_policy::{
    Attribute, ConfigErrors, LeafCertificate, LeafFacts, Peer, PeerCertificate, PolicySet, Protocol, Request,
    Validation,
};

/// An AuthorizationPolicy `shop/NAME` with this spec.
pub fn authorization_policy(name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    })
}

/// A PeerAuthentication `NAMESPACE/NAME` with this spec.
pub fn peer_authentication(namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    })
}

/// A plugin configuration for the workload `app: orders` in namespace `shop`.
pub fn config(profile: &str, resources: &[Value]) -> Value {
    json!({
        "profile": profile,
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": resources,
    })
}

pub fn compile(config: &Value) -> Result<PolicySet, ConfigErrors> {
    PolicySet::from_plugin_configuration(config.to_string().as_bytes(), None)
}

/// What the frontend presents.
pub static FRONTEND: LazyLock<LeafCertificate> = LazyLock::new(|| {
    LeafCertificate::new(LeafFacts {
        uri_sans: vec![b"spiffe://cluster.local/ns/shop/sa/frontend".to_vec()],
        ..LeafFacts::default()
    })
});

/// `GET orders.shop/orders/1` to port 8080 from `spiffe://cluster.local/ns/shop/sa/frontend`.
pub fn request() -> Request<'static> {
    Request {
        peer: Peer::Certificate(PeerCertificate {
            uri_sans: &[b"spiffe://cluster.local/ns/shop/sa/frontend"],
            validation: Validation::Validated,
            leaf: Attribute::Known(&FRONTEND),
            digest: Attribute::Absent,
        }),
        destination_port: Attribute::Known(8080),
        method: Attribute::Known(b"GET"),
        host: Attribute::Known(b"orders.shop"),
        path: Attribute::Known(b"/orders/1"),
        ..Request::absent(Protocol::Http)
    }
}
