//! Every combination of mTLS modes of the mesh, the namespace, the workload and a port, against the formula of the
//! specification (P-3).

use serde_json::{Value, json};
use spiffe_authz_policy::{Decision, PolicySet, RequestDocument};

const MODES: [Option<&str>; 5] = [
    None,
    Some("STRICT"),
    Some("PERMISSIVE"),
    Some("DISABLE"),
    Some("UNSET"),
];
const PROFILES: [(&str, &str); 2] = [("zero-trust", "STRICT"), ("istio", "PERMISSIVE")];

/// The modes of one configuration; `None` is a resource or a port that is not there.
#[derive(Clone, Copy, Debug)]
struct Modes {
    mesh: Option<&'static str>,
    namespace: Option<&'static str>,
    workload: Option<&'static str>,
    port: Option<&'static str>,
}

impl Modes {
    fn all() -> impl Iterator<Item = Self> {
        let pairs = || {
            MODES
                .into_iter()
                .flat_map(|left| MODES.map(|right| (left, right)))
        };
        pairs().flat_map(move |(mesh, namespace)| {
            pairs().map(move |(workload, port)| Self {
                mesh,
                namespace,
                workload,
                port,
            })
        })
    }

    /// A port has a mode of its own only where the workload has a resource of its own.
    fn exists(self) -> bool {
        self.workload.is_some() || self.port.is_none()
    }

    /// "base = first set of: workload, namespace, mesh; mode(port) = portLevel\[port\] if present (UNSET -> base)".
    fn resolved(self, default: &'static str) -> &'static str {
        let set = |mode: Option<&'static str>| mode.filter(|mode| *mode != "UNSET");
        let base = set(self.workload)
            .or(set(self.namespace))
            .or(set(self.mesh))
            .unwrap_or(default);
        set(self.port).unwrap_or(base)
    }

    fn configuration(self, profile: &str) -> Value {
        let mesh = self
            .mesh
            .map(|mode| resource("default", "istio-system", json!({"mtls": {"mode": mode}})));
        let namespace = self
            .namespace
            .map(|mode| resource("default", "shop", json!({"mtls": {"mode": mode}})));
        let workload = self
            .workload
            .map(|mode| resource("orders", "shop", self.workload_spec(mode)));
        let resources: Vec<Value> = [mesh, namespace, workload, Some(allow_everything())]
            .into_iter()
            .flatten()
            .collect();
        let workload = json!({"namespace": "shop", "labels": {"app": "orders"}});
        json!({"profile": profile, "workload": workload, "resources": resources})
    }

    fn workload_spec(self, mode: &str) -> Value {
        let selector = json!({"matchLabels": {"app": "orders"}});
        match self.port {
            None => json!({"selector": selector, "mtls": {"mode": mode}}),
            Some(port) => {
                let ports = json!({"8080": {"mode": port}});
                json!({"selector": selector, "mtls": {"mode": mode}, "portLevelMtls": ports})
            }
        }
    }
}

fn resource(name: &str, namespace: &str, spec: Value) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": metadata, "spec": spec})
}

fn allow_everything() -> Value {
    let metadata = json!({"name": "all", "namespace": "shop"});
    let spec = json!({"rules": [{}]});
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec})
}

fn is_allowed(policies: &PolicySet, request: Value) -> bool {
    let document = RequestDocument::from_json(request.to_string().as_bytes()).unwrap();
    document.with_request(|request| matches!(policies.decide(request), Decision::Allow(_)))
}

#[test]
fn plaintext_is_admitted_exactly_where_the_resolved_mode_is_not_strict() {
    for (profile, default) in PROFILES {
        for modes in Modes::all().filter(|modes| modes.exists()) {
            let json = modes.configuration(profile).to_string();
            let policies = PolicySet::from_plugin_configuration(json.as_bytes(), None).unwrap();
            let plaintext = json!({"destination": {"port": 8080}, "method": "GET", "path": "/"});
            let expected = modes.resolved(default) != "STRICT";
            assert_eq!(is_allowed(&policies, plaintext), expected, "{profile}: {modes:?}");
        }
    }
}

#[test]
fn mtls_is_admitted_whatever_the_mode() {
    let peer = json!({"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"});
    for (profile, _) in PROFILES {
        for modes in Modes::all().filter(|modes| modes.exists()) {
            let json = modes.configuration(profile).to_string();
            let policies = PolicySet::from_plugin_configuration(json.as_bytes(), None).unwrap();
            let mtls = json!({"peer": peer, "destination": {"port": 8080}, "method": "GET", "path": "/"});
            assert!(is_allowed(&policies, mtls), "{profile}: {modes:?}");
        }
    }
}
