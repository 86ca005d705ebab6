//! Which policies apply to the workload (S-1).

use crate::config::authorization_policy::RawAuthorizationPolicy;
use crate::config::authorization_policy::target_ref::{RawTargetRef, TargetKind};
use crate::config::metadata::Metadata;
use crate::workload::{ServiceKind, Waypoint, Workload};

/// The name of the GatewayClass of waypoints.
const WAYPOINT_CLASS: &str = "istio-waypoint";

/// Whom policies must apply to.
pub(crate) struct Scope {
    pub(crate) workload: Workload,
    pub(crate) root_namespace: String,
}

impl Scope {
    /// Whether a policy applies: it lies where it may speak for the workload, and is attached to it.
    pub(crate) fn includes(&self, metadata: &Metadata, policy: &RawAuthorizationPolicy) -> bool {
        let namespace = metadata.id.namespace.as_str();
        self.is_candidate(namespace) && self.is_attached(namespace, policy)
    }

    /// The root namespace, the workload's, and for a waypoint those of its services.
    fn is_candidate(&self, namespace: &str) -> bool {
        let services = self
            .workload
            .waypoint
            .as_ref()
            .map(|waypoint| waypoint.services.as_slice());
        namespace == self.root_namespace
            || namespace == self.workload.namespace
            || services
                .unwrap_or_default()
                .iter()
                .any(|service| service.namespace == namespace)
    }

    fn is_attached(&self, namespace: &str, policy: &RawAuthorizationPolicy) -> bool {
        let targets = policy.target_refs.as_slice();
        match (&self.workload.waypoint, self.workload.gateway(), targets) {
            // A waypoint is reached by targetRefs alone.
            (Some(_), _, []) => false,
            (None, _, []) => self.is_selected(policy),
            // A sidecar is no target.
            (None, None, [_, ..]) => false,
            (waypoint, gateway, targets) => targets
                .iter()
                .any(|target| self.is_target(target, namespace, gateway, waypoint.as_ref())),
        }
    }

    fn is_selected(&self, policy: &RawAuthorizationPolicy) -> bool {
        policy
            .selector
            .as_ref()
            .is_none_or(|selector| selector.selects(&self.workload.labels))
    }

    /// Whether a target of a policy in `namespace` is this gateway, or a service behind this waypoint.
    fn is_target(
        &self,
        target: &RawTargetRef,
        namespace: &str,
        gateway: Option<&str>,
        waypoint: Option<&Waypoint>,
    ) -> bool {
        let is_service = |kind: ServiceKind| {
            let services = waypoint.map(|waypoint| waypoint.services.as_slice());
            services.unwrap_or_default().iter().any(|service| {
                service.kind == kind && service.name == target.name && service.namespace == namespace
            })
        };
        match target.kind {
            TargetKind::Gateway => {
                namespace == self.workload.namespace && gateway == Some(target.name.as_str())
            }
            TargetKind::GatewayClass => {
                waypoint.is_some() && namespace == self.root_namespace && target.name == WAYPOINT_CLASS
            }
            TargetKind::Service => is_service(ServiceKind::Service),
            TargetKind::ServiceEntry => is_service(ServiceKind::ServiceEntry),
        }
    }
}
