//! [`FakeHost`]: a host in memory, which does as a test tells it and shows what was asked of it.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use spiffe_authz_policy::PolicySet;

use crate::host::{Host, HostError, LocalReply, LogLevel, MetricId, MetricKind};
use crate::in_force::InForce;
use crate::judge::Judge;
use crate::pairs::{Pair, serialize};
use crate::property;
use crate::vm::Vm;

/// One ALLOW policy with one rule and one DENY policy with two, under STRICT.
pub(crate) const CONFIGURATION: &str = r#"{
    "workload": {"namespace": "shop", "labels": {"app": "orders"}},
    "resources": [
        {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
         "metadata": {"name": "orders", "namespace": "shop"},
         "spec": {"action": "ALLOW", "rules": [
            {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/frontend"]}}],
             "to": [{"operation": {"methods": ["GET"], "paths": ["/orders/*"]}}]}]}},
        {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
         "metadata": {"name": "no-admin", "namespace": "shop"},
         "spec": {"action": "DENY", "rules": [
            {"to": [{"operation": {"methods": ["TRACE"]}}]},
            {"to": [{"operation": {"paths": ["*/admin"]}}]}]}}
    ]
}"#;

/// The configuration above, compiled.
pub(crate) fn policy_set() -> PolicySet {
    policies_of(CONFIGURATION)
}

/// A configuration, compiled.
pub(crate) fn policies_of(configuration: &str) -> PolicySet {
    PolicySet::from_plugin_configuration(configuration.as_bytes(), None).unwrap()
}

/// One ALLOW policy that has this `when`.
pub(crate) fn policies_with(when: &str) -> PolicySet {
    let configuration = format!(
        r#"{{"workload": {{"namespace": "shop"}}, "resources": [
            {{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
              "metadata": {{"name": "orders", "namespace": "shop"}},
              "spec": {{"action": "ALLOW", "rules": [{{"when": [{when}]}}]}}}}]}}"#
    );
    PolicySet::from_plugin_configuration(configuration.as_bytes(), None).unwrap()
}

/// One ALLOW policy of everything, one AUDIT policy of everything, a dry-run DENY policy of everything, and a dry-run ALLOW
/// policy of nothing; plaintext may come.
pub(crate) fn watching_policies(profile: &str) -> PolicySet {
    let policy = |name: &str, annotations: &str, spec: &str| {
        format!(
            r#"{{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
                "metadata": {{"name": "{name}", "namespace": "shop", "annotations": {{{annotations}}}}}, "spec": {spec}}}"#
        )
    };
    let dry_run = r#""istio.io/dry-run": "true""#;
    let resources = [
        policy("open", "", r#"{"action": "ALLOW", "rules": [{}]}"#),
        policy("marks", "", r#"{"action": "AUDIT", "rules": [{}]}"#),
        policy("would-deny", dry_run, r#"{"action": "DENY", "rules": [{}]}"#),
        policy("would-allow", dry_run, r#"{"action": "ALLOW"}"#),
        r#"{"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "base", "namespace": "shop"}, "spec": {"mtls": {"mode": "PERMISSIVE"}}}"#
            .to_owned(),
    ];
    let configuration = format!(
        r#"{{"profile": "{profile}", "workload": {{"namespace": "shop"}}, "resources": [{}]}}"#,
        resources.join(",")
    );
    PolicySet::from_plugin_configuration(configuration.as_bytes(), None).unwrap()
}

/// A judge of requests on `host`, with metrics of its own in which these policies are named.
pub(crate) fn judge(host: &FakeHost, policies: Option<PolicySet>) -> Judge<FakeHost> {
    let vm = Vm::default();
    if let Some(policies) = &policies {
        vm.metrics.name_policies(policies);
    }
    Judge::new(host.clone(), Rc::new(vm), policies.map(InForce::new).map(Rc::new))
}

/// The certificates of the two peers of these tests; they end in 2027.
pub(crate) const FRONTEND_PEM: &str = include_str!("../../policy/tests/certificates/frontend.pem");
const STRANGER_PEM: &str = include_str!("../../policy/tests/certificates/stranger.pem");
const JUNE_2026: u64 = 1_780_272_000_000_000_000;

/// The digest and the certificate that a proxy shows of a peer with this URI SAN.
fn shown(uri_san: &[u8]) -> (String, &'static [u8]) {
    if uri_san.ends_with(b"/sa/stranger") {
        ("22".repeat(32), STRANGER_PEM.as_bytes())
    } else {
        assert!(
            uri_san.ends_with(b"/sa/frontend"),
            "{uri_san:?} has no certificate"
        );
        ("11".repeat(32), FRONTEND_PEM.as_bytes())
    }
}

/// A certificate as a proxy shows it.
pub(crate) const SVID: &str = include_str!("../../policy/tests/certificates/svid.pem");

/// A local reply that was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) details: String,
    pub(crate) body: String,
    pub(crate) headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) grpc_status: Option<u16>,
}

/// A host in memory; clones share their state.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeHost(Rc<Inner>);

type Reading = Result<Vec<u8>, HostError>;

#[derive(Debug, Default)]
struct Inner {
    configuration: RefCell<Option<Reading>>,
    headers: RefCell<Option<Reading>>,
    trailers: RefCell<Option<Reading>>,
    readings: RefCell<BTreeMap<String, Reading>>,
    time: Cell<Option<Result<u64, HostError>>>,
    state: RefCell<BTreeMap<String, Vec<u8>>>,
    refused_properties: RefCell<BTreeMap<String, HostError>>,
    refused_replies: Cell<Option<HostError>>,
    closes: Cell<usize>,
    refused_closes: Cell<Option<HostError>>,
    refused_metrics: Cell<Option<HostError>>,
    replies: RefCell<Vec<Reply>>,
    lines: RefCell<Vec<(LogLevel, String)>>,
    metrics: RefCell<Vec<(MetricKind, String, u64)>>,
    calls: Cell<usize>,
    failing_call: Cell<Option<(usize, HostError)>>,
}

impl FakeHost {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set_configuration(&self, reading: Result<&[u8], HostError>) {
        *self.0.configuration.borrow_mut() = Some(reading.map(<[u8]>::to_vec));
    }

    pub(crate) fn set_headers(&self, pairs: &[Pair<'_>]) {
        self.set_headers_reading(Ok(&serialize(pairs)));
    }

    pub(crate) fn set_headers_reading(&self, reading: Result<&[u8], HostError>) {
        *self.0.headers.borrow_mut() = Some(reading.map(<[u8]>::to_vec));
    }

    pub(crate) fn set_trailers(&self, pairs: &[Pair<'_>]) {
        self.set_trailers_reading(Ok(&serialize(pairs)));
    }

    pub(crate) fn set_trailers_reading(&self, reading: Result<&[u8], HostError>) {
        *self.0.trailers.borrow_mut() = Some(reading.map(<[u8]>::to_vec));
    }

    /// What a property reads; one that is not set is not found.
    pub(crate) fn set_reading(&self, path: &str, reading: Result<&[u8], HostError>) {
        self.0
            .readings
            .borrow_mut()
            .insert(path.to_owned(), reading.map(<[u8]>::to_vec));
    }

    pub(crate) fn set_time(&self, reading: Result<u64, HostError>) {
        self.0.time.set(Some(reading));
    }

    /// A validated peer with this URI SAN, whose certificate is in force, or plaintext; the port is 8080.
    pub(crate) fn set_peer(&self, uri_san: Option<&[u8]>) {
        self.set_reading(property::MTLS, Ok(&[u8::from(uri_san.is_some())]));
        self.set_reading(
            property::PEER_CERTIFICATE_VALID,
            Ok(&[u8::from(uri_san.is_some())]),
        );
        self.set_reading(property::PEER_URI_SAN, uri_san.ok_or(HostError::NotFound));
        let shown = uri_san.map(shown).ok_or(HostError::NotFound);
        let digest = shown.as_ref().map(|(digest, _)| digest.as_bytes());
        self.set_reading(property::PEER_CERTIFICATE_DIGEST, digest.map_err(|error| *error));
        self.set_reading(
            property::PEER_CERTIFICATE,
            shown.as_ref().map(|(_, pem)| *pem).map_err(|error| *error),
        );
        self.set_time(Ok(JUNE_2026));
        self.set_reading(property::DESTINATION_PORT, Ok(&8080_i64.to_le_bytes()));
    }

    pub(crate) fn refuse_property(&self, path: &str, error: HostError) {
        self.0
            .refused_properties
            .borrow_mut()
            .insert(path.to_owned(), error);
    }

    pub(crate) fn refuse_replies(&self, error: HostError) {
        self.0.refused_replies.set(Some(error));
    }

    pub(crate) fn refuse_closes(&self, error: HostError) {
        self.0.refused_closes.set(Some(error));
    }

    pub(crate) fn refuse_metrics(&self, error: HostError) {
        self.0.refused_metrics.set(Some(error));
    }

    /// Lets the hostcall with this number, from 0, fail and no other.
    pub(crate) fn fail_call(&self, number: usize, error: HostError) {
        self.0.failing_call.set(Some((number, error)));
    }

    /// How many hostcalls were made.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.get()
    }

    /// A property as the filter set it.
    pub(crate) fn state(&self, path: &str) -> Option<Vec<u8>> {
        self.0.state.borrow().get(path).cloned()
    }

    pub(crate) fn replies(&self) -> Vec<Reply> {
        self.0.replies.borrow().clone()
    }

    /// How often the connection was closed.
    pub(crate) fn closes(&self) -> usize {
        self.0.closes.get()
    }

    pub(crate) fn lines(&self) -> Vec<(LogLevel, String)> {
        self.0.lines.borrow().clone()
    }

    /// Names and values, one for each definition.
    pub(crate) fn metrics(&self) -> Vec<(String, u64)> {
        self.0
            .metrics
            .borrow()
            .iter()
            .map(|(_, name, value)| (name.clone(), *value))
            .collect()
    }

    /// The counters alone.
    pub(crate) fn counters(&self) -> Vec<(String, u64)> {
        let metrics = self.0.metrics.borrow();
        let counters = metrics.iter().filter(|(kind, ..)| *kind == MetricKind::Counter);
        counters.map(|(_, name, value)| (name.clone(), *value)).collect()
    }

    /// The lines that are louder than [`LogLevel::Info`].
    pub(crate) fn warnings(&self) -> Vec<(LogLevel, String)> {
        let mut lines = self.lines();
        lines.retain(|(level, _)| *level != LogLevel::Info);
        lines
    }

    fn called(&self) -> Result<(), HostError> {
        let number = self.0.calls.get();
        self.0.calls.set(number + 1);
        match self.0.failing_call.get() {
            Some((failing, error)) if failing == number => Err(error),
            Some(_) | None => Ok(()),
        }
    }

    fn metric(&self, metric: MetricId, change: impl FnOnce(MetricKind, &mut u64)) -> Result<(), HostError> {
        self.called()?;
        self.0.refused_metrics.get().map_or(Ok(()), Err)?;
        let mut metrics = self.0.metrics.borrow_mut();
        let (kind, _, value) = metrics
            .get_mut(usize::try_from(metric.0).unwrap())
            .ok_or(HostError::NotFound)?;
        change(*kind, value);
        Ok(())
    }
}

impl Host for FakeHost {
    fn plugin_configuration(&self) -> Reading {
        self.called()?;
        self.0
            .configuration
            .borrow()
            .clone()
            .unwrap_or(Err(HostError::NotFound))
    }

    fn request_headers(&self) -> Reading {
        self.called()?;
        self.0
            .headers
            .borrow()
            .clone()
            .unwrap_or(Err(HostError::Status(2)))
    }

    fn request_trailers(&self) -> Reading {
        self.called()?;
        self.0
            .trailers
            .borrow()
            .clone()
            .unwrap_or(Err(HostError::Status(2)))
    }

    fn property(&self, path: &str) -> Reading {
        self.called()?;
        self.0
            .readings
            .borrow()
            .get(path)
            .cloned()
            .unwrap_or(Err(HostError::NotFound))
    }

    fn nanoseconds_since_epoch(&self) -> Result<u64, HostError> {
        self.called()?;
        self.0.time.get().unwrap_or(Err(HostError::NotFound))
    }

    fn set_property(&self, path: &str, value: &[u8]) -> Result<(), HostError> {
        self.called()?;
        if let Some(error) = self.0.refused_properties.borrow().get(path) {
            return Err(*error);
        }
        self.0.state.borrow_mut().insert(path.to_owned(), value.to_vec());
        Ok(())
    }

    fn send_local_reply(&self, reply: &LocalReply<'_>) -> Result<(), HostError> {
        self.called()?;
        self.0.refused_replies.get().map_or(Ok(()), Err)?;
        let LocalReply {
            status,
            details,
            body,
            headers,
            grpc_status,
        } = *reply;
        let reply = Reply {
            status,
            details: details.to_owned(),
            body: body.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_vec(), value.to_vec()))
                .collect(),
            grpc_status,
        };
        self.0.replies.borrow_mut().push(reply);
        Ok(())
    }

    fn close_downstream(&self) -> Result<(), HostError> {
        self.called()?;
        self.0.refused_closes.get().map_or(Ok(()), Err)?;
        self.0.closes.set(self.0.closes.get() + 1);
        Ok(())
    }

    fn log(&self, level: LogLevel, line: &str) {
        if self.called().is_ok() {
            self.0.lines.borrow_mut().push((level, line.to_owned()));
        }
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError> {
        self.called()?;
        self.0.refused_metrics.get().map_or(Ok(()), Err)?;
        let mut metrics = self.0.metrics.borrow_mut();
        metrics.push((kind, name.to_owned(), 0));
        Ok(MetricId(u32::try_from(metrics.len() - 1).unwrap()))
    }

    fn increment_metric(&self, metric: MetricId) -> Result<(), HostError> {
        self.metric(metric, |kind, value| {
            assert_eq!(kind, MetricKind::Counter);
            *value += 1;
        })
    }

    fn record_metric(&self, metric: MetricId, new: u64) -> Result<(), HostError> {
        self.metric(metric, |kind, value| {
            assert_ne!(kind, MetricKind::Counter);
            *value = new;
        })
    }
}
