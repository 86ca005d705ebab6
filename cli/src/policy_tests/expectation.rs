//! [`Expectation`]: what a test expects of a decision.

use std::collections::BTreeSet;

use serde::Serialize;
use spiffe_authz_analysis::coverage::{Cause, Effect};
use spiffe_authz_policy::Document;

use crate::policy_tests::node::{Fields, Node, field, quoted};
use crate::policy_tests::problem::Problems;
use crate::verdict::Verdict;

/// What is expected; what is not named may be anything. At least the decision or the cause is named.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Expectation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audited: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    would_deny: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    would_allow: Option<Vec<String>>,
}

/// One thing that was expected, beside what came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Comparison {
    pub(super) field: &'static str,
    /// `None` where nothing was expected.
    pub(super) expected: Option<String>,
    pub(super) got: String,
}

const FIELDS: [&str; 7] = [
    "decision",
    "cause",
    "policy",
    "rule",
    "audited",
    "wouldDeny",
    "wouldAllow",
];

impl Expectation {
    /// Reads `allow`, `deny`, the word for a cause, or a map.
    pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Option<Self> {
        match node.document {
            Document::String(word) => Self::of_word(word, node, problems),
            Document::Null
            | Document::Bool(_)
            | Document::Number(_)
            | Document::List(_)
            | Document::Map(_) => Self::of_map(&node.fields(&FIELDS, problems)?, problems),
        }
    }

    fn of_word(word: &str, node: &Node<'_>, problems: &mut Problems) -> Option<Self> {
        match Effect::of_word(word) {
            Some(effect) => Some(Self {
                decision: Some(effect.word()),
                ..Self::default()
            }),
            None => read_cause(node, problems).map(|cause| Self {
                cause: Some(cause),
                ..Self::default()
            }),
        }
    }

    fn of_map(fields: &Fields<'_>, problems: &mut Problems) -> Option<Self> {
        if fields.given(&["decision", "cause"]).is_empty() {
            problems.add(
                &fields.at,
                "missing: `decision` or `cause`, which a test expects at least",
            );
        }
        let names = |name: &str, problems: &mut Problems| fields.optional(name)?.texts(problems);
        let text =
            |name: &str, problems: &mut Problems| fields.optional(name)?.text(problems).map(str::to_owned);
        let expectation = Self {
            decision: fields
                .optional("decision")
                .and_then(|node| read_decision(&node, problems)),
            cause: fields
                .optional("cause")
                .and_then(|node| read_cause(&node, problems)),
            policy: text("policy", problems),
            rule: fields.optional("rule").and_then(|node| node.index(problems)),
            audited: names("audited", problems),
            would_deny: names("wouldDeny", problems),
            would_allow: names("wouldAllow", problems),
        };
        expectation.refuse_what_cannot_be(&fields.at, problems);
        Some(expectation)
    }

    /// What can never come would be a test that can never pass.
    fn refuse_what_cannot_be(&self, at: &str, problems: &mut Problems) {
        if self.rule.is_some() && self.policy.is_none() {
            problems.add(
                field(at, "rule"),
                "of which policy? `policy` is missing beside it",
            );
        }
        if let (Some(decision), Some(cause)) = (self.decision, self.cause) {
            let causes = Cause::of_code(cause);
            if !causes.iter().any(|cause| cause.effect.word() == decision) {
                let what = format!("`{cause}` is no cause of the decision `{decision}`");
                problems.add(field(at, "cause"), what);
            }
        }
    }

    /// Everything that is expected beside what came, and the decision in any case.
    pub(super) fn compare(&self, verdict: &Verdict) -> Vec<Comparison> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let list = |names: &Option<Vec<String>>| names.as_deref().map(listed);
        let rule = |rule: Option<usize>| rule.map(|rule| rule.to_string());
        let always = [
            compared("decision", text(self.decision), verdict.decision.to_owned()),
            compared("cause", text(self.cause), verdict.cause.clone().into_owned()),
            compared("policy", self.policy.clone(), or_none(verdict.policy.clone())),
            compared("rule", rule(self.rule), or_none(rule(verdict.rule))),
        ];
        let watching = [
            compared("audited", list(&self.audited), listed(&verdict.audited)),
            compared("wouldDeny", list(&self.would_deny), listed(&verdict.would_deny)),
            compared(
                "wouldAllow",
                list(&self.would_allow),
                listed(&verdict.would_allow),
            ),
        ];
        let watching = watching
            .into_iter()
            .filter(|compared| compared.expected.is_some());
        always.into_iter().chain(watching).collect()
    }

    /// The one word of a cell: the decision, else the cause.
    pub(super) fn word(&self) -> &'static str {
        self.decision.or(self.cause).unwrap_or_default()
    }
}

impl Comparison {
    /// Whether what came is what was expected.
    pub(super) fn is_met(&self) -> bool {
        self.expected
            .as_ref()
            .is_none_or(|expected| *expected == self.got)
    }
}

fn compared(field: &'static str, expected: Option<String>, got: String) -> Comparison {
    Comparison { field, expected, got }
}

fn or_none(text: Option<String>) -> String {
    text.unwrap_or_else(|| "none".to_owned())
}

/// In one order, whatever the order was.
fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => {
            let mut names = names.to_vec();
            names.sort_unstable();
            names.join(", ")
        }
    }
}

fn read_decision(node: &Node<'_>, problems: &mut Problems) -> Option<&'static str> {
    let effect = Effect::of_word(node.text(problems)?);
    if effect.is_none() {
        node.expected("`allow` or `deny`", problems);
    }
    effect.map(Effect::word)
}

fn read_cause(node: &Node<'_>, problems: &mut Problems) -> Option<&'static str> {
    let code = node.text(problems)?;
    let cause = Cause::of_code(code).first().map(|cause| cause.code);
    if cause.is_none() {
        let known: BTreeSet<&str> = Cause::all().iter().map(|cause| cause.code).collect();
        let known = quoted(known);
        problems.add(
            &node.at,
            format!("`{code}` is no cause of a decision, which are {known}"),
        );
    }
    cause
}
