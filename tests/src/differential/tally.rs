//! [`Tally`]: how many cases there were of each kind, so that one sees what was compared.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::{Answers, Counts};
use crate::verdict::Verdict;

/// Counts over many cases.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Configurations.
    pub configurations: u64,
    /// AuthorizationPolicies and PeerAuthentications in them.
    pub resources: u64,
    /// Rules in them.
    pub rules: u64,
    /// Requests that both decided.
    pub decided: u64,
    /// Requests that either did not decide, by its reason.
    pub undecided: BTreeMap<String, u64>,
    /// By effect and cause.
    pub causes: BTreeMap<(&'static str, String), u64>,
    /// Requests that an AUDIT policy marked.
    pub audited: u64,
    /// Requests that a dry-run policy would have denied.
    pub would_deny: u64,
    /// Requests that a dry-run policy would have allowed.
    pub would_allow: u64,
}

impl Tally {
    /// Counts a configuration.
    pub fn configuration(&mut self, configuration: &Value) {
        self.configurations += 1;
        for resource in configuration["resources"].as_array().into_iter().flatten() {
            self.resources += 1;
            self.rules += resource["spec"]["rules"]
                .as_array()
                .map_or(0, |rules| rules.len() as u64);
        }
    }

    /// Counts the answers to a request.
    pub fn answers(&mut self, answers: &Answers) {
        match (&answers.engine, &answers.reference) {
            (Ok(_), Ok(verdict)) => self.verdict(verdict),
            (Err(reason), _) => self.undecided("engine", reason),
            (_, Err(reason)) => self.undecided("reference", reason),
        }
    }

    fn undecided(&mut self, who: &str, reason: &str) {
        *self.undecided.entry(format!("{who}: {reason}")).or_default() += 1;
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.decided += 1;
        let cause = (verdict.decision.word(), verdict.cause.clone());
        *self.causes.entry(cause).or_default() += 1;
        self.audited += u64::from(!verdict.audited.is_empty());
        self.would_deny += u64::from(!verdict.would_deny.is_empty());
        self.would_allow += u64::from(!verdict.would_allow.is_empty());
    }

    /// How many requests there were.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.decided + self.undecided.values().sum::<u64>()
    }
}

impl Counts for Tally {
    fn add(&mut self, other: Self) {
        self.configurations += other.configurations;
        self.resources += other.resources;
        self.rules += other.rules;
        self.decided += other.decided;
        self.audited += other.audited;
        self.would_deny += other.would_deny;
        self.would_allow += other.would_allow;
        for (reason, count) in other.undecided {
            *self.undecided.entry(reason).or_default() += count;
        }
        for (cause, count) in other.causes {
            *self.causes.entry(cause).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} requests for {} configurations with {} resources and {} rules",
            self.requests(),
            self.configurations,
            self.resources,
            self.rules
        )?;
        for ((effect, cause), count) in &self.causes {
            writeln!(formatter, "{count:>12} {effect:<5} {cause}")?;
        }
        for (what, count) in [
            ("audited", self.audited),
            ("would deny", self.would_deny),
            ("would allow", self.would_allow),
        ] {
            writeln!(formatter, "{count:>12} {what}")?;
        }
        for (reason, count) in &self.undecided {
            writeln!(formatter, "{count:>12} not decided by the {reason}")?;
        }
        Ok(())
    }
}
