//! [`Metrics`]: what Prometheus shows of the filter.
//!
//! - counter `spiffe_authz_requests_total{decision, cause, policy}`: the requests judged; `policy` is
//!   `namespace/name`, or empty where no policy decided;
//! - gauges `spiffe_authz_policies_loaded`, `spiffe_authz_rules_loaded`: what is in force.
//!
//! Labels are written into the name as Istio writes them, `NAME.KEY=.=VALUE;.;`, and Envoy's `stats_tags` turn them
//! into labels. No value comes from a request. No decision rests on a metric: a proxy that takes none is not
//! asked twice for the same request.

use std::cell::RefCell;
use std::collections::BTreeMap;

use spiffe_authz_policy::{Denial, IdentityError, PolicyId, PolicySet};

use crate::host::{Host, HostError, MetricId, MetricKind};
use crate::outcome::{Outcome, Refusal};

const POLICIES_LOADED: &str = "spiffe_authz_policies_loaded";
const RULES_LOADED: &str = "spiffe_authz_rules_loaded";

/// Every refusal behind which no policy stands: their series exist before they count.
const REFUSALS_WITHOUT_POLICY: [Refusal<'static>; 11] = [
    Refusal::NoConfiguration,
    Refusal::InterlockFailed,
    Refusal::Denied(Denial::MtlsRequired),
    Refusal::Denied(Denial::PeerUnreadable),
    Refusal::Denied(Denial::Identity(IdentityError::NotValidated)),
    Refusal::Denied(Denial::Identity(IdentityError::NoSvid)),
    Refusal::Denied(Denial::Identity(IdentityError::MultipleUriSans)),
    Refusal::Denied(Denial::Identity(IdentityError::MalformedSpiffeId)),
    Refusal::Denied(Denial::AmbiguousHost),
    Refusal::Denied(Denial::NoAllowPolicy),
    Refusal::Denied(Denial::NoMatchingAllow),
];

/// The one outcome of profile istio behind which no policy stands.
const ALLOWED_WITHOUT_POLICY: Outcome<'static> = Outcome {
    decision: "allow",
    cause: "no-allow-policy",
    rule: None,
};

/// The metrics of one VM. The proxy makes a new handle whenever a metric is defined, so each is defined once and
/// kept across configurations.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    gauges: BTreeMap<&'static str, MetricId>,
    requests: BTreeMap<Words, Series>,
}

/// Decision and cause.
type Words = (&'static str, &'static str);

/// The counters of one decision and cause.
#[derive(Debug, Default)]
struct Series {
    without_policy: Option<MetricId>,
    by_policy: BTreeMap<PolicyId, MetricId>,
}

impl Metrics {
    /// Shows what is in force now, and defines every series that has no policy. Those with a policy appear when
    /// they first count.
    pub(crate) fn configured(&self, host: &impl Host, policies: &PolicySet) {
        let refusals = REFUSALS_WITHOUT_POLICY
            .iter()
            .map(|refusal| Outcome::from(*refusal));
        for outcome in refusals.chain([ALLOWED_WITHOUT_POLICY]) {
            let _ = self.counter(host, &outcome);
        }
        let loaded = policies.deny_policies().chain(policies.allow_policies()).count();
        let _ = self.set_gauge(host, POLICIES_LOADED, loaded);
        let _ = self.set_gauge(host, RULES_LOADED, policies.rule_count());
    }

    /// Counts one request.
    pub(crate) fn count(&self, host: &impl Host, outcome: &Outcome<'_>) {
        let _ = self
            .counter(host, outcome)
            .and_then(|counter| host.increment_metric(counter).ok());
    }

    fn set_gauge(&self, host: &impl Host, name: &'static str, value: usize) -> Option<()> {
        let mut known = self.known.try_borrow_mut().ok()?;
        let gauge = match known.gauges.get(name) {
            Some(gauge) => *gauge,
            None => host.define_metric(MetricKind::Gauge, name).ok()?,
        };
        known.gauges.insert(name, gauge);
        host.record_metric(gauge, u64::try_from(value).ok()?).ok()
    }

    fn counter(&self, host: &impl Host, outcome: &Outcome<'_>) -> Option<MetricId> {
        let mut known = self.known.try_borrow_mut().ok()?;
        let series = known
            .requests
            .entry((outcome.decision, outcome.cause))
            .or_default();
        if let Some(counter) = series.get(outcome) {
            return Some(counter);
        }
        let counter = define(host, outcome).ok()?;
        series.insert(outcome, counter);
        Some(counter)
    }
}

impl Series {
    fn get(&self, outcome: &Outcome<'_>) -> Option<MetricId> {
        match outcome.rule {
            Some(rule) => self.by_policy.get(rule.policy).copied(),
            None => self.without_policy,
        }
    }

    fn insert(&mut self, outcome: &Outcome<'_>, counter: MetricId) {
        match outcome.rule {
            Some(rule) => {
                self.by_policy.insert(rule.policy.clone(), counter);
            }
            None => self.without_policy = Some(counter),
        }
    }
}

fn define(host: &impl Host, outcome: &Outcome<'_>) -> Result<MetricId, HostError> {
    let Outcome {
        decision,
        cause,
        rule,
    } = outcome;
    let policy = rule.map_or_else(String::new, |rule| rule.policy.to_string());
    let labels = format!("decision=.={decision};.;cause=.={cause};.;policy=.={policy};.;");
    host.define_metric(
        MetricKind::Counter,
        &format!("spiffe_authz_requests_total.{labels}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, policy_set};
    use spiffe_authz_policy::RuleRef;

    const NO_SVID: Outcome<'static> = Outcome {
        decision: "deny",
        cause: "no-svid",
        rule: None,
    };
    const NO_SVID_NAME: &str = "spiffe_authz_requests_total.decision=.=deny;.;cause=.=no-svid;.;policy=.=;.;";

    #[test]
    fn a_counter_is_defined_once_and_counts_every_request() {
        let (host, metrics) = (FakeHost::new(), Metrics::default());
        for _ in 0..3 {
            metrics.count(&host, &NO_SVID);
        }
        assert_eq!(host.metrics(), [(NO_SVID_NAME.to_owned(), 3)]);
    }

    #[test]
    fn each_policy_has_its_series() {
        let (host, metrics) = (FakeHost::new(), Metrics::default());
        for name in ["orders", "base", "orders"] {
            let policy = PolicyId {
                namespace: "shop".to_owned(),
                name: name.to_owned(),
            };
            let rule = Some(RuleRef {
                policy: &policy,
                index: 1,
            });
            metrics.count(
                &host,
                &Outcome {
                    decision: "allow",
                    cause: "matched-allow",
                    rule,
                },
            );
        }
        let name = |policy| {
            format!(
                "spiffe_authz_requests_total.decision=.=allow;.;cause=.=matched-allow;.;policy=.={policy};.;"
            )
        };
        assert_eq!(host.metrics(), [(name("shop/orders"), 2), (name("shop/base"), 1)]);
    }

    #[test]
    fn a_configuration_shows_its_size_and_every_series_without_a_policy_at_zero() {
        let (host, metrics) = (FakeHost::new(), Metrics::default());
        metrics.configured(&host, &policy_set());
        let shown = host.metrics();
        assert!(shown.contains(&(NO_SVID_NAME.to_owned(), 0)));
        assert!(shown.contains(&("spiffe_authz_policies_loaded".to_owned(), 2)));
        assert!(shown.contains(&("spiffe_authz_rules_loaded".to_owned(), 3)));
        assert_eq!(shown.len(), 14);
        metrics.configured(&host, &policy_set());
        assert_eq!(host.metrics(), shown);
    }

    #[test]
    fn every_refusal_without_a_policy_is_defined_before_it_counts() {
        // A new cause breaks this match, and so reminds of the list.
        let listed = |refusal: Refusal<'_>| match refusal {
            Refusal::NoConfiguration
            | Refusal::InterlockFailed
            | Refusal::Denied(
                Denial::MtlsRequired
                | Denial::PeerUnreadable
                | Denial::Identity(
                    IdentityError::NotValidated
                    | IdentityError::NoSvid
                    | IdentityError::MultipleUriSans
                    | IdentityError::MalformedSpiffeId,
                )
                | Denial::AmbiguousHost
                | Denial::NoAllowPolicy
                | Denial::NoMatchingAllow,
            ) => true,
            Refusal::Denied(Denial::MatchedDeny { .. } | Denial::SourceIpUnreadable(_)) => false,
        };
        assert!(REFUSALS_WITHOUT_POLICY.into_iter().all(listed));
        let codes = REFUSALS_WITHOUT_POLICY.map(Refusal::code);
        assert_eq!(
            codes.iter().collect::<std::collections::BTreeSet<_>>().len(),
            codes.len()
        );
    }
}
