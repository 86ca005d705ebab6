//! `exception`: which DENY policies an ALLOW policy may lift (E-7).

use std::collections::BTreeSet;

use crate::config::authorization_policy::Action;
use crate::config::authorization_policy::exception::RawException;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::metadata::Metadata;
use crate::config::resource::RawResource;
use crate::decision::PolicyId;
use crate::rule::policy::Exception;

/// What there is to be lifted, and who may lift what the mesh denies.
pub(crate) struct Liftable<'c> {
    deny_policies: BTreeSet<&'c PolicyId>,
    root_namespace: &'c str,
}

impl<'c> Liftable<'c> {
    pub(crate) fn new(resources: &'c Listed<RawResource>, root_namespace: &'c str) -> Self {
        let deny = |(_, resource): &'c (usize, RawResource)| match resource {
            RawResource::AuthorizationPolicy(Some(metadata), policy) if policy.action == Action::Deny => {
                Some(&metadata.id)
            }
            RawResource::AuthorizationPolicy(..) | RawResource::PeerAuthentication(..) => None,
        };
        Self {
            deny_policies: resources.iter().filter_map(deny).collect(),
            root_namespace,
        }
    }

    /// Compiles the exception of a policy; `at` is its `exception`.
    pub(crate) fn compile(
        &self,
        exception: &RawException,
        metadata: &Metadata,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Exception {
        let at = at.field("lifts");
        for (index, lifted) in &exception.lifts {
            self.check(lifted, &metadata.id.namespace, &at.index(*index), problems);
        }
        Exception {
            until: exception.until,
            lifts: exception.lifts.iter().map(|(_, lifted)| lifted.clone()).collect(),
        }
    }

    fn check(&self, lifted: &PolicyId, namespace: &str, at: &FieldPath<'_>, problems: &mut Problems) {
        if !self.deny_policies.contains(lifted) {
            problems.invalid(at, &lifted.to_string(), "a DENY policy of this configuration");
        }
        if lifted.namespace != namespace && namespace != self.root_namespace {
            let why = "an exception lifts policies of its own namespace; one in the root namespace lifts any";
            problems.add(at, ConfigErrorKind::Conflict(why));
        }
    }
}
