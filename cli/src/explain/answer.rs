//! [`Answer`]: an explanation with the words of the configuration beside it, as JSON and for people.

use serde::Serialize;
use spiffe_authz_policy::{Denial, Explanation, JudgedRule, PathClass, PeerVerdict, PolicyId, RuleLayer};

use crate::explain::cause;
use crate::explain::rule::{Rule, RuleName};
use crate::explain::written::Written;
use crate::request::{Asked, Logged};

/// Why one request is decided as it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    /// Where the request was read; null for flags.
    pub(super) origin: Option<String>,
    pub(super) decision: &'static str,
    pub(super) cause: &'static str,
    pub(super) meaning: &'static str,
    pub(super) next_step: &'static str,
    /// The rule that decided.
    pub(super) decided_by: Option<RuleName>,
    /// What the filter decided, where a log tells.
    pub(super) logged: Option<LoggedDecision>,
    pub(super) peer: Peer,
    pub(super) mtls_mode: &'static str,
    pub(super) checks: Vec<Check>,
    pub(super) path_classes: Vec<&'static str>,
    /// Of a denial that no DENY rule made: the ALLOW rule with the fewest clauses that fail.
    pub(super) nearest: Option<RuleName>,
    /// What else counts: ALLOW rules that match and DENY rules that apply as well.
    pub(super) also: Vec<RuleName>,
    pub(super) audited: Vec<RuleName>,
    pub(super) would_deny: Vec<String>,
    pub(super) would_allow: Vec<String>,
    pub(super) rules: Vec<Rule>,
    /// What the request leaves open.
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct LoggedDecision {
    pub(super) decision: &'static str,
    pub(super) cause: String,
    pub(super) policy: Option<String>,
}

/// Who the peer is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Peer {
    /// `known`, `anonymous`, `not-told` or `refused`.
    pub(super) verdict: &'static str,
    /// Its SPIFFE ID, where it is known.
    pub(super) id: Option<String>,
}

/// What is asked before any rule.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) check: &'static str,
    /// The cause of the denial; null where the check holds.
    pub(super) denial: Option<&'static str>,
}

impl Answer {
    pub(super) fn new(explanation: &Explanation<'_>, asked: &Asked, written: &Written<'_>) -> Self {
        let decision = &explanation.decision;
        let text = cause::of(decision);
        let name = |rule: &JudgedRule<'_>| RuleName::new(rule.rule);
        let in_force = |rule: &&JudgedRule<'_>| matches!(rule.layer, RuleLayer::Deny | RuleLayer::Allow);
        let observations = &explanation.observations;
        Self {
            origin: asked.origin.clone(),
            decision: decision.effect(),
            cause: decision.code(),
            meaning: text.meaning,
            next_step: text.next_step,
            decided_by: decision.rule().map(RuleName::new),
            logged: asked.logged.as_ref().map(LoggedDecision::new),
            peer: Peer::new(&explanation.peer),
            mtls_mode: explanation.mtls_mode.name(),
            checks: checks(explanation),
            path_classes: explanation
                .path_classes
                .iter()
                .copied()
                .map(PathClass::name)
                .collect(),
            nearest: nearest(explanation).map(name),
            also: explanation
                .others_that_count()
                .filter(in_force)
                .map(name)
                .collect(),
            audited: observations.audited.iter().copied().map(RuleName::new).collect(),
            would_deny: names(&observations.would_deny),
            would_allow: names(&observations.would_allow),
            rules: explanation
                .rules
                .iter()
                .map(|rule| Rule::new(rule, written))
                .collect(),
            notes: asked.notes.clone(),
        }
    }

    /// The rule of this name among those that decide.
    pub(super) fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.rules
            .iter()
            .find(|rule| rule.is_in_force() && rule.name == *name)
    }
}

/// The rule to look at where none decided.
fn nearest<'e, 'p>(explanation: &'e Explanation<'p>) -> Option<&'e JudgedRule<'p>> {
    match &explanation.decision {
        spiffe_authz_policy::Decision::Allow(_) => None,
        spiffe_authz_policy::Decision::Deny(Denial::NoMatchingAllow | Denial::SourceIpUnreadable(_)) => {
            explanation.nearest()
        }
        spiffe_authz_policy::Decision::Deny(_) => None,
    }
}

fn checks(explanation: &Explanation<'_>) -> Vec<Check> {
    let checks = explanation.checks.iter();
    checks
        .map(|judged| Check {
            check: judged.check.name(),
            denial: judged.denial.map(|denial| denial.code()),
        })
        .collect()
}

fn names(ids: &[&PolicyId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

impl LoggedDecision {
    fn new(logged: &Logged) -> Self {
        Self {
            decision: logged.decision,
            cause: logged.cause.clone(),
            policy: logged.policy.clone(),
        }
    }
}

impl Peer {
    fn new(verdict: &PeerVerdict) -> Self {
        let (verdict, id) = match verdict {
            PeerVerdict::Known(id) => ("known", Some(id.clone())),
            PeerVerdict::Anonymous => ("anonymous", None),
            PeerVerdict::NotTold => ("not-told", None),
            PeerVerdict::Refused(_) => ("refused", None),
        };
        Self { verdict, id }
    }
}
