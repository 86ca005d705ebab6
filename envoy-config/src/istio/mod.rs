//! Istio documents that put the guard into the sidecars of a mesh.
//!
//! ```text
//! WasmPlugin or TrafficExtension ── the filter, phase AUTHZ, inbound alone ──┐
//! EnvoyFilter ── the direct address, before all else                         ├─► sidecar
//!             └─ the interlock, before the router and the TCP proxy ─────────┘
//! ```
//! The interlock stands at the end of the chain, and not beside the filter's name: a plugin that is not there, for whatever
//! reason, leaves the interlock where it is, and nothing passes.
//!
//! A field's value is what the documentation of Istio 1.30 says of it; the documents are plain JSON.

mod envoy_filter;
mod extension;
mod image;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use extension::ExtensionApi;
pub use image::{InvalidImage, PluginImage};

/// What the sidecars of some workloads are guarded by.
#[derive(Debug, Clone, PartialEq)]
pub struct IstioGuard {
    /// The name of the documents.
    pub name: String,
    /// Their namespace. In the root namespace they hold for the whole mesh.
    pub namespace: String,
    /// The labels of the workloads; none is every workload of the namespace.
    pub labels: BTreeMap<String, String>,
    /// The filter's code.
    pub image: PluginImage,
    /// The kind of the document that carries the filter.
    pub api: ExtensionApi,
    /// The ports whose applications do not speak HTTP: their connections are judged. Where there is one, connections to a
    /// port that is neither here nor HTTP are refused.
    pub tcp_ports: Vec<u16>,
    /// The plugin configuration. It should not name a workload: the sidecar's node metadata does.
    pub plugin_configuration: Value,
}

impl IstioGuard {
    /// The documents, in the order in which they are to be applied: the interlock last, because from then on nothing passes
    /// without the filter.
    #[must_use]
    pub fn documents(&self) -> Vec<Value> {
        let mut documents = self.extensions();
        documents.push(self.envoy_filter());
        documents
    }

    fn metadata(&self, name: &str) -> Value {
        json!({"name": name, "namespace": self.namespace})
    }
}
