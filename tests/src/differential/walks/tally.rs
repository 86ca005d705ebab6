//! [`WalkTally`]: what was compared, and how much of the rules the index left out.

use std::collections::BTreeMap;
use std::fmt;

use spiffe_authz_policy::{Candidates, Decision, LayerCandidates, Observations, PolicySet, Request, RuleRef};

use crate::differential::Counts;

/// Configurations of so many rules are counted apart.
const SIZES: [usize; 4] = [10, 100, 1000, usize::MAX];

/// Counts over many cases.
#[derive(Clone, Debug, Default)]
pub struct WalkTally {
    /// Configurations.
    pub configurations: u64,
    /// Requests that were judged alike.
    pub requests: u64,
    /// By effect and cause.
    pub causes: BTreeMap<(&'static str, &'static str), u64>,
    /// Requests that a rule other than the first of its policy decided.
    pub later_rules: u64,
    /// Requests that AUDIT policies marked, and that dry runs would have denied or allowed.
    pub observed: [u64; 3],
    /// By size: what the requests had in front of them, and what of it was judged.
    pub judged: [Judged; SIZES.len()],
}

/// Rules over all requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judged {
    /// Requests.
    pub requests: u64,
    /// Rules that were attached.
    pub rules: u64,
    /// Rules that were found where those are wanted that match for certain.
    pub certain: u64,
    /// Rules that were found where those are wanted too of which it cannot be told.
    pub possible: u64,
    /// Rules that no index files.
    pub residual: u64,
}

impl WalkTally {
    /// Counts a configuration.
    pub(super) fn configuration(&mut self, _policies: &PolicySet) {
        self.configurations += 1;
    }

    /// Whether both walks say the same; if so, counts it.
    pub(super) fn agree(&mut self, policies: &PolicySet, request: &Request<'_>) -> bool {
        let (decision, observations) = (policies.decide(request), policies.observe(request));
        let agree = decision == policies.decide_linearly(request)
            && observations == policies.observe_linearly(request);
        if agree {
            self.decision(&decision);
            self.observations(&observations);
        }
        agree
    }

    /// Whether the index gives every rule that a judgement finds wanted, also where another decides; if so, counts what it
    /// gives.
    pub(super) fn misses_none(&mut self, policies: &PolicySet, request: &Request<'_>) -> bool {
        let Some(candidates) = policies.candidates(request) else {
            return true;
        };
        self.candidates(&candidates);
        candidates.layers().all(|layer| layer.missed.is_empty())
    }

    fn decision(&mut self, decision: &Decision<'_>) {
        self.requests += 1;
        let effect = match decision {
            Decision::Allow(_) => "allow",
            Decision::Deny(_) => "deny",
        };
        *self.causes.entry((effect, decision.code())).or_default() += 1;
        let is_later = |rule: RuleRef<'_>| rule.index > 0;
        self.later_rules += u64::from(decision.rule().is_some_and(is_later));
    }

    fn observations(&mut self, observations: &Observations<'_>) {
        let seen = [
            observations.audited.len(),
            observations.would_deny.len(),
            observations.would_allow.len(),
        ];
        for (count, seen) in self.observed.iter_mut().zip(seen) {
            *count += u64::from(seen > 0);
        }
    }

    fn candidates(&mut self, candidates: &Candidates<'_>) {
        let sum = |of: fn(&LayerCandidates<'_>) -> usize| candidates.layers().map(of).sum::<usize>();
        let rules = sum(|layer| layer.rules);
        let size = SIZES.iter().position(|size| rules <= *size);
        let judged = &mut self.judged[size.unwrap_or_default()];
        judged.requests += 1;
        judged.rules += rules as u64;
        judged.certain += sum(|layer| layer.certain) as u64;
        judged.possible += sum(|layer| layer.possible) as u64;
        judged.residual += sum(|layer| layer.residual) as u64;
    }
}

impl Counts for WalkTally {
    fn add(&mut self, other: Self) {
        self.configurations += other.configurations;
        self.requests += other.requests;
        self.later_rules += other.later_rules;
        for (cause, count) in other.causes {
            *self.causes.entry(cause).or_default() += count;
        }
        for (count, other) in self.observed.iter_mut().zip(other.observed) {
            *count += other;
        }
        for (judged, other) in self.judged.iter_mut().zip(other.judged) {
            judged.requests += other.requests;
            judged.rules += other.rules;
            judged.certain += other.certain;
            judged.possible += other.possible;
            judged.residual += other.residual;
        }
    }
}

impl fmt::Display for WalkTally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} requests for {} configurations",
            self.requests, self.configurations
        )?;
        for ((effect, cause), count) in &self.causes {
            writeln!(formatter, "{count:>12} {effect:<5} {cause}")?;
        }
        let observed = ["audited", "would deny", "would allow"];
        let counts = observed.into_iter().zip(self.observed);
        for (what, count) in counts.chain([("decided by a later rule", self.later_rules)]) {
            writeln!(formatter, "{count:>12} {what}")?;
        }
        for (size, judged) in SIZES.iter().zip(&self.judged) {
            writeln!(formatter, "{}", judged.line(*size))?;
        }
        Ok(())
    }
}

impl Judged {
    fn line(&self, size: usize) -> String {
        let mean = |sum: u64| sum as f64 / self.requests.max(1) as f64;
        let size = if size == usize::MAX {
            "more".to_owned()
        } else {
            format!("at most {size}")
        };
        format!(
            "{:>12} with {size} rules: {:.1} on average, found {:.2} for certain and {:.2} possible, {:.2} residual",
            self.requests,
            mean(self.rules),
            mean(self.certain),
            mean(self.possible),
            mean(self.residual),
        )
    }
}
