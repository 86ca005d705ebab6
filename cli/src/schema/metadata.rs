//! `metadata` and `selector`, which both kinds of document have.

use serde_json::{Value, json};

use crate::schema::node::{Field, map, text, text_map};

/// What Kubernetes writes into metadata and nothing is read from.
const NOT_LOOKED_AT: [&str; 11] = [
    "labels",
    "uid",
    "resourceVersion",
    "generation",
    "generateName",
    "managedFields",
    "ownerReferences",
    "finalizers",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// `metadata` of a document.
pub(super) fn schema() -> Value {
    let read: [Field; 4] = [
        ("name", text("The name of the document.")),
        (
            "namespace",
            text(
                "Its namespace: a policy holds for workloads of it, one in the root namespace for the mesh.",
            ),
        ),
        (
            "creationTimestamp",
            json!({"description": "Its age (RFC 3339), which orders policies.", "type": "string", "format": "date-time"}),
        ),
        (
            "annotations",
            text_map(
                "`istio.io/dry-run: \"true\"` takes an AuthorizationPolicy out of force and has it watched; others mean nothing here.",
            ),
        ),
    ];
    let rest = NOT_LOOKED_AT.map(|name| {
        (
            name,
            json!({"description": "Written by Kubernetes; not looked at."}),
        )
    });
    map(
        "Name, namespace and age of the document.",
        &["name", "namespace"],
        read.into_iter().chain(rest),
    )
}

/// `spec.selector`.
pub(super) fn selector() -> Value {
    map(
        "Which workloads of the namespace it holds for; without labels, all.",
        &[],
        [(
            "matchLabels",
            text_map("The labels that a workload must have, all of them, compared exactly."),
        )],
    )
}
