//! The policies of the mesh: one plugin configuration document for all three workloads.

use serde_json::Value;

/// The document that the demo starts with, YAML.
pub const POLICIES: &str = include_str!("../policies.yaml");

/// A document that is no YAML.
#[derive(Debug, thiserror::Error)]
#[error("the policies are not valid YAML: {0}")]
pub struct PoliciesError(#[from] Box<serde_saphyr::Error>);

/// The document as the JSON that the filter reads. What it means, the filter judges.
///
/// # Errors
/// When it is no YAML, with the place.
pub fn parse_policies(yaml: &str) -> Result<Value, PoliciesError> {
    serde_saphyr::from_str(yaml).map_err(|error| PoliciesError(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_policies_parse_and_name_no_workload() {
        let policies = parse_policies(POLICIES).unwrap();
        assert_eq!(policies["resources"].as_array().unwrap().len(), 6);
        assert!(
            policies.get("workload").is_none(),
            "each Envoy's node metadata names the workload"
        );
    }

    #[test]
    fn a_slip_in_the_yaml_is_shown_with_its_line() {
        let error = parse_policies("profile: zero-trust\nmesh: [unclosed\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") || error.contains(":2:") || error.contains("line 3"),
            "{error}"
        );
    }
}
