//! [`Policy`]: one AuthorizationPolicy document, and what stands at its top.

use serde_json::Value;
use time::OffsetDateTime;

use super::documents::{field, list, text_field};
use super::request::read_time;

/// An AuthorizationPolicy.
#[derive(Clone, Copy)]
pub(super) struct Policy<'d> {
    pub(super) namespace: &'d str,
    pub(super) name: &'d str,
    pub(super) action: Action,
    pub(super) dry_run: bool,
    pub(super) spec: &'d Value,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Allow,
    Deny,
    Audit,
    Custom,
}

const DRY_RUN: &str = "istio.io/dry-run";

impl<'d> Policy<'d> {
    pub(super) fn read(resource: &'d Value) -> Result<Self, String> {
        let metadata = field(resource, "metadata").ok_or("no metadata")?;
        let spec = field(resource, "spec").unwrap_or(&Value::Null);
        Ok(Self {
            namespace: text_field(metadata, "namespace")?.ok_or("no namespace")?,
            name: text_field(metadata, "name")?.ok_or("no name")?,
            action: action(spec)?,
            dry_run: dry_run(metadata)?,
            spec,
        })
    }

    pub(super) fn rules(&self) -> Result<&'d [Value], String> {
        list(self.spec, "rules")
    }

    /// `namespace/name`.
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether `namespace/name` means this policy.
    pub(super) fn is_named(&self, id: &str) -> bool {
        id.split_once('/') == Some((self.namespace, self.name))
    }

    pub(super) fn exception(&self) -> Option<&'d Value> {
        field(self.spec, "exception")
    }
}

/// S-4: an absent action is ALLOW.
fn action(spec: &Value) -> Result<Action, String> {
    match text_field(spec, "action")? {
        None | Some("ALLOW") => Ok(Action::Allow),
        Some("DENY") => Ok(Action::Deny),
        Some("AUDIT") => Ok(Action::Audit),
        Some("CUSTOM") => Ok(Action::Custom),
        Some(other) => Err(format!("no action: `{other}`")),
    }
}

/// S-8: "Value parsed like Go ParseBool (`1 t T true TRUE True 0 f F false FALSE False`)".
fn dry_run(metadata: &Value) -> Result<bool, String> {
    let annotations = field(metadata, "annotations").unwrap_or(&Value::Null);
    match text_field(annotations, DRY_RUN)? {
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some(other) => Err(format!("neither true nor false: `{other}`")),
    }
}

/// S-1, P-2: "creation time, then name, then namespace"; a resource without a time comes first. Time counts in whole seconds.
pub(super) fn age(resource: &Value) -> Result<(Option<i64>, &str, &str), String> {
    let metadata = field(resource, "metadata").ok_or("no metadata")?;
    let created = text_field(metadata, "creationTimestamp")?
        .map(read_time)
        .transpose()?
        .map(OffsetDateTime::unix_timestamp);
    let name = text_field(metadata, "name")?.ok_or("no name")?;
    let namespace = text_field(metadata, "namespace")?.ok_or("no namespace")?;
    Ok((created, name, namespace))
}

/// The resources of a kind, in policy order.
pub(super) fn in_order<'d>(resources: &'d [Value], kind: &str) -> Result<Vec<&'d Value>, String> {
    let mut aged = Vec::new();
    for resource in resources {
        if text_field(resource, "kind")? == Some(kind) {
            aged.push((age(resource)?, resource));
        }
    }
    aged.sort_by_key(|(age, _)| *age);
    Ok(aged.into_iter().map(|(_, resource)| resource).collect())
}
