//! The weak points of an Envoy configuration: places where a request or a connection may pass without a decision, or where the
//! decision is about something else than the application gets.
//!
//! ```text
//! bootstrap ──► listener ──► filter chain ─┬─ TLS: is the peer's certificate validated, at each handshake?
//!                                          ├─ the fact of the direct address
//!                                          └─ filter, interlock right behind it, nothing that changes requests after it
//! ```
//! What is not understood counts as a weak point, never as right. Names of fields may be spelled as in the protobuf files or
//! as in JSON, and values of enums may be words or numbers, as Envoy takes them.
//!
//! ```
//! use spiffe_authz_envoy_config::weak_points::{self, WeakPoint};
//!
//! let listener = serde_json::json!({"filter_chains": [{"filters": [
//!     {"name": "tcp", "typed_config": {
//!         "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
//!         "cluster": "application",
//!     }},
//! ]}]});
//! let found = weak_points::of_listener(&listener);
//! assert_eq!(found[0].weak_point, WeakPoint::Unguarded);
//! assert_eq!(found[0].at, "/filter_chains/0/filters");
//! ```

use std::fmt;

use serde_json::Value;

use crate::weak_points::cursor::Cursor;
use crate::weak_points::kind::Guard;

mod chain;
mod cursor;
mod filter_state;
mod guards;
mod http;
mod interlock;
mod kind;
mod listener;
mod metrics;
mod presence;
mod tls;
mod wasm;
mod weak_point;

pub use weak_point::WeakPoint;

/// A weak point, and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The place, as a JSON pointer (RFC 6901) into the document.
    pub at: String,
    /// What is weak there.
    pub weak_point: WeakPoint,
}

/// The weak points of an `envoy.config.bootstrap.v3.Bootstrap`, in the order of their places.
#[must_use]
pub fn of_bootstrap(bootstrap: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    let root = Cursor::root(bootstrap);
    if let Some(elsewhere) = root
        .field("dynamic_resources")
        .and_then(|it| it.field("lds_config"))
    {
        findings.add(WeakPoint::NotShown, &elsewhere);
    }
    metrics::look_at_clusters(&root, &mut findings);
    let resources = root.field("static_resources");
    for listener in resources.iter().flat_map(|it| it.items("listeners")) {
        listener::look_at(&listener, &mut findings);
    }
    findings.sorted()
}

/// The weak points of an `envoy.config.listener.v3.Listener`.
#[must_use]
pub fn of_listener(listener: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    listener::look_at(&Cursor::root(listener), &mut findings);
    findings.sorted()
}

/// The weak points of a discovery document, which [`ecds_document`](crate::ecds_document) renders.
#[must_use]
pub fn of_discovery(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    for resource in Cursor::root(document).items("resources") {
        let filter = resource.field("typed_config");
        match filter.map(|filter| (Guard::of_filter(&filter), filter)) {
            Some((Some(guard), filter)) => wasm::look_at(&filter, guard, &mut findings),
            Some((None, _)) | None => findings.add(WeakPoint::OpenDiscovery, &resource),
        }
    }
    findings.sorted()
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, weak_point: WeakPoint, at: &Cursor<'_>) {
        self.0.push(Finding {
            at: at.pointer().to_owned(),
            weak_point,
        });
    }

    fn sorted(mut self) -> Vec<Finding> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.at, self.weak_point.code(), self.weak_point)
    }
}
