//! [`Tally`]: how much was compared.

use std::collections::BTreeMap;
use std::fmt;

use crate::native_rbac::answer::Answer;
use crate::native_rbac::batch::Outcome;
use crate::native_rbac::connection::HttpVersion;

/// Counts of what was compared.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Configurations.
    pub configurations: usize,
    /// Policies in them.
    pub policies: usize,
    /// Requests that both sides judged.
    pub requests: usize,
    /// Requests that both allowed.
    pub allowed: usize,
    /// Requests that both denied because of a rule.
    pub denied_by_rule: usize,
    /// Requests that both denied because no rule allowed them.
    pub denied_by_none: usize,
    /// Of the requests, those over HTTP/2.
    pub http2: usize,
    /// Requests that Envoy itself turned away on both sides, by what it said: not among the others.
    pub turned_away: BTreeMap<String, usize>,
    /// Requests on which the sides disagree.
    pub disagreements: usize,
}

impl Tally {
    /// Counts one request.
    pub fn count(&mut self, outcome: &Outcome) {
        if let Some(reason) = outcome.answers.turned_away_for() {
            *self.turned_away.entry(reason.to_owned()).or_default() += 1;
            return;
        }
        self.requests += 1;
        self.http2 += usize::from(outcome.sent.version == HttpVersion::Http2);
        if !outcome.answers.agree() {
            self.disagreements += 1;
            return;
        }
        match &outcome.answers.native {
            Answer::Allowed => self.allowed += 1,
            Answer::Denied(details) if details.ends_with("[none]") => self.denied_by_none += 1,
            Answer::Denied(_) | Answer::Other(_) | Answer::None(_) => self.denied_by_rule += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            configurations,
            policies,
            requests,
            allowed,
            denied_by_rule,
            denied_by_none,
            http2,
            turned_away,
            disagreements,
        } = self;
        write!(
            formatter,
            "{configurations} configurations with {policies} policies, {requests} requests ({} over HTTP/1.1, {http2} over HTTP/2): \
             {allowed} allowed, {denied_by_rule} denied by a rule, {denied_by_none} denied by none; \
             {} more were turned away before any filter; {disagreements} disagreements",
            requests - http2,
            turned_away.values().sum::<usize>()
        )
    }
}
