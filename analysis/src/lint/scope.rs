//! Whom a policy is for, and whether that is within whom another is for (S-1).

use std::collections::BTreeMap;

use spiffe_authz_policy::{StatedConfiguration, StatedPolicy};

/// Whether `wide` applies to every workload that `narrow` applies to.
pub(super) fn includes(
    configuration: &StatedConfiguration,
    wide: &StatedPolicy,
    narrow: &StatedPolicy,
) -> bool {
    let root = &configuration.root_namespace;
    let in_reach = wide.id.namespace == narrow.id.namespace || wide.id.namespace == *root;
    if !in_reach || wide.targets != narrow.targets {
        return false;
    }
    // Names of targets are names of a namespace.
    let same_place = wide.targets.is_empty() || wide.id.namespace == narrow.id.namespace;
    same_place && labels(wide).is_none_or(|wide| within(wide, labels(narrow)))
}

/// The labels of a selector that has some.
pub(super) fn labels(policy: &StatedPolicy) -> Option<&BTreeMap<String, String>> {
    policy.selector.as_ref().filter(|labels| !labels.is_empty())
}

fn within(wide: &BTreeMap<String, String>, narrow: Option<&BTreeMap<String, String>>) -> bool {
    narrow.is_some_and(|narrow| wide.iter().all(|(key, value)| narrow.get(key) == Some(value)))
}
