//! [`Workload`]: the destination that the proxy guards.

use std::collections::BTreeMap;

/// The workload behind this proxy: what selectors are compared with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Workload {
    /// The Kubernetes namespace, such as `shop`.
    pub namespace: String,
    /// The labels of the pod, such as `app: orders`.
    pub labels: BTreeMap<String, String>,
}
