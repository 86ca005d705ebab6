//! [`Policy`]: one AuthorizationPolicy that applies to the workload.

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::decision::{PolicyId, RuleRef};
use crate::deny_response::DenyResponse;
use crate::input::{Input, Inputs};
use crate::layer::Sought;
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

/// A rule that was found.
#[derive(Clone, Copy)]
pub(crate) struct Found<'p> {
    pub(crate) rule: RuleRef<'p>,
    pub(crate) policy: &'p Policy,
    /// The number of the policy in its layer.
    pub(crate) policy_number: usize,
    /// Whether the truth hangs on a direct peer address that cannot be read.
    pub(crate) lacks_source_ip: bool,
}

impl Policy {
    /// The rule of this index, if it is what is sought. The first number is that of the policy in its layer.
    pub(crate) fn found(
        &self,
        (policy_number, index): (usize, u32),
        sought: Sought<'_>,
        facts: &Facts<'_>,
    ) -> Option<Found<'_>> {
        let index = usize::try_from(index).ok()?;
        let rule = self.rules.get(index)?;
        if !self.may_hold(rule, sought, facts) {
            return None;
        }
        let truth = rule.judge(facts);
        let lacks_source_ip =
            truth == Truth::Unknown && rule.reads(Input::SourceIp) && facts.lacks_source_ip();
        let is_sought = match sought {
            Sought::Applying => truth != Truth::False,
            Sought::Matching | Sought::Lifting(_) => truth == Truth::True,
            Sought::LackingSourceIp => lacks_source_ip,
        };
        is_sought.then_some(Found {
            rule: RuleRef {
                policy: &self.id,
                index,
            },
            policy: self,
            policy_number,
            lacks_source_ip,
        })
    }

    /// On TCP the parts that read HTTP are left out, which widens a rule that denies; one that allows never matches
    /// there (S-10).
    fn may_hold(&self, rule: &Rule, sought: Sought<'_>, facts: &Facts<'_>) -> bool {
        let may_allow = || rule.is_whole_on(facts.protocol()) && self.is_live(facts);
        match sought {
            Sought::Applying => true,
            Sought::Matching | Sought::LackingSourceIp => may_allow(),
            Sought::Lifting(deny) => self.lifts(deny) && may_allow(),
        }
    }

    pub(crate) fn rule_count(&self) -> u32 {
        u32::try_from(self.rules.len()).unwrap_or(u32::MAX)
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

    /// An exception matches before its end, and where the time is known.
    pub(crate) fn is_live(&self, facts: &Facts<'_>) -> bool {
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
