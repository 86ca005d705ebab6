//! [`InForce`]: a configuration in force, with what is remembered under it and under no other.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr;
use std::rc::Rc;

use spiffe_authz_policy::{PolicyId, PolicySet};

use crate::attributes::Connections;
use crate::host::MetricId;
use crate::property;
use crate::transport::Transport;

/// The filter state in which a `set_filter_state` filter puts `%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%`.
const DIRECT_REMOTE_ADDRESS_KEY: &str = "spiffe_authz.direct_remote_address";

/// A configuration that requests and connections are judged by. They share it, and it goes with the last of them.
#[derive(Debug)]
pub(crate) struct InForce {
    policies: PolicySet,
    /// What was read of connections, as far as these policies read it.
    pub(crate) connections: Connections,
    direct_remote_address: String,
    peer_principal: Option<String>,
    /// By the address of the policy's name, which stays where it is as long as the set does.
    told: RefCell<BTreeMap<usize, Rc<Told>>>,
}

/// What is told of one policy, worked out once and not for each request that it decides.
#[derive(Debug)]
pub(crate) struct Told {
    /// `namespace/name`.
    pub(crate) name: String,
    /// The counter of what it decided last.
    pub(crate) last: Cell<Option<Last>>,
}

/// A counter, with what else its labels depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Last {
    pub(crate) cause: &'static str,
    pub(crate) transport: Transport,
    pub(crate) counter: MetricId,
}

impl InForce {
    pub(crate) fn new(policies: PolicySet) -> Self {
        let path = |key: &str| format!("{}\0{key}", property::FILTER_STATE);
        let direct = policies.direct_remote_address_key();
        Self {
            connections: Connections::default(),
            direct_remote_address: path(direct.unwrap_or(DIRECT_REMOTE_ADDRESS_KEY)),
            peer_principal: policies.peer_principal_key().map(path),
            told: RefCell::default(),
            policies,
        }
    }

    pub(crate) fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// The property that has the direct peer address.
    pub(crate) fn direct_remote_address(&self) -> &str {
        &self.direct_remote_address
    }

    /// The property in which a listener in front hands on the peer, where there is one.
    pub(crate) fn peer_principal(&self) -> Option<&str> {
        self.peer_principal.as_deref()
    }

    /// What is told of a policy of this set.
    pub(crate) fn told(&self, policy: &PolicyId) -> Rc<Told> {
        let place = ptr::from_ref(policy).addr();
        match self.told.try_borrow_mut() {
            Ok(mut told) => Rc::clone(told.entry(place).or_insert_with(|| Told::of(policy))),
            Err(_) => Told::of(policy),
        }
    }
}

impl Told {
    fn of(policy: &PolicyId) -> Rc<Self> {
        Rc::new(Self {
            name: policy.to_string(),
            last: Cell::new(None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::policy_set;

    #[test]
    fn what_is_told_of_a_policy_is_worked_out_once() {
        let in_force = InForce::new(policy_set());
        let policies = in_force.policies();
        let told: Vec<_> = policies
            .allow_policies()
            .map(|policy| in_force.told(policy))
            .collect();
        let again: Vec<_> = policies
            .allow_policies()
            .map(|policy| in_force.told(policy))
            .collect();
        assert!(!told.is_empty());
        assert!(
            told.iter()
                .zip(&again)
                .all(|(told, again)| Rc::ptr_eq(told, again))
        );
        let other = policies.deny_policies().next().unwrap();
        assert_eq!(
            (told[0].name.as_str(), in_force.told(other).name.as_str()),
            ("shop/orders", "shop/no-admin")
        );
    }
}
