//! [`Workload`]: the destination that the proxy guards.

use std::collections::BTreeMap;

/// The label that names the Gateway behind a gateway's proxy (S-1).
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// The workload behind this proxy: what policies are attached to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Workload {
    /// The Kubernetes namespace, such as `shop`.
    pub namespace: String,
    /// The labels of the pod, such as `app: orders`.
    pub labels: BTreeMap<String, String>,
    /// What the proxy is a waypoint of, if it is one.
    pub waypoint: Option<Waypoint>,
}

impl Workload {
    /// The name of the Gateway that this proxy serves; `None` for a sidecar.
    #[must_use]
    pub fn gateway(&self) -> Option<&str> {
        self.labels.get(GATEWAY_NAME).map(String::as_str)
    }
}

/// A waypoint of an ambient mesh.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Waypoint {
    /// The services whose requests go through it here.
    pub services: Vec<WaypointService>,
}

/// A service behind a waypoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WaypointService {
    /// What defines it.
    pub kind: ServiceKind,
    /// Its name, such as `orders`.
    pub name: String,
    /// Its namespace, such as `shop`.
    pub namespace: String,
}

/// What defines a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServiceKind {
    /// A Kubernetes Service.
    Service,
    /// An Istio ServiceEntry.
    ServiceEntry,
}
