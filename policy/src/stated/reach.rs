//! [`SidecarSelection`]: which resources can say anything to the sidecars that a document selects.
//!
//! A document selects sidecars by some of their labels, and nobody knows the others. So a resource is out of reach only
//! where its namespace or a label that is known keeps it from every one of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::decision::PolicyId;
use crate::stated::{StatedConfiguration, StatedPolicy};

/// The sidecars of a namespace, or of the mesh, that have all of these labels, whatever others they have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SidecarSelection {
    /// The namespace, such as `shop`; `None` is every namespace.
    pub namespace: Option<String>,
    /// The labels, such as `app: orders`; none is every sidecar.
    pub labels: BTreeMap<String, String>,
}

impl StatedConfiguration {
    /// The indices of the resources that apply to none of these sidecars, from 0. Without them the configuration is still
    /// valid, and decides the same for each of the sidecars: a policy that an exception within reach lifts is not among
    /// them, because an exception without it is an error.
    #[must_use]
    pub fn out_of_reach(&self, sidecars: &SidecarSelection) -> BTreeSet<usize> {
        let reaches = |id: &PolicyId, selector: Option<&BTreeMap<String, String>>| {
            self.is_candidate(id, sidecars) && selector.is_none_or(|selector| sidecars.may_have(selector))
        };
        let (within, beyond): (Vec<_>, Vec<_>) = self
            .policies
            .iter()
            .partition(|policy| reaches(&policy.id, policy.selector.as_ref()));
        let lifted = lifted(&within);
        let policies = beyond.into_iter().filter(|policy| !lifted.contains(&policy.id));
        let peers = self.peer_authentications.iter();
        let peers = peers.filter(|one| !reaches(&one.id, one.selector.as_ref()));
        let peers = peers.map(|one| one.index);
        policies.map(|policy| policy.index).chain(peers).collect()
    }

    /// Whether what lies there may speak for one of the sidecars.
    fn is_candidate(&self, id: &PolicyId, sidecars: &SidecarSelection) -> bool {
        let namespace = sidecars.namespace.as_ref();
        id.namespace == self.root_namespace || namespace.is_none_or(|namespace| id.namespace == *namespace)
    }
}

impl SidecarSelection {
    /// Whether one of them can have these labels: none that is known has another value.
    fn may_have(&self, selector: &BTreeMap<String, String>) -> bool {
        let known =
            |(key, value): (&String, &String)| self.labels.get(key).is_none_or(|known| known == value);
        selector.iter().all(known)
    }
}

fn lifted<'p>(policies: &[&'p StatedPolicy]) -> BTreeSet<&'p PolicyId> {
    let exceptions = policies.iter().filter_map(|policy| policy.exception.as_ref());
    exceptions.flat_map(|exception| &exception.lifts).collect()
}
