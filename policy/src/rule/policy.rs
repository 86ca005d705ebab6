//! [`Policy`]: one AuthorizationPolicy that applies to the workload.

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::decision::{PolicyId, RuleRef};
use crate::deny_response::DenyResponse;
use crate::input::{Input, Inputs};
use crate::rule::Rule;
use crate::rule::facts::Facts;
use crate::rule::header_names::HeaderNames;
use crate::truth::Truth;

/// A compiled policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    pub(crate) rules: Vec<Rule>,
    /// Of an ALLOW policy: the DENY policies that it lifts (E-7).
    pub(crate) exception: Option<Exception>,
    /// Of a DENY policy: what the client gets (E-8).
    pub(crate) deny_response: Option<DenyResponse>,
}

/// What an ALLOW policy lifts, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) until: OffsetDateTime,
    pub(crate) lifts: Vec<PolicyId>,
}

/// A rule that was found, and how true it is.
pub(crate) struct Found<'p> {
    pub(crate) rule: RuleRef<'p>,
    pub(crate) truth: Truth,
    /// Whether the truth hangs on a direct peer address that cannot be read.
    pub(crate) lacks_source_ip: bool,
}

impl Policy {
    /// The first rule that matches or cannot be shown not to: for DENY and AUDIT. On TCP the parts that read HTTP
    /// are left out, which widens the rule (S-10).
    pub(crate) fn first_applying(&self, facts: &Facts<'_>) -> Option<Found<'_>> {
        let mut found = self
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| self.found(index, rule, facts));
        found.find(|found| found.truth != Truth::False)
    }

    /// The first rule that matches for certain: for ALLOW. On TCP a rule that reads HTTP never does (S-10).
    pub(crate) fn first_matching(&self, facts: &Facts<'_>) -> Option<RuleRef<'_>> {
        let mut found = self.allowing(facts);
        found
            .find(|found| found.truth == Truth::True)
            .map(|found| found.rule)
    }

    /// The first rule that would have to be known to match, had the direct peer address been readable.
    pub(crate) fn first_lacking_source_ip(&self, facts: &Facts<'_>) -> Option<RuleRef<'_>> {
        let mut found = self.allowing(facts);
        found.find(|found| found.lacks_source_ip).map(|found| found.rule)
    }

    /// Everything that the policy reads.
    pub(crate) fn inputs(&self) -> Inputs {
        let rules = Inputs::all(self.rules.iter().map(Rule::inputs));
        rules | Inputs::when(self.exception.is_some(), Input::Time)
    }

    /// Adds the names of the headers that the policy reads.
    pub(crate) fn name_headers(&self, names: &mut HeaderNames) {
        self.rules.iter().for_each(|rule| rule.name_headers(names));
    }

    fn allowing<'p, 'f>(&'p self, facts: &'f Facts<'f>) -> impl Iterator<Item = Found<'p>> + use<'p, 'f> {
        let rules = if self.is_live(facts) {
            self.rules.as_slice()
        } else {
            &[]
        };
        rules
            .iter()
            .enumerate()
            .filter(move |(_, rule)| rule.is_whole_on(facts.protocol()))
            .map(move |(index, rule)| self.found(index, rule, facts))
    }

    fn found(&self, index: usize, rule: &Rule, facts: &Facts<'_>) -> Found<'_> {
        let truth = rule.judge(facts);
        Found {
            rule: RuleRef {
                policy: &self.id,
                index,
            },
            truth,
            lacks_source_ip: truth == Truth::Unknown
                && rule.reads(Input::SourceIp)
                && facts.lacks_source_ip(),
        }
    }

    /// An exception matches before its end, and where the time is known.
    fn is_live(&self, facts: &Facts<'_>) -> bool {
        self.exception
            .as_ref()
            .is_none_or(|exception| match facts.time() {
                Attribute::Known(now) => now < exception.until,
                Attribute::Absent | Attribute::Unreadable => false,
            })
    }

    /// Whether the policy is an exception that names this DENY policy.
    pub(crate) fn lifts(&self, deny: &PolicyId) -> bool {
        self.exception
            .as_ref()
            .is_some_and(|exception| exception.lifts.contains(deny))
    }
}
