//! [`Evidence`]: what is known of each port.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use spiffe_authz_analysis::observed::Observation;
use spiffe_authz_analysis::readiness::{Assessment, Criteria, Key, Metrics, Traffic};
use spiffe_authz_policy::{Attribute, Decision, Denial, PolicySet, Protocol, Request};
use time::Duration;

use crate::failure::Failure;
use crate::log_lines::{self, Census};
use crate::readiness::Arguments;
use crate::terminal::Terminal;

/// The largest page of metrics that is read, in bytes.
const MOST_METRICS: u64 = 64 << 20;

/// What is known of each port.
pub(crate) struct Evidence {
    traffic: Traffic,
    pub(crate) metrics: Option<Metrics>,
    policies: Option<PolicySet>,
    /// The workload that the counters, the policies and lines without a namespace are about.
    workload: String,
    /// The ports that are asked for; none means all.
    ports: BTreeSet<u16>,
    pub(crate) unreadable: u64,
}

impl Evidence {
    pub(crate) fn gather(
        arguments: &Arguments,
        criteria: &Criteria,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let policies = arguments
            .policies()?
            .map(|loaded| loaded.policy_set())
            .transpose()?;
        let metrics = arguments.metrics.as_deref().map(read_metrics).transpose()?;
        let workload = arguments
            .workload()
            .or_else(|| policies.as_ref().map(|set| set.workload().namespace.clone()));
        let named = workload.is_some();
        let workload = workload.unwrap_or_else(|| name_of(arguments));
        let window = criteria
            .now
            .checked_sub(criteria.quiet_for)
            .unwrap_or(criteria.now);
        let mut traffic = Traffic::since(window);
        let census = log_lines::read(&arguments.logs, terminal, |observation, log, _| {
            let fallback = if named { &workload } else { &**log };
            traffic.add(&of_line(arguments, observation, fallback), observation);
            Ok(())
        })?;
        note(&census, arguments, terminal);
        Ok(Self {
            traffic,
            metrics,
            policies,
            workload,
            ports: arguments.ports.iter().copied().collect(),
            unreadable: census.unread,
        })
    }

    /// Every port that is asked for, or that anything is known of. Lines that name no port may be about any of them.
    pub(crate) fn keys(&self) -> BTreeSet<Key> {
        let mut keys = self.known_keys();
        if !self.ports.is_empty() {
            keys.retain(|key| key.port.is_none_or(|port| self.ports.contains(&port)));
            let known: BTreeSet<u16> = keys.iter().filter_map(|key| key.port).collect();
            keys.extend(self.ports.difference(&known).map(|port| self.key(*port)));
        }
        keys
    }

    fn known_keys(&self) -> BTreeSet<Key> {
        let counted = self.metrics.iter().flat_map(|metrics| metrics.listeners.keys());
        let counted = counted.map(|port| self.key(*port));
        counted.chain(self.traffic.ports().keys().cloned()).collect()
    }

    fn key(&self, port: u16) -> Key {
        Key {
            workload: self.workload.clone(),
            port: Some(port),
        }
    }

    pub(crate) fn of(&self, key: &Key) -> Assessment<'_> {
        let is_of_workload = key.workload == self.workload;
        let metrics = self.metrics.as_ref().filter(|_| is_of_workload);
        let seconds = metrics.and_then(|metrics| metrics.uptime);
        let policies = self.policies.as_ref().filter(|_| is_of_workload);
        Assessment {
            is_strict: policies.map(|policies| is_strict(policies, key.port)),
            traffic: self.traffic.ports().get(key),
            counters: metrics
                .zip(key.port)
                .and_then(|(metrics, port)| metrics.listeners.get(&port)),
            counted_for: seconds
                .and_then(|seconds| i64::try_from(seconds).ok())
                .map(Duration::seconds),
        }
    }
}

/// Whether the engine asks a peer in plaintext for mTLS on this port.
fn is_strict(policies: &PolicySet, port: Option<u16>) -> bool {
    let request = Request {
        destination_port: port.map_or(Attribute::Absent, Attribute::Known),
        ..Request::absent(Protocol::Tcp)
    };
    match policies.decide(&request) {
        Decision::Deny(Denial::MtlsRequired) => port.is_some(),
        Decision::Deny(_) | Decision::Allow(_) => false,
    }
}

/// The workload of a line: an audit line names a namespace, which may be the one that was asked for.
fn of_line(arguments: &Arguments, observation: &Observation, fallback: &str) -> String {
    match &observation.workload_namespace {
        Some(namespace) if Some(namespace) != arguments.mesh.namespace.as_ref() => namespace.clone(),
        Some(_) | None => fallback.to_owned(),
    }
}

/// A name for the workload where nothing says one: the file.
fn name_of(arguments: &Arguments) -> String {
    let path = arguments.logs.first().or(arguments.metrics.as_ref());
    path.map(|path| path.display().to_string()).unwrap_or_default()
}

fn note(census: &Census, arguments: &Arguments, terminal: &Terminal) {
    if !arguments.logs.is_empty() {
        census.note(terminal);
    }
}

fn read_metrics(path: &Path) -> Result<Metrics, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MOST_METRICS)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST_METRICS).read_to_string(&mut text))
    };
    read.map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    Metrics::read(&text).map_err(|error| Failure::Work(format!("`{}`: {error}", path.display())))
}
