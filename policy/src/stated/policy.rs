//! [`StatedPolicy`]: one AuthorizationPolicy.

use std::collections::BTreeMap;
use std::fmt;

use time::OffsetDateTime;

use crate::config::authorization_policy::target_ref::{RawTargetRef, TargetKind};
use crate::config::authorization_policy::{Action, RawAuthorizationPolicy};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::metadata::{Enforcement, Metadata};
use crate::decision::PolicyId;
use crate::stated::StatedRule;

/// One AuthorizationPolicy.
#[derive(Clone, Debug)]
pub struct StatedPolicy {
    /// Its index among the resources, from 0.
    pub index: usize,
    /// Its place, such as `resources[0]`.
    pub at: String,
    /// Its namespace and name.
    pub id: PolicyId,
    /// What it does with the requests that a rule of it matches.
    pub action: StatedAction,
    /// Whether it is only watched (S-8).
    pub is_dry_run: bool,
    /// The labels that it selects workloads by; `None` without a selector.
    pub selector: Option<BTreeMap<String, String>>,
    /// The resources of the Gateway API that it is attached to.
    pub targets: Vec<StatedTarget>,
    /// Its rules.
    pub rules: Vec<StatedRule>,
    /// What it lifts (E-7).
    pub exception: Option<StatedException>,
    /// Whether it has a response of its own (E-8).
    pub has_deny_response: bool,
    pub(super) metadata: Metadata,
    pub(super) raw: RawAuthorizationPolicy,
}

/// What a policy does.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StatedAction {
    /// It admits.
    Allow,
    /// It refuses.
    Deny,
    /// It marks.
    Audit,
    /// It asks an external authorizer.
    Custom,
}

/// A resource that a policy is attached to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatedTarget {
    /// The kind, such as `Gateway`.
    pub kind: &'static str,
    /// The name.
    pub name: String,
}

/// What an exception lifts, and for how long (E-7).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatedException {
    /// Its end.
    pub until: OffsetDateTime,
    /// The DENY policies that it lifts.
    pub lifts: Vec<PolicyId>,
}

impl StatedPolicy {
    pub(super) fn new(
        index: usize,
        at: &FieldPath<'_>,
        metadata: Metadata,
        raw: RawAuthorizationPolicy,
    ) -> Self {
        Self {
            index,
            at: at.to_string(),
            id: metadata.id.clone(),
            action: StatedAction::from(raw.action),
            is_dry_run: metadata.enforcement == Enforcement::DryRun,
            selector: raw
                .selector
                .as_ref()
                .map(|selector| selector.match_labels.clone()),
            targets: raw.target_refs.iter().map(StatedTarget::from).collect(),
            rules: rules(&raw, at),
            exception: exception(&raw),
            has_deny_response: raw.deny_response.is_some(),
            metadata,
            raw,
        }
    }

    /// Seconds since 1970 at which it was made, where that is written.
    #[must_use]
    pub fn created(&self) -> Option<i64> {
        self.metadata.created
    }
}

fn rules(raw: &RawAuthorizationPolicy, at: &FieldPath<'_>) -> Vec<StatedRule> {
    let spec = at.field("spec");
    let list = spec.field("rules");
    let rules = raw.rules.iter();
    rules
        .map(|(index, rule)| StatedRule::new(*index, &list.index(*index), rule))
        .collect()
}

fn exception(raw: &RawAuthorizationPolicy) -> Option<StatedException> {
    let ids = |lifts: &Listed<PolicyId>| lifts.iter().map(|(_, id)| id.clone()).collect();
    raw.exception.as_ref().map(|exception| StatedException {
        until: exception.until,
        lifts: ids(&exception.lifts),
    })
}

impl From<Action> for StatedAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Allow => Self::Allow,
            Action::Deny => Self::Deny,
            Action::Audit => Self::Audit,
            Action::Custom => Self::Custom,
        }
    }
}

impl fmt::Display for StatedAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
            Self::Audit => "AUDIT",
            Self::Custom => "CUSTOM",
        })
    }
}

impl From<&RawTargetRef> for StatedTarget {
    fn from(raw: &RawTargetRef) -> Self {
        Self {
            kind: match raw.kind {
                TargetKind::Gateway => "Gateway",
                TargetKind::GatewayClass => "GatewayClass",
                TargetKind::Service => "Service",
                TargetKind::ServiceEntry => "ServiceEntry",
            },
            name: raw.name.clone(),
        }
    }
}
