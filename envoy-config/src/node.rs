//! Who this Envoy is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The identity that Envoy reports, and from which the filter learns which workload it guards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// A name of this one Envoy; file-based ECDS needs it to be non-empty.
    pub id: String,
    /// The service that this Envoy is a part of; file-based ECDS needs it to be non-empty.
    pub cluster: String,
    /// The workload's namespace.
    pub namespace: String,
    /// The workload's labels.
    pub labels: BTreeMap<String, String>,
}

impl Node {
    /// The bootstrap's `node`, with the workload in `metadata.NAMESPACE` and `metadata.LABELS`.
    ///
    /// Istio writes these two keys, so one plugin configuration serves both: where it names no workload, the filter
    /// reads it here.
    #[must_use]
    pub fn render(&self) -> Value {
        json!({
            "id": self.id,
            "cluster": self.cluster,
            "metadata": {"NAMESPACE": self.namespace, "LABELS": self.labels},
        })
    }
}
