//! `targetRefs`: the resources of the Gateway API that a policy is attached to (S-1).

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Listed};
use crate::config::values::{non_empty_text, text};

/// One resource that a policy is attached to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RawTargetRef {
    pub(crate) kind: TargetKind,
    pub(crate) name: String,
}

/// The kinds of resource that a policy can be attached to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TargetKind {
    Gateway,
    GatewayClass,
    Service,
    ServiceEntry,
}

/// The list; the older `targetRef` counts only where the list is empty.
pub(crate) fn read_target_refs(
    fields: &mut Fields<'_, '_>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Vec<RawTargetRef> {
    let one = fields.optional("targetRef", problems, read_target_ref);
    let list: Listed<RawTargetRef> = fields
        .list("targetRefs", problems, read_target_ref)
        .unwrap_or_default();
    let limit = problems.limits.target_refs;
    problems.at_most(&at.field("targetRefs"), list.len(), limit, "targetRefs");
    if list.is_empty() {
        Vec::from_iter(one)
    } else {
        list.into_iter().map(|(_, target)| target).collect()
    }
}

fn read_target_ref(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<RawTargetRef> {
    let mut fields = Fields::of(document, at, problems)?;
    let group = fields.optional("group", problems, text).unwrap_or_default();
    let kind = fields.required("kind", "the kind of the resource", problems, text);
    let name = fields.required("name", "the name of the resource", problems, non_empty_text);
    let namespace = fields.optional("namespace", problems, text);
    fields.finish(problems);
    if let Some(namespace) = namespace.filter(|namespace| !namespace.is_empty()) {
        let expected = "empty: a policy is attached to resources of its own namespace";
        problems.invalid(&at.field("namespace"), &namespace, expected);
    }
    let kind = kind?;
    let target = TargetKind::of(&group, &kind);
    if target.is_none() {
        let expected = "a target: Gateway or GatewayClass of gateway.networking.k8s.io, Service of the core group, \
                        ServiceEntry of networking.istio.io";
        problems.invalid(&at.field("kind"), &format!("{group}/{kind}"), expected);
    }
    Some(RawTargetRef {
        kind: target?,
        name: name?,
    })
}

impl TargetKind {
    /// The kind; the core group has two spellings.
    fn of(group: &str, kind: &str) -> Option<Self> {
        match (group, kind) {
            ("gateway.networking.k8s.io", "Gateway") => Some(Self::Gateway),
            ("gateway.networking.k8s.io", "GatewayClass") => Some(Self::GatewayClass),
            ("" | "core", "Service") => Some(Self::Service),
            ("networking.istio.io", "ServiceEntry") => Some(Self::ServiceEntry),
            _ => None,
        }
    }
}
