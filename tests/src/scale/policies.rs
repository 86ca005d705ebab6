//! The policy set that is pushed, and one change of it.

use serde_json::{Value, json};
use spiffe_authz_bench::documents::{self, Distribution};

use crate::discovery::{Resource, extension};

const PROFILE: &str = "zero-trust";

/// The set of so many rules, each of one principal and one path; the path of the first rule is of this change.
#[must_use]
pub fn changed(rules: usize, change: usize) -> Value {
    let mut configuration = documents::configuration(Distribution::Paths, PROFILE, rules);
    let path = configuration.pointer_mut("/resources/0/spec/rules/0/to/0/operation/paths");
    if let Some(paths) = path {
        *paths = json!([format!("/changed/{change:06}")]);
    }
    configuration
}

/// The same as the resource of ECDS that a control plane sends: the filter with its whole configuration.
#[must_use]
pub fn resource(wasm: &str, rules: usize, change: usize) -> Resource {
    extension::filter(wasm, &changed(rules, change).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_change_leaves_all_rules_but_one_as_they_are() {
        let (before, after) = (changed(1_000, 1), changed(1_000, 2));
        let rules = |configuration: &Value| -> Vec<Value> {
            let policies = configuration["resources"].as_array().unwrap();
            let rules = policies
                .iter()
                .map(|policy| policy["spec"]["rules"].as_array().unwrap());
            rules.flatten().cloned().collect()
        };
        let (before, after) = (rules(&before), rules(&after));
        assert_eq!(before.len(), 1_000);
        let differing = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before != after);
        assert_eq!(differing.count(), 1);
    }
}
