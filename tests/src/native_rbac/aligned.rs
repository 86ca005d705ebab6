//! Names under which both sides name the same rule.
//!
//! Several rules may deny one request. Native RBAC names the first in the order of the text of their ids (S-13), the filter
//! the first in the order of policies (S-1). Here the two orders are one: no policy has a time of creation, names are
//! given by namespace, and no policy has more than ten rules.

use serde_json::{Value, json};

/// Renames the policies of a configuration.
pub(super) fn align(configuration: &mut Value) {
    let Some(resources) = configuration["resources"].as_array_mut() else {
        return;
    };
    resources.sort_by_key(namespace);
    for (index, resource) in resources.iter_mut().enumerate() {
        resource["metadata"]["name"] = json!(format!("p{index}"));
        if let Some(metadata) = resource["metadata"].as_object_mut() {
            metadata.remove("creationTimestamp");
        }
    }
    // The order in which the documents stand must not matter.
    resources.reverse();
}

fn namespace(resource: &Value) -> String {
    resource["metadata"]["namespace"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_with_the_order_of_namespaces() {
        let policy = |namespace: &str| json!({"metadata": {"name": "x", "namespace": namespace, "creationTimestamp": "y"}});
        let mut configuration = json!({"resources": [policy("shop"), policy("billing"), policy("shop")]});
        align(&mut configuration);
        let ids: Vec<String> = configuration["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|resource| format!("{}", resource["metadata"]))
            .collect();
        assert_eq!(
            ids,
            [
                r#"{"name":"p2","namespace":"shop"}"#,
                r#"{"name":"p1","namespace":"shop"}"#,
                r#"{"name":"p0","namespace":"billing"}"#,
            ]
        );
    }
}
