//! [`Metrics`]: what Prometheus shows of the filter.
//!
//! | counter | what it counts |
//! |---|---|
//! | `spiffe_authz_requests_total{decision, cause, policy}` | requests and TCP connections judged; `policy` is `namespace/name`, or empty where no policy decided |
//! | `spiffe_authz_audited_total{policy}` | those that the AUDIT policy marked |
//! | `spiffe_authz_dry_run_total{policy, result}` | those that the dry-run policy, were it in force, would deny (`would-deny`) or allow (`would-allow`) although what is in force does not |
//! | `spiffe_authz_shadow_total{action, result}` | profile istio: what Istio's own dry run says, of the dry-run policies of one `action` (`allow`, `deny`) alone: `allowed` or `denied` |
//!
//! Gauges: `spiffe_authz_policies_loaded` (ALLOW and DENY policies in force), `spiffe_authz_dry_run_policies_loaded`,
//! `spiffe_authz_rules_loaded` (of all policies), `spiffe_authz_peer_certificate_shown` (1 where the proxy shows the
//! certificates of mTLS peers, 0 where it does not; there once the first one came whose certificate is asked for).
//!
//! Labels are written into the name as Istio writes them, `NAME.KEY=.=VALUE;.;`, and Envoy's `stats_tags` turn them
//! into labels. No value comes from a request. No decision rests on a metric: a proxy that takes none is not
//! asked twice for the same request.

mod family;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr;

use spiffe_authz_policy::{Denial, IdentityError, Observations, PolicyId, PolicySet, Profile, Shadow};

use crate::host::{Host, MetricId, MetricKind};
use crate::in_force::Told;
use crate::metrics::family::Family;
use crate::observed::shadow_word;
use crate::outcome::{Outcome, Refusal};

const POLICIES_LOADED: &str = "spiffe_authz_policies_loaded";
const DRY_RUN_POLICIES_LOADED: &str = "spiffe_authz_dry_run_policies_loaded";
const RULES_LOADED: &str = "spiffe_authz_rules_loaded";
const PEER_CERTIFICATE_SHOWN: &str = "spiffe_authz_peer_certificate_shown";

/// Every refusal behind which no policy stands: their series exist before they count.
const REFUSALS_WITHOUT_POLICY: [Refusal<'static>; 20] = [
    Refusal::NoConfiguration,
    Refusal::InterlockFailed,
    Refusal::Denied(Denial::RequestTooLarge),
    Refusal::Denied(Denial::MtlsRequired),
    Refusal::Denied(Denial::PeerUnreadable),
    Refusal::Denied(Denial::Identity(IdentityError::NotValidated)),
    Refusal::Denied(Denial::Identity(IdentityError::NotShown)),
    Refusal::Denied(Denial::Identity(IdentityError::Unreadable)),
    Refusal::Denied(Denial::Identity(IdentityError::NoSvid)),
    Refusal::Denied(Denial::Identity(IdentityError::MultipleUriSans)),
    Refusal::Denied(Denial::Identity(IdentityError::MalformedSpiffeId)),
    Refusal::Denied(Denial::Identity(IdentityError::NotALeafSvid)),
    Refusal::Denied(Denial::Identity(IdentityError::Revoked)),
    Refusal::Denied(Denial::Identity(IdentityError::Expired)),
    Refusal::Denied(Denial::Identity(IdentityError::TimeUnknown)),
    Refusal::Denied(Denial::AmbiguousHost),
    Refusal::Denied(Denial::AmbiguousPath),
    Refusal::Denied(Denial::TrailerInPolicy),
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
    counters: BTreeMap<Family, Series>,
}

/// The counters of one family.
#[derive(Debug, Default)]
struct Series {
    without_policy: Option<MetricId>,
    by_policy: BTreeMap<PolicyId, MetricId>,
}

impl Metrics {
    /// Shows what is in force now, and defines every series that can be named by now: those of requests that a
    /// policy decides appear when they first count.
    pub(crate) fn configured(&self, host: &impl Host, policies: &PolicySet) {
        let without_policy = outcomes_without_policy().map(|outcome| (family_of(&outcome), None));
        for (family, policy) in without_policy.chain(observed_series(policies)) {
            let _ = self.counter(host, family, policy);
        }
        let enforced = policies.deny_policies().chain(policies.allow_policies()).count();
        let _ = self.set_gauge(host, POLICIES_LOADED, enforced);
        let _ = self.set_gauge(host, DRY_RUN_POLICIES_LOADED, policies.dry_run_policies().count());
        let _ = self.set_gauge(host, RULES_LOADED, policies.rule_count());
    }

    /// Shows whether the proxy shows the certificates of its peers.
    pub(crate) fn set_peer_certificate_shown(&self, host: &impl Host, shown: bool) {
        let _ = self.set_gauge(host, PEER_CERTIFICATE_SHOWN, usize::from(shown));
    }

    /// Counts one request or connection. What is told of the policy that decided, where that is known, has the counter.
    pub(crate) fn count(&self, host: &impl Host, outcome: &Outcome<'_>, told: Option<&Told>) {
        let policy = outcome.rule.map(|rule| rule.policy);
        let last = told.filter(|_| policy.is_some()).map(|told| &told.counter);
        let counter = match last.and_then(Cell::get) {
            // The same word stands at the same place: where it does not, the counter is looked up.
            Some((cause, counter)) if ptr::eq(cause, outcome.cause) => Some(counter),
            Some(_) | None => self.counter(host, family_of(outcome), policy),
        };
        let Some(counter) = counter else { return };
        if let Some(last) = last {
            last.set(Some((outcome.cause, counter)));
        }
        let _ = host.increment_metric(counter);
    }

    /// Counts what the policies that only watch said of it.
    pub(crate) fn count_observed(&self, host: &impl Host, observations: &Observations<'_>) {
        let Observations {
            audited,
            would_deny,
            would_allow,
            shadow,
        } = observations;
        for rule in audited {
            self.add_one(host, Family::Audited, Some(rule.policy));
        }
        for policy in would_deny {
            self.add_one(host, Family::WOULD_DENY, Some(policy));
        }
        for policy in would_allow {
            self.add_one(host, Family::WOULD_ALLOW, Some(policy));
        }
        for family in shadow_families(shadow) {
            self.add_one(host, family, None);
        }
    }

    fn add_one(&self, host: &impl Host, family: Family, policy: Option<&PolicyId>) {
        let _ = self
            .counter(host, family, policy)
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

    fn counter(&self, host: &impl Host, family: Family, policy: Option<&PolicyId>) -> Option<MetricId> {
        let mut known = self.known.try_borrow_mut().ok()?;
        let series = known.counters.entry(family).or_default();
        if let Some(counter) = series.get(policy) {
            return Some(counter);
        }
        let name = family.series_name(policy);
        let counter = host.define_metric(MetricKind::Counter, &name).ok()?;
        series.insert(policy, counter);
        Some(counter)
    }
}

impl Series {
    fn get(&self, policy: Option<&PolicyId>) -> Option<MetricId> {
        match policy {
            Some(policy) => self.by_policy.get(policy).copied(),
            None => self.without_policy,
        }
    }

    fn insert(&mut self, policy: Option<&PolicyId>, counter: MetricId) {
        match policy {
            Some(policy) => {
                self.by_policy.insert(policy.clone(), counter);
            }
            None => self.without_policy = Some(counter),
        }
    }
}

fn family_of(outcome: &Outcome<'_>) -> Family {
    Family::Requests {
        decision: outcome.decision,
        cause: outcome.cause,
    }
}

fn outcomes_without_policy() -> impl Iterator<Item = Outcome<'static>> {
    REFUSALS_WITHOUT_POLICY
        .into_iter()
        .map(Outcome::from)
        .chain([ALLOWED_WITHOUT_POLICY])
}

/// Every series of the policies that only watch.
fn observed_series(policies: &PolicySet) -> impl Iterator<Item = (Family, Option<&PolicyId>)> {
    let audited = policies
        .audit_policies()
        .map(|policy| (Family::Audited, Some(policy)));
    let dry_run = policies
        .dry_run_policies()
        .flat_map(|policy| [Family::WOULD_DENY, Family::WOULD_ALLOW].map(|family| (family, Some(policy))));
    let has_shadow = match policies.profile() {
        Profile::Istio => policies.dry_run_policies().next().is_some(),
        Profile::ZeroTrust => false,
    };
    let shadow = has_shadow.then(every_shadow_family).into_iter().flatten();
    audited.chain(dry_run).chain(shadow.map(|family| (family, None)))
}

fn every_shadow_family() -> [Family; 4] {
    [
        ("allow", "allowed"),
        ("allow", "denied"),
        ("deny", "allowed"),
        ("deny", "denied"),
    ]
    .map(|(action, result)| Family::Shadow { action, result })
}

fn shadow_families(shadow: &Shadow<'_>) -> impl Iterator<Item = Family> {
    let Shadow { deny, allow } = shadow;
    [("deny", *deny), ("allow", *allow)]
        .into_iter()
        .filter_map(|(action, result)| {
            Some(Family::Shadow {
                action,
                result: shadow_word(result?),
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, policy_set, watching_policies};
    use spiffe_authz_policy::{RuleRef, ShadowResult};

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
            metrics.count(&host, &NO_SVID, None);
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
                None,
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
        assert!(shown.contains(&("spiffe_authz_dry_run_policies_loaded".to_owned(), 0)));
        assert!(shown.contains(&("spiffe_authz_rules_loaded".to_owned(), 3)));
        assert_eq!(shown.len(), REFUSALS_WITHOUT_POLICY.len() + 4);
        metrics.configured(&host, &policy_set());
        assert_eq!(host.metrics(), shown);
    }

    /// The series beyond those of requests and the gauges.
    fn observed(host: &FakeHost) -> Vec<(String, u64)> {
        let mut shown = host.metrics();
        shown.retain(|(name, _)| !name.contains("requests_total") && !name.ends_with("_loaded"));
        shown
    }

    #[test]
    fn every_series_of_policies_that_only_watch_is_at_zero_before_it_counts() {
        let dry_run = |policy: &str| {
            ["would-deny", "would-allow"].map(|result| {
                format!("spiffe_authz_dry_run_total.policy=.=shop/{policy};.;result=.={result};.;")
            })
        };
        let shadow = |action: &str| {
            ["allowed", "denied"]
                .map(|result| format!("spiffe_authz_shadow_total.action=.={action};.;result=.={result};.;"))
        };
        let watching: Vec<String> = ["spiffe_authz_audited_total.policy=.=shop/marks;.;".to_owned()]
            .into_iter()
            .chain(dry_run("would-allow"))
            .chain(dry_run("would-deny"))
            .collect();
        for (profile, more) in [
            ("zero-trust", Vec::new()),
            ("istio", [shadow("allow"), shadow("deny")].concat()),
        ] {
            let (host, metrics) = (FakeHost::new(), Metrics::default());
            metrics.configured(&host, &watching_policies(profile));
            let expected: Vec<_> = watching
                .iter()
                .chain(&more)
                .map(|name| (name.clone(), 0))
                .collect();
            assert_eq!(observed(&host), expected, "{profile}");
            assert!(
                host.metrics()
                    .contains(&("spiffe_authz_dry_run_policies_loaded".to_owned(), 2))
            );
        }
    }

    #[test]
    fn what_was_observed_counts_once_for_each_policy_and_result() {
        let policy = PolicyId {
            namespace: "shop".to_owned(),
            name: "a".to_owned(),
        };
        let rule = RuleRef {
            policy: &policy,
            index: 1,
        };
        let observations = Observations {
            audited: vec![rule],
            would_deny: vec![&policy],
            would_allow: vec![&policy],
            shadow: Shadow {
                deny: Some(ShadowResult::Denied(Some(rule))),
                allow: Some(ShadowResult::Allowed(Some(rule))),
            },
        };
        let (host, metrics) = (FakeHost::new(), Metrics::default());
        metrics.count_observed(&host, &Observations::default());
        assert_eq!(host.metrics(), []);
        metrics.count_observed(&host, &observations);
        metrics.count_observed(&host, &observations);
        let names = [
            "spiffe_authz_audited_total.policy=.=shop/a;.;",
            "spiffe_authz_dry_run_total.policy=.=shop/a;.;result=.=would-deny;.;",
            "spiffe_authz_dry_run_total.policy=.=shop/a;.;result=.=would-allow;.;",
            "spiffe_authz_shadow_total.action=.=deny;.;result=.=denied;.;",
            "spiffe_authz_shadow_total.action=.=allow;.;result=.=allowed;.;",
        ];
        assert_eq!(host.metrics(), names.map(|name| (name.to_owned(), 2)));
    }

    #[test]
    fn every_refusal_without_a_policy_is_defined_before_it_counts() {
        // A new cause breaks this match, and so reminds of the list.
        let listed = |refusal: Refusal<'_>| match refusal {
            Refusal::NoConfiguration
            | Refusal::InterlockFailed
            | Refusal::Denied(
                Denial::RequestTooLarge
                | Denial::MtlsRequired
                | Denial::PeerUnreadable
                | Denial::Identity(
                    IdentityError::NotValidated
                    | IdentityError::NotShown
                    | IdentityError::Unreadable
                    | IdentityError::NoSvid
                    | IdentityError::MultipleUriSans
                    | IdentityError::MalformedSpiffeId
                    | IdentityError::NotALeafSvid
                    | IdentityError::Revoked
                    | IdentityError::Expired
                    | IdentityError::TimeUnknown,
                )
                | Denial::AmbiguousHost
                | Denial::AmbiguousPath
                | Denial::TrailerInPolicy
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
