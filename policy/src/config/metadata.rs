//! [`Metadata`]: the name, namespace and age of a resource.

use time::OffsetDateTime;

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::time::time;
use crate::config::values::{non_empty_text, text_map};
use crate::decision::PolicyId;

/// What Kubernetes writes into metadata and no decision rests on.
const IGNORED: [&str; 11] = [
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

/// The annotation that takes an AuthorizationPolicy out of force (S-8).
pub(crate) const DRY_RUN: &str = "istio.io/dry-run";

/// The metadata of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) id: PolicyId,
    /// Seconds since 1970; older resources come first, and one without a time before all others.
    pub(crate) created: Option<i64>,
    pub(crate) enforcement: Enforcement,
}

/// Whether a policy is in force, or only watched (S-8).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Enforcement {
    Enforced,
    DryRun,
}

impl Metadata {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let name = fields.required("name", "the name of the resource", problems, non_empty_text);
        let namespace = fields.required(
            "namespace",
            "the namespace of the resource",
            problems,
            non_empty_text,
        );
        let created = fields.optional("creationTimestamp", problems, time);
        let enforcement = fields.optional("annotations", problems, read_enforcement);
        fields.ignore(&IGNORED);
        fields.finish(problems);
        Some(Self {
            id: PolicyId {
                namespace: namespace?,
                name: name?,
            },
            created: created.map(OffsetDateTime::unix_timestamp),
            enforcement: enforcement.unwrap_or(Enforcement::Enforced),
        })
    }

    /// The order of policies: by age, then name, then namespace (S-1, P-2).
    pub(crate) fn order(&self) -> (Option<i64>, &str, &str) {
        (self.created, &self.id.name, &self.id.namespace)
    }
}

/// What the annotation says, in the forms that Go reads as a boolean. A dry-run policy must never be enforced by
/// accident, nor an enforced one passed over: anything else is refused.
fn read_enforcement(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Enforcement> {
    let annotations = text_map(document, at, problems)?;
    match annotations.get(DRY_RUN).map(String::as_str) {
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Some(Enforcement::Enforced),
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Some(Enforcement::DryRun),
        Some(other) => {
            problems.invalid(&at.field(DRY_RUN), other, "`true` or `false`");
            None
        }
    }
}
