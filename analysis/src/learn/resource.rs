//! The resources of a policy: what both its forms have in common.

use crate::learn::{LearnedPolicy, LearnedRule};

/// The most rules of one AuthorizationPolicy (S-12).
const MOST_RULES: usize = 512;

/// The names of the AuthorizationPolicies with their rules.
pub(super) fn resources(policy: &LearnedPolicy) -> Vec<(String, &[LearnedRule])> {
    let name = &policy.target.name;
    let mut resources = Vec::new();
    let mut rest = policy.rules.as_slice();
    while let Some((rules, behind)) = rest
        .split_at_checked(MOST_RULES)
        .filter(|(_, behind)| !behind.is_empty())
    {
        resources.push((numbered(name, resources.len()), rules));
        rest = behind;
    }
    resources.push((numbered(name, resources.len()), rest));
    resources
}

fn numbered(name: &str, index: usize) -> String {
    match index {
        0 => name.to_owned(),
        index => format!("{name}-{}", index.saturating_add(1)),
    }
}

/// A SPIFFE ID as a principal: without its scheme.
pub(super) fn principal(id: &str) -> &str {
    id.strip_prefix("spiffe://").unwrap_or(id)
}
