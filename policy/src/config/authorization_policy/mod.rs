//! The raw AuthorizationPolicy: lists of text under Istio's field names.

mod clause;
pub(crate) mod condition;
mod custom;
pub(crate) mod deny_response;
pub(crate) mod exception;
pub(crate) mod operation;
pub(crate) mod rule;
pub(crate) mod source;
pub(crate) mod target_ref;

use crate::config::authorization_policy::deny_response::RawDenyResponse;
use crate::config::authorization_policy::exception::RawException;
use crate::config::authorization_policy::rule::RawRule;
use crate::config::authorization_policy::target_ref::{RawTargetRef, read_target_refs};
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Listed};
use crate::config::selector::Selector;
use crate::config::values::text;

/// `spec` of an AuthorizationPolicy.
#[derive(Clone, Debug)]
pub(crate) struct RawAuthorizationPolicy {
    pub(crate) selector: Option<Selector>,
    /// `targetRefs`, or `targetRef` where that list is empty.
    pub(crate) target_refs: Vec<RawTargetRef>,
    pub(crate) action: Action,
    pub(crate) rules: Listed<RawRule>,
    pub(crate) exception: Option<RawException>,
    pub(crate) deny_response: Option<RawDenyResponse>,
}

/// Which fields are there, well read or not.
#[derive(Clone, Copy)]
struct Given {
    rules: bool,
    exception: bool,
    deny_response: bool,
}

/// What a policy does with the requests that its rules match.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    Allow,
    Deny,
    Audit,
    Custom,
}

impl RawAuthorizationPolicy {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let action = fields.optional("action", problems, Action::read);
        let given = Given {
            rules: fields.has("rules"),
            exception: fields.has("exception"),
            deny_response: fields.has("denyResponse"),
        };
        let (has_selector, has_provider) = (fields.has("selector"), fields.has("provider"));
        let has_target_refs = fields.has("targetRefs") && !fields.is_empty_list("targetRefs");
        let policy = Self {
            selector: fields.optional("selector", problems, Selector::read),
            target_refs: read_target_refs(&mut fields, at, problems),
            action: action.unwrap_or(Action::Allow),
            rules: fields.list("rules", problems, RawRule::read).unwrap_or_default(),
            exception: fields.optional("exception", problems, RawException::read),
            deny_response: fields.optional("denyResponse", problems, RawDenyResponse::read),
        };
        let provider = fields.optional("provider", problems, read_provider);
        fields.finish(problems);
        let rules = policy.rules.len();
        problems.at_most(&at.field("rules"), rules, problems.limits.rules, "rules");
        // Without an action that could be read, what belongs to which action cannot be told.
        let written = document
            .field("action")
            .is_some_and(|action| *action != Document::Null);
        if let Some(action) = action.or((!written).then_some(Action::Allow)) {
            action.check(given, at, problems);
            if action == Action::Custom {
                custom::check_rules(&policy.rules, at, problems);
            }
            action.check_provider(has_provider, provider.is_some(), at, problems);
        }
        if has_selector && !policy.target_refs.is_empty() {
            let why = "a policy has either a selector or targetRefs";
            let given = if has_target_refs {
                "targetRefs"
            } else {
                "targetRef"
            };
            problems.add(&at.field(given), ConfigErrorKind::Conflict(why));
        }
        Some(policy)
    }

    /// Why the policy cannot be a dry run, if it cannot.
    pub(crate) fn dry_run_conflict(&self) -> Option<&'static str> {
        match self.action {
            Action::Audit => Some("an AUDIT policy never decides: it has no dry run"),
            Action::Custom => Some("a CUSTOM policy has no dry run"),
            Action::Allow if self.exception.is_some() => Some("an exception has no dry run"),
            Action::Allow | Action::Deny => None,
        }
    }
}

impl Action {
    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let action = text(document, at, problems)?;
        match action.as_str() {
            "ALLOW" => Some(Self::Allow),
            "DENY" => Some(Self::Deny),
            "AUDIT" => Some(Self::Audit),
            "CUSTOM" => Some(Self::Custom),
            _ => {
                problems.invalid(at, &action, "an action: ALLOW, DENY, AUDIT or CUSTOM");
                None
            }
        }
    }

    /// Notes what does not go with the action (S-4, E-7, E-8).
    fn check(self, given: Given, at: &FieldPath<'_>, problems: &mut Problems) {
        if matches!(self, Self::Deny | Self::Custom) && !given.rules {
            let why =
                "a DENY or CUSTOM policy without rules matches nothing; write `rules: []` if that is meant";
            problems.add(&at.field("rules"), ConfigErrorKind::Missing(why));
        }
        if given.exception && self != Self::Allow {
            let why = "an exception is an ALLOW policy";
            problems.add(&at.field("exception"), ConfigErrorKind::Conflict(why));
        }
        if given.deny_response && self != Self::Deny {
            let why = "only a DENY policy has a response";
            problems.add(&at.field("denyResponse"), ConfigErrorKind::Conflict(why));
        }
    }

    fn check_provider(self, given: bool, read: bool, at: &FieldPath<'_>, problems: &mut Problems) {
        let at = at.field("provider");
        match self {
            Self::Custom if !given => {
                let why = "a CUSTOM policy names the provider that it asks";
                problems.add(&at, ConfigErrorKind::Missing(why));
            }
            Self::Allow | Self::Deny | Self::Audit if read => {
                let why = "only a CUSTOM policy has a provider";
                problems.add(&at, ConfigErrorKind::Conflict(why));
            }
            Self::Allow | Self::Deny | Self::Audit | Self::Custom => {}
        }
    }
}

/// The longest name of a provider: a DNS label (S-12).
const LONGEST_PROVIDER: usize = 63;

fn read_provider(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<()> {
    let mut fields = Fields::of(document, at, problems)?;
    let name = fields.required("name", "the name of the provider", problems, text);
    fields.finish(problems);
    let name = name?;
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = (1..=LONGEST_PROVIDER).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !is_label {
        problems.invalid(&at.field("name"), &name, "a DNS label of at most 63 characters");
    }
    Some(())
}
