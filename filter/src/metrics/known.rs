//! [`Known`]: the series that one VM has defined, with their handles.

use std::collections::{BTreeMap, BTreeSet};

use spiffe_authz_policy::PolicyId;

use crate::host::{Host, MetricId, MetricKind};
use crate::metrics::family::Family;
use crate::metrics::gauge::Gauge;
use crate::metrics::policy_label::{NamedPolicies, PolicyLabel};
use crate::metrics::port_label::{PortLabel, Ports};
use crate::metrics::rejection::Rejection;

const PEER_SVID_REMAINING: &str = "spiffe_authz_peer_svid_remaining_seconds";

/// Every series that was defined, and which policies and ports have series of their own.
#[derive(Debug, Default)]
pub(super) struct Known {
    policies: NamedPolicies,
    ports: Ports,
    gauges: BTreeMap<Gauge, MetricId>,
    peer_svid_remaining: Option<MetricId>,
    counters: BTreeMap<Family, Series>,
}

/// The counters of one family.
#[derive(Debug, Default)]
struct Series {
    without_policy: Option<MetricId>,
    other_policies: Option<MetricId>,
    by_policy: BTreeMap<PolicyId, MetricId>,
}

impl Known {
    /// Names the policies of a configuration as far as the bound allows; how many of them stay without a name.
    pub(super) fn name_policies<'p>(&mut self, policies: impl Iterator<Item = &'p PolicyId>) -> usize {
        self.policies.name(policies)
    }

    pub(super) fn port_label(&mut self, port: Option<u16>) -> PortLabel {
        self.ports.label(port)
    }

    /// Sets a gauge. One that the proxy does not take is defined again the next time.
    pub(super) fn set(&mut self, host: &impl Host, gauge: Gauge, value: u64) {
        let known = self.gauges.get(&gauge).copied();
        let handle = known.or_else(|| host.define_metric(MetricKind::Gauge, &gauge.name()).ok());
        if let Some(handle) = handle {
            self.gauges.insert(gauge, handle);
            let _ = host.record_metric(handle, value);
        }
    }

    /// One gauge for each reason: 1 for these, 0 for all others.
    pub(super) fn set_rejected(&mut self, host: &impl Host, reasons: &BTreeSet<Rejection>) {
        for reason in Rejection::ALL {
            let is_one = u64::from(reasons.contains(&reason));
            self.set(host, Gauge::ConfigurationRejected(reason), is_one);
        }
    }

    pub(super) fn record_remaining(&mut self, host: &impl Host, seconds: u64) {
        let known = self.peer_svid_remaining;
        let define = || host.define_metric(MetricKind::Histogram, PEER_SVID_REMAINING);
        self.peer_svid_remaining = known.or_else(|| define().ok());
        if let Some(histogram) = self.peer_svid_remaining {
            let _ = host.record_metric(histogram, seconds);
        }
    }

    /// The handle of a counter, which is defined with its first use.
    pub(super) fn counter(
        &mut self,
        host: &impl Host,
        family: Family,
        policy: Option<&PolicyId>,
    ) -> Option<MetricId> {
        let label = self.policies.label(policy);
        let series = self.counters.entry(family).or_default();
        if let Some(counter) = series.get(label) {
            return Some(counter);
        }
        let name = family.series_name(label);
        let counter = host.define_metric(MetricKind::Counter, &name).ok()?;
        series.insert(label, counter);
        Some(counter)
    }
}

impl Series {
    fn get(&self, label: PolicyLabel<'_>) -> Option<MetricId> {
        match label {
            PolicyLabel::None => self.without_policy,
            PolicyLabel::Named(policy) => self.by_policy.get(policy).copied(),
            PolicyLabel::Other => self.other_policies,
        }
    }

    fn insert(&mut self, label: PolicyLabel<'_>, counter: MetricId) {
        match label {
            PolicyLabel::None => self.without_policy = Some(counter),
            PolicyLabel::Named(policy) => {
                self.by_policy.insert(policy.clone(), counter);
            }
            PolicyLabel::Other => self.other_policies = Some(counter),
        }
    }
}
