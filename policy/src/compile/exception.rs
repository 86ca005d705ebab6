//! `exception`: which DENY policies an ALLOW policy may lift (E-7).

use std::collections::BTreeSet;

use crate::config::authorization_policy::Action;
use crate::config::authorization_policy::exception::RawException;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::metadata::Metadata;
use crate::config::outline::RESOURCES;
use crate::config::roster::Roster;
use crate::decision::PolicyId;
use crate::rule::policy::Exception;

impl From<RawException> for Exception {
    fn from(RawException { until, lifts }: RawException) -> Self {
        Self {
            until,
            lifts: lifts.into_iter().map(|(_, lifted)| lifted).collect(),
        }
    }
}

/// What an exception lifts, while it is not known yet what there is to be lifted.
pub(crate) struct UncheckedLifts {
    /// The index of the policy among the resources, and its namespace.
    resource: usize,
    namespace: String,
    lifts: Listed<PolicyId>,
}

impl UncheckedLifts {
    pub(crate) fn new(resource: usize, metadata: &Metadata, exception: &RawException) -> Self {
        Self {
            resource,
            namespace: metadata.id.namespace.clone(),
            lifts: exception.lifts.clone(),
        }
    }
}

/// What there is to be lifted, and who may lift what the mesh denies.
pub(crate) struct Liftable<'c> {
    deny_policies: BTreeSet<&'c PolicyId>,
    root_namespace: &'c str,
}

impl<'c> Liftable<'c> {
    pub(crate) fn new(roster: &'c Roster, root_namespace: &'c str) -> Self {
        let deny_policies = roster.policies(Action::Deny).map(|(_, id)| id);
        Self {
            deny_policies: deny_policies.collect(),
            root_namespace,
        }
    }

    /// Notes what cannot be lifted.
    pub(crate) fn check(&self, unchecked: &UncheckedLifts, problems: &mut Problems) {
        let at = FieldPath::Root.field(RESOURCES);
        let at = at.index(unchecked.resource);
        let at = at.field("spec");
        let at = at.field("exception");
        let at = at.field("lifts");
        for (index, lifted) in &unchecked.lifts {
            self.check_one(lifted, &unchecked.namespace, &at.index(*index), problems);
        }
    }

    fn check_one(&self, lifted: &PolicyId, namespace: &str, at: &FieldPath<'_>, problems: &mut Problems) {
        if !self.deny_policies.contains(lifted) {
            problems.invalid(at, &lifted.to_string(), "a DENY policy of this configuration");
        }
        if lifted.namespace != namespace && namespace != self.root_namespace {
            let why = "an exception lifts policies of its own namespace; one in the root namespace lifts any";
            problems.add(at, ConfigErrorKind::Conflict(why));
        }
    }
}
