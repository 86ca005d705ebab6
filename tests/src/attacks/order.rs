//! Attacks by what stands around the filter: rules written as two, a filter in front that rewrites paths.

use serde_json::{Value, json};

use crate::attacks::group::{Group, NONE_DIFFERS};
use crate::attacks::peers::Presents;
use crate::attacks::policies::{allow, allow_any, deny, operation, source};
use crate::attacks::readings::reads_as;
use crate::attacks::station::{Polarity, Station, each_connection_manager};
use crate::attacks::upstream::Arrival;
use crate::attacks::vector::{Field, Must, Vector, Wire};
use crate::envoy::guarded::FRONTEND;

const ADMIN: &str = "spiffe://cluster.local/ns/prod/sa/admin";

/// A dash before `to` makes a second rule, which anybody may pass: as Istio has it, and as native RBAC has it.
#[must_use]
pub fn dashes() -> Group {
    let row = "yaml-dash";
    let rules = [
        source(json!({"principals": ["cluster.local/ns/prod/sa/admin"]})),
        operation(json!({"paths": ["/public"]})),
    ];
    let istio = Station::new(
        "istio, two rules",
        allow_any("istio", &rules),
        Polarity::Refuses,
        |_| false,
    );
    let vector = |peer, path: &str, must| Vector {
        row,
        name: format!("{peer} asks for {path}"),
        peer,
        wire: Wire::http1(path.as_bytes(), &[]),
        must,
    };
    Group {
        name: "rules-of-two-dashes",
        strict: vec![Station::new(
            "two rules",
            allow_any("zero-trust", &rules),
            Polarity::Refuses,
            |_| false,
        )],
        compat: vec![Group::pair(istio)],
        differs: NONE_DIFFERS,
        peers: vec![
            ("admin", Presents::svid(ADMIN)),
            ("frontend", Presents::svid(FRONTEND)),
        ],
        controls: vec![vector("admin", "/app", Must::BeOther)],
        vectors: vec![
            vector("frontend", "/public", Must::BeOther),
            vector("admin", "/app", Must::BeOther),
            vector("admin", "/public", Must::BeOther),
            vector("frontend", "/app", Must::BeDenied),
        ],
    }
}

/// A filter in front changes the path: what is judged is what goes on.
#[must_use]
pub fn rewritten_paths() -> Group {
    let row = "path-changed-later";
    let (paths, not_paths) = (
        operation(json!({"paths": ["/admin"]})),
        operation(json!({"notPaths": ["/admin"]})),
    );
    let mut strict = [
        ("DENY /admin", deny("zero-trust", &paths)),
        ("ALLOW but /admin", allow("zero-trust", &not_paths)),
    ]
    .map(|(name, configuration)| Station::new(name, configuration, Polarity::Refuses, arrives_as_admin));
    for station in &mut strict {
        station.change = |listener| each_connection_manager(listener, rewrite_first);
    }
    let vector = |path: &str, to: &str, must| {
        let header: Field<'_> = (b"x-rewrite-to", to.as_bytes());
        let wires = [
            Wire::http1(path.as_bytes(), &[header]),
            Wire::http2(path.as_bytes(), &[header]),
        ];
        wires.map(|wire| Vector {
            row,
            name: format!("{path} rewritten to {to}"),
            peer: "frontend",
            wire,
            must,
        })
    };
    let vectors = [
        vector("/app", "/admin", Must::BeDenied),
        vector("/app", "/admin?x", Must::BeDenied),
        vector("/app", "/x/../admin", Must::BeDenied),
        vector("/app", "/%61dmin", Must::BeDenied),
        vector("/app", "//admin", Must::BeDenied),
        vector("/app", "/admin;x", Must::BeDenied),
        vector("/admin", "/app", Must::BeOther),
        vector("/app", "/other", Must::BeOther),
    ];
    Group {
        name: "rewritten-paths",
        strict: strict.to_vec(),
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: vec![("frontend", Presents::svid(FRONTEND))],
        controls: vector("/app", "/app", Must::BeOther).to_vec(),
        vectors: vectors.into_iter().flatten().collect(),
    }
}

fn arrives_as_admin(arrival: &Arrival) -> bool {
    reads_as(arrival.target(), |path| path == b"/admin")
}

fn rewrite_first(manager: &mut Value) {
    let script = "function envoy_on_request(handle)\n\
        handle:headers():replace(':path', handle:headers():get('x-rewrite-to'))\n\
        end";
    let filter = json!({
        "name": "rewriter",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": {"inline_string": script},
        },
    });
    if let Some(filters) = manager["http_filters"].as_array_mut() {
        filters.insert(0, filter);
    }
}
