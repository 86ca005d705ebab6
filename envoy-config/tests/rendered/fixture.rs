//! The workload that the examples and the guarantees are about.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, Inbound, InboundTransport, LoopbackAddress,
    Node, Outbound, Sidecar, SvidPaths, TrustBundle,
};

const CONFIGURATION: &str = "/etc/spiffe-authz";
const SVID: &str = "/run/spiffe-authz/svid";
/// The peer that `orders` calls.
pub(crate) const PAYMENTS: &str = "spiffe://cluster.local/ns/shop/sa/payments";

fn path(folder: &str, name: &str) -> FilePath {
    FilePath::new(format!("{folder}/{name}")).unwrap()
}

/// The workload `orders` of the namespace `shop`, which calls `payments`.
pub(crate) fn orders(transport: InboundTransport, source: FilterSource) -> Sidecar {
    Sidecar {
        node: Node {
            id: "orders".to_owned(),
            cluster: "orders.shop".to_owned(),
            namespace: "shop".to_owned(),
            labels: BTreeMap::from([("app".to_owned(), "orders".to_owned())]),
        },
        admin: LoopbackAddress::with_port(15_000),
        metrics: None,
        inbound: Inbound {
            listen: "0.0.0.0:15006".parse().unwrap(),
            application: LoopbackAddress::with_port(8080),
            protocol: ApplicationProtocol::Http,
            transport,
        },
        outbound: vec![payments()],
        svid: svid().into(),
        filter: filter(source),
        access_log: FilePath::new("/var/log/spiffe-authz/access.log").unwrap(),
    }
}

/// The workload `ledger` of the namespace `shop`, whose protocol is not HTTP and which calls nobody.
pub(crate) fn ledger(transport: InboundTransport, source: FilterSource) -> Sidecar {
    let orders = orders(transport, source);
    Sidecar {
        node: Node {
            id: "ledger".to_owned(),
            cluster: "ledger.shop".to_owned(),
            labels: BTreeMap::from([("app".to_owned(), "ledger".to_owned())]),
            ..orders.node
        },
        inbound: Inbound {
            application: LoopbackAddress::with_port(9042),
            protocol: ApplicationProtocol::Tcp,
            ..orders.inbound
        },
        outbound: Vec::new(),
        ..orders
    }
}

fn payments() -> Outbound {
    Outbound {
        name: "payments".to_owned(),
        listen: LoopbackAddress::with_port(15_101),
        peer: "192.0.2.20:15006".parse().unwrap(),
        spiffe_id: PAYMENTS.to_owned(),
    }
}

pub(crate) fn svid() -> SvidPaths {
    SvidPaths {
        svid_sds: path(CONFIGURATION, "svid.sds.yaml"),
        trust_bundle_sds: path(CONFIGURATION, "trust-bundle.sds.yaml"),
        certificate: path(SVID, "svid.pem"),
        private_key: path(SVID, "svid_key.pem"),
        trust_bundle: TrustBundle::OneForAll(path(SVID, "svid_bundle.pem")),
        watched_directory: FilePath::new(SVID).unwrap(),
    }
}

/// `orders` in a mesh that is federated with others.
pub(crate) fn federated() -> Sidecar {
    Sidecar {
        svid: federated_svid().into(),
        ..orders(InboundTransport::Strict, from_file())
    }
}

pub(crate) fn federated_svid() -> SvidPaths {
    SvidPaths {
        trust_bundle_sds: path(CONFIGURATION, "trust-bundles.sds.yaml"),
        trust_bundle: TrustBundle::PerTrustDomain(path(SVID, "svid_bundles.json")),
        ..svid()
    }
}

pub(crate) fn filter(source: FilterSource) -> FilterModule {
    FilterModule {
        wasm: path(CONFIGURATION, "spiffe_authz_filter.wasm"),
        source,
    }
}

/// The plugin configuration in a watched file.
pub(crate) fn from_file() -> FilterSource {
    FilterSource::Ecds {
        path: path(CONFIGURATION, "filter.ecds.yaml"),
    }
}

/// The plugin configuration of `ledger` in a watched file.
pub(crate) fn from_tcp_file() -> FilterSource {
    FilterSource::Ecds {
        path: path(CONFIGURATION, "tcp-filter.ecds.yaml"),
    }
}

/// The plugin configuration in the bootstrap.
pub(crate) fn inline() -> FilterSource {
    FilterSource::Inline(plugin_configuration())
}

/// `frontend` may read orders; everyone else and everything else is refused, plaintext as well.
pub(crate) fn plugin_configuration() -> Value {
    only(
        "orders",
        &json!({
            "from": [{"source": {"principals": ["cluster.local/ns/shop/sa/frontend"]}}],
            "to": [{"operation": {"methods": ["GET"], "paths": ["/orders", "/orders/*"]}}],
        }),
    )
}

/// `orders` may connect to the ledger; everyone else is refused, plaintext as well.
pub(crate) fn tcp_plugin_configuration() -> Value {
    let from = json!({"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/orders"]}}]});
    only("ledger", &from)
}

fn only(app: &str, rule: &Value) -> Value {
    json!({
        "profile": "zero-trust",
        "mesh": {"trustDomain": "cluster.local", "rootNamespace": "istio-system"},
        "resources": [
            {
                "apiVersion": "security.istio.io/v1",
                "kind": "PeerAuthentication",
                "metadata": {"name": "default", "namespace": "istio-system"},
                "spec": {"mtls": {"mode": "STRICT"}},
            },
            {
                "apiVersion": "security.istio.io/v1",
                "kind": "AuthorizationPolicy",
                "metadata": {"name": app, "namespace": "shop"},
                "spec": {
                    "selector": {"matchLabels": {"app": app}},
                    "action": "ALLOW",
                    "rules": [rule],
                },
            },
        ],
    })
}
