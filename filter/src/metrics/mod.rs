//! [`Metrics`]: what Prometheus shows of the filter.
//!
//! | counter | what it counts |
//! |---|---|
//! | `spiffe_authz_requests_total{decision, cause, mtls, policy}` | requests and TCP connections judged; `mtls` is how the peer came (`mutual`, `tls` without a certificate, `plaintext`, `handed-on`, `unknown`), `policy` is `namespace/name`, or empty where no policy decided |
//! | `spiffe_authz_without_mtls_total{decision, mtls, port}` | those of a peer without a certificate, by the local port |
//! | `spiffe_authz_audited_total{policy}` | those that the AUDIT policy marked |
//! | `spiffe_authz_dry_run_total{policy, result}` | those that the dry-run policy, were it in force, would deny (`would-deny`) or allow (`would-allow`) although what is in force does not |
//! | `spiffe_authz_shadow_total{action, result}` | profile istio: what Istio's own dry run says, of the dry-run policies of one `action` (`allow`, `deny`) alone: `allowed` or `denied` |
//!
//! Histogram: `spiffe_authz_peer_svid_remaining_seconds`, for how long the SVID of a peer is still valid, once for each
//! connection, where the certificate and the time are read.
//!
//! Gauges: `spiffe_authz_policies_loaded` (ALLOW and DENY policies in force), `spiffe_authz_dry_run_policies_loaded`,
//! `spiffe_authz_rules_loaded` (of all policies), `spiffe_authz_policies_without_label`,
//! `spiffe_authz_configuration_hash`, `spiffe_authz_configuration_loaded_timestamp_seconds`,
//! `spiffe_authz_configuration_rejected{reason}` (1 where the last configuration was rejected for it),
//! `spiffe_authz_peer_certificate_shown` (1 where the proxy shows the certificates of mTLS peers, 0 where it does not; there
//! once the first one came whose certificate is asked for).
//!
//! Labels are written into the name as Istio writes them, `NAME.KEY=.=VALUE;.;`, and Envoy's `stats_tags` turn them
//! into labels. No value comes from a request but the port, and both ports and policies have a bound
//! ([`Ports`], [`NamedPolicies`]). No decision rests on a metric: a proxy that takes none is not asked twice for the same
//! request.

mod family;
mod gauge;
mod known;
mod policy_label;
mod port_label;
mod rejection;
mod without_policy;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ptr;

use spiffe_authz_policy::{
    Attribute, Observations, Peer, PolicyId, PolicySet, Profile, Request, Shadow, Validation,
};

use crate::attributes::{Meeting, local_port};
use crate::fingerprint::Fingerprint;
use crate::host::{Host, MetricId};
use crate::in_force::{Last, Told};
use crate::metrics::family::Family;
use crate::metrics::gauge::Gauge;
use crate::metrics::known::Known;
use crate::observed::shadow_word;
use crate::outcome::Outcome;
use crate::transport::Transport;

pub(crate) use crate::metrics::rejection::Rejection;
#[cfg(doc)]
use crate::metrics::{policy_label::NamedPolicies, port_label::Ports};

const NANOSECONDS_OF_A_SECOND: u64 = 1_000_000_000;

/// The metrics of one VM. The proxy makes a new handle whenever a metric is defined, so each is defined once and
/// kept across configurations.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    known: RefCell<Known>,
}

impl Metrics {
    /// Shows what is in force now, and defines every series that can be named by now: those of requests that a
    /// policy decides appear when they first count.
    pub(crate) fn configured(&self, host: &impl Host, policies: &PolicySet, fingerprint: Fingerprint) {
        let without_label = self.name_policies(policies);
        let Ok(mut known) = self.known.try_borrow_mut() else {
            return;
        };
        let without_policy = without_policy::families().map(|family| (family, None));
        for (family, policy) in without_policy.chain(observed_series(policies)) {
            let _ = known.counter(host, family, policy);
        }
        show_sizes(host, &mut known, policies, without_label);
        known.set(host, Gauge::ConfigurationHash, fingerprint.number());
        if let Ok(now) = host.nanoseconds_since_epoch() {
            known.set(host, Gauge::ConfigurationLoaded, now / NANOSECONDS_OF_A_SECOND);
        }
        known.set_rejected(host, &BTreeSet::new());
    }

    /// Gives the policies series of their own as far as the bound allows; how many of them have none.
    pub(crate) fn name_policies(&self, policies: &PolicySet) -> usize {
        match self.known.try_borrow_mut() {
            Ok(mut known) => known.name_policies(every_policy(policies)),
            Err(_) => 0,
        }
    }

    /// Shows that a configuration was rejected; what was in force stays, and so do its gauges.
    pub(crate) fn rejected(&self, host: &impl Host, reasons: &BTreeSet<Rejection>) {
        if let Ok(mut known) = self.known.try_borrow_mut() {
            known.set_rejected(host, reasons);
        }
    }

    /// Shows whether the proxy shows the certificates of its peers.
    pub(crate) fn set_peer_certificate_shown(&self, host: &impl Host, shown: bool) {
        if let Ok(mut known) = self.known.try_borrow_mut() {
            known.set(host, Gauge::PeerCertificateShown, u64::from(shown));
        }
    }

    /// Counts one request or connection. What is told of the policy that decided, where that is known, has the counter.
    pub(crate) fn count(
        &self,
        host: &impl Host,
        request: &Request<'_>,
        outcome: &Outcome<'_>,
        told: Option<&Told>,
    ) {
        let transport = Transport::of(host, request.peer);
        self.count_request(host, transport, outcome, told);
        if transport.lacks_certificate() {
            self.count_without_mtls(host, transport, request, outcome);
        }
    }

    fn count_request(
        &self,
        host: &impl Host,
        transport: Transport,
        outcome: &Outcome<'_>,
        told: Option<&Told>,
    ) {
        let policy = outcome.rule.map(|rule| rule.policy);
        let last = told.filter(|_| policy.is_some()).map(|told| &told.last);
        let counter = match last.and_then(Cell::get) {
            // The same word stands at the same place: where it does not, the counter is looked up.
            Some(last) if ptr::eq(last.cause, outcome.cause) && last.transport == transport => {
                Some(last.counter)
            }
            Some(_) | None => self.counter(host, family_of(outcome, transport), policy),
        };
        let Some(counter) = counter else { return };
        if let Some(last) = last {
            last.set(Some(Last {
                cause: outcome.cause,
                transport,
                counter,
            }));
        }
        let _ = host.increment_metric(counter);
    }

    fn count_without_mtls(
        &self,
        host: &impl Host,
        transport: Transport,
        request: &Request<'_>,
        outcome: &Outcome<'_>,
    ) {
        let port = local_port(host, request);
        let Ok(mut known) = self.known.try_borrow_mut() else {
            return;
        };
        let family = Family::WithoutMtls {
            decision: outcome.decision,
            transport,
            port: known.port_label(port),
        };
        let _ = known
            .counter(host, family, None)
            .and_then(|counter| host.increment_metric(counter).ok());
    }

    /// Shows for how long the SVID of the peer is still valid, when it is met for the first time.
    pub(crate) fn meet_peer(&self, host: &impl Host, request: &Request<'_>, meeting: Meeting) {
        let remaining = match meeting {
            Meeting::First => remaining_seconds(request),
            Meeting::Again => None,
        };
        if let (Some(remaining), Ok(mut known)) = (remaining, self.known.try_borrow_mut()) {
            known.record_remaining(host, remaining);
        }
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

    fn counter(&self, host: &impl Host, family: Family, policy: Option<&PolicyId>) -> Option<MetricId> {
        self.known.try_borrow_mut().ok()?.counter(host, family, policy)
    }
}

fn show_sizes(host: &impl Host, known: &mut Known, policies: &PolicySet, without_label: usize) {
    let enforced = policies.deny_policies().chain(policies.allow_policies()).count();
    for (gauge, count) in [
        (Gauge::PoliciesLoaded, enforced),
        (Gauge::DryRunPoliciesLoaded, policies.dry_run_policies().count()),
        (Gauge::RulesLoaded, policies.rule_count()),
        (Gauge::PoliciesWithoutLabel, without_label),
    ] {
        known.set(host, gauge, u64::try_from(count).unwrap_or(u64::MAX));
    }
}

fn family_of(outcome: &Outcome<'_>, transport: Transport) -> Family {
    Family::Requests {
        decision: outcome.decision,
        cause: outcome.cause,
        transport,
    }
}

/// For how many whole seconds the certificate of a verified peer is still valid: none once it is over.
fn remaining_seconds(request: &Request<'_>) -> Option<u64> {
    let Peer::Certificate(certificate) = request.peer else {
        return None;
    };
    let (Attribute::Known(leaf), Attribute::Known(now)) = (certificate.leaf, request.time) else {
        return None;
    };
    let end = leaf.facts().not_after?;
    let remaining = end.unix_timestamp().saturating_sub(now.unix_timestamp());
    (certificate.validation == Validation::Validated).then_some(u64::try_from(remaining).unwrap_or(0))
}

/// In the order in which they are named: those that decide first.
fn every_policy(policies: &PolicySet) -> impl Iterator<Item = &PolicyId> {
    let deciding = policies.deny_policies().chain(policies.allow_policies());
    let watching = policies.audit_policies().chain(policies.dry_run_policies());
    deciding.chain(watching)
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
mod tests;
