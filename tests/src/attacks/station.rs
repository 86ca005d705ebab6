//! [`Station`]: one listener with one policy, and what must never arrive behind it.

use std::net::SocketAddr;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::http_connection_manager::Guarded;
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, InboundTransport, SvidPaths, address,
    http_filters, network_filters, route,
};
use spiffe_authz_policy::{Document, NativeRbac};

use crate::attacks::upstream::Arrival;

/// A listener of the suite.
#[derive(Clone)]
pub struct Station {
    /// A name of its own.
    pub name: String,
    /// The plugin configuration.
    pub configuration: Value,
    /// What decides.
    pub guard: Guard,
    /// What a path goes through before.
    pub door: Door,
    /// Whether the policy refuses what it protects or admits nothing else.
    pub polarity: Polarity,
    /// What must not arrive, whatever was sent.
    pub forbidden: Forbidden,
    /// What differs from the listener that is shipped, beside the door.
    pub change: fn(&mut Value),
}

/// What decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guard {
    /// The filter, with the interlock behind it.
    Filter,
    /// Envoy's own RBAC, rendered from the same configuration.
    Native,
}

/// The normalisation of paths in front of the guard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Door {
    /// As it is shipped.
    AsShipped,
    /// None at all: the guard sees the path that was sent. Istio's `NONE`.
    Open,
    /// Istio's `BASE`, its default.
    Base,
    /// Istio's `MERGE_SLASHES`.
    MergeSlashes,
    /// Istio's `DECODE_AND_MERGE_SLASHES`.
    DecodeAndMergeSlashes,
}

/// What a policy does with what it names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Polarity {
    /// It denies what it names, by DENY or by ALLOW with a `not` form.
    Refuses,
    /// It allows what it names and nothing else.
    Admits,
}

/// Whether an arrival is one that must not be.
pub type Forbidden = fn(&Arrival) -> bool;

impl Station {
    /// A listener with the filter, as it is shipped.
    #[must_use]
    pub fn new(name: &str, configuration: Value, polarity: Polarity, forbidden: Forbidden) -> Self {
        Self {
            name: name.to_owned(),
            configuration,
            guard: Guard::Filter,
            door: Door::AsShipped,
            polarity,
            forbidden,
            change: |_| (),
        }
    }

    /// The same behind another door.
    #[must_use]
    pub fn behind(&self, door: Door) -> Self {
        Self {
            door,
            name: format!("{}, {}", self.name, door.name()),
            ..self.clone()
        }
    }

    /// The same with Envoy's own RBAC in the place of the filter.
    #[must_use]
    pub fn native(&self) -> Self {
        Self {
            guard: Guard::Native,
            name: format!("{}, native", self.name),
            ..self.clone()
        }
    }

    pub(super) fn listener(
        &self,
        listen: SocketAddr,
        cluster: &str,
        files: &Files<'_>,
    ) -> Result<Value, String> {
        let name = format!("station-{}", listen.port());
        let mut filters = network_filters::guarded_http(&Guarded {
            stat_prefix: &name,
            route_config: route::everything_to(&name, cluster),
            http_filters: self.http_filters(files.wasm)?,
            access_log: files.access_log,
        });
        for manager in filters.iter_mut().rev().take(1) {
            self.door.open(&mut manager["typed_config"]);
            // Envoy lingers before it closes a connection on a malformed request; nobody here waits for that.
            manager["typed_config"]["delayed_close_timeout"] = json!("0.01s");
        }
        let transport = InboundTransport::Permissive;
        let mut listener = json!({
            "name": name,
            "traffic_direction": "INBOUND",
            // No other Envoy of this machine may share the port.
            "enable_reuse_port": false,
            "address": address::socket_address(listen),
            "listener_filters": transport.listener_filters(),
            "filter_chains": transport.filter_chains(files.svid, ApplicationProtocol::Http, &filters),
        });
        (self.change)(&mut listener);
        Ok(listener)
    }

    fn http_filters(&self, wasm: &FilePath) -> Result<Vec<Value>, String> {
        match self.guard {
            Guard::Filter => Ok(http_filters::guarded(&FilterModule {
                wasm: wasm.clone(),
                source: FilterSource::Inline(self.configuration.clone()),
            })),
            Guard::Native => {
                let document: Document =
                    serde_json::from_value(self.configuration.clone()).map_err(|error| error.to_string())?;
                let native = NativeRbac::render(&document, None).map_err(|error| error.to_string())?;
                Ok(native
                    .http_filters
                    .into_iter()
                    .chain([http_filters::router()])
                    .collect())
            }
        }
    }
}

/// The files that all stations share.
pub(super) struct Files<'a> {
    pub(super) svid: &'a SvidPaths,
    pub(super) wasm: &'a FilePath,
    pub(super) access_log: &'a FilePath,
}

impl Door {
    /// The name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AsShipped => "normalised as shipped",
            Self::Open => "not normalised",
            Self::Base => "Istio's BASE",
            Self::MergeSlashes => "Istio's MERGE_SLASHES",
            Self::DecodeAndMergeSlashes => "Istio's DECODE_AND_MERGE_SLASHES",
        }
    }

    fn open(self, connection_manager: &mut Value) {
        let (normalises, merges, escaped) = match self {
            Self::AsShipped => return,
            Self::Open => (false, false, "KEEP_UNCHANGED"),
            Self::Base => (true, false, "KEEP_UNCHANGED"),
            Self::MergeSlashes => (true, true, "KEEP_UNCHANGED"),
            Self::DecodeAndMergeSlashes => (true, true, "UNESCAPE_AND_FORWARD"),
        };
        connection_manager["normalize_path"] = json!(normalises);
        connection_manager["merge_slashes"] = json!(merges);
        connection_manager["path_with_escaped_slashes_action"] = json!(escaped);
    }
}

/// The connection manager of every filter chain of a listener.
pub fn each_connection_manager(listener: &mut Value, change: impl Fn(&mut Value)) {
    let chains = listener["filter_chains"].as_array_mut();
    for chain in chains.into_iter().flatten() {
        for filter in chain["filters"].as_array_mut().into_iter().flatten() {
            if filter["typed_config"].get("http_filters").is_some() {
                change(&mut filter["typed_config"]);
            }
        }
    }
}
