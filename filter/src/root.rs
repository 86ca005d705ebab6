//! [`Plugin`]: one plugin instance, its configuration and the requests it hands the configuration to.

use std::collections::BTreeSet;
use std::rc::Rc;

use spiffe_authz_policy::{ConfigErrors, PolicySet, RequiredSvid, Workload};

use crate::fingerprint::Fingerprint;
use crate::host::{Host, HostError, LogLevel};
use crate::in_force::InForce;
use crate::judge::Judge;
use crate::metrics::Rejection;
use crate::node::{self, NodeError};
use crate::vm::Vm;

/// One plugin instance on one thread of the proxy.
///
/// Requests keep the policy set with which they began: a new configuration is for new requests.
#[derive(Debug)]
pub(crate) struct Plugin<H> {
    host: H,
    vm: Rc<Vm>,
    in_force: Option<Rc<InForce>>,
}

impl<H: Host + Clone> Plugin<H> {
    /// A plugin without a configuration. `vm` is what its contexts share.
    pub(crate) fn new(host: H, vm: Rc<Vm>) -> Self {
        Self {
            host,
            vm,
            in_force: None,
        }
    }

    /// Reads and compiles the plugin configuration. False refuses it: every error is logged, and the proxy stays
    /// with the last good one.
    ///
    /// The answer depends on nothing but the bytes of the configuration and the node metadata, so it is the same on
    /// every thread; what the metrics show of it has the time, too.
    #[must_use]
    pub(crate) fn configure(&mut self) -> bool {
        let bytes = match self.host.plugin_configuration() {
            Ok(bytes) => bytes,
            Err(error) => {
                log_unreadable(&self.host, error);
                self.reject(&BTreeSet::from([Rejection::NotHandedOver]));
                return false;
            }
        };
        let node = node::workload(&self.host);
        let read = PolicySet::from_plugin_configuration(&bytes, node.as_ref().ok().cloned());
        let fingerprint = Fingerprint::of(&bytes);
        // The text can be larger than all else that is there now.
        drop(bytes);
        match read {
            Ok(policies) => {
                self.put_in_force(policies, fingerprint);
                true
            }
            Err(errors) => {
                log_refused(&self.host, &errors, node.as_ref());
                self.reject(&Rejection::all_of(&errors));
                false
            }
        }
    }

    /// The judge of one request or connection, by the policy set that is in force now.
    pub(crate) fn judge(&self) -> Judge<H> {
        Judge::new(self.host.clone(), Rc::clone(&self.vm), self.in_force.clone())
    }

    /// Shows the rejection in the metrics. The configuration before it stays in force in other VMs than this one perhaps:
    /// a proxy tries a new one in a VM of its own first.
    fn reject(&self, reasons: &BTreeSet<Rejection>) {
        self.vm.metrics.rejected(&self.host, reasons);
    }

    fn put_in_force(&mut self, policies: PolicySet, fingerprint: Fingerprint) {
        self.host.log(LogLevel::Info, &summary(&policies));
        for notice in policies.notices() {
            self.host
                .log(LogLevel::Warn, &format!("configuration in force: {notice}"));
        }
        self.vm.metrics.configured(&self.host, &policies, fingerprint);
        self.in_force = Some(Rc::new(InForce::new(policies)));
    }
}

fn log_unreadable(host: &impl Host, error: HostError) {
    host.log(
        LogLevel::Error,
        &format!("configuration refused: it cannot be read: {error}"),
    );
}

/// One line for each error, then the count. Where no workload is known, also why the node metadata names none.
fn log_refused(host: &impl Host, errors: &ConfigErrors, node: Result<&Workload, &NodeError>) {
    for error in errors.iter() {
        host.log(LogLevel::Error, &format!("configuration refused: {error}"));
        if let (true, Err(reason)) = (error.at == "workload", node) {
            host.log(LogLevel::Error, &format!("configuration refused: {reason}"));
        }
    }
    let count = errors.count();
    let noun = if count == 1 { "error" } else { "errors" };
    host.log(
        LogLevel::Error,
        &format!("configuration refused with {count} {noun}"),
    );
}

fn summary(policies: &PolicySet) -> String {
    let workload = policies.workload();
    let labels: Vec<_> = workload
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let of_peers = summary_of_peers(policies);
    format!(
        "configuration in force: profile {}, workload {}[{}], {} ALLOW, {} DENY, {} AUDIT and {} dry-run policies with {} rules, \
         mTLS {}{of_peers}",
        policies.profile().name(),
        workload.namespace,
        labels.join(","),
        policies.allow_policies().count(),
        policies.deny_policies().count(),
        policies.audit_policies().count(),
        policies.dry_run_policies().count(),
        policies.rule_count(),
        policies.mtls_mode().name(),
    )
}

/// What the section `svid` says otherwise than by default.
fn summary_of_peers(policies: &PolicySet) -> String {
    let mut summary = String::new();
    match policies.required_svid() {
        RequiredSvid::Full => {}
        RequiredSvid::Uri => summary.push_str(", of SVIDs the URI required"),
    }
    if let Some(key) = policies.peer_principal_key() {
        summary.push_str(", peers handed on in ");
        summary.push_str(key);
    }
    match policies.denied_peer_count() {
        0 => {}
        count => summary.push_str(&format!(", {count} entries of denied peers")),
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{CONFIGURATION, FakeHost};
    use crate::pairs::serialize;
    use crate::property;

    const WITHOUT_WORKLOAD: &[u8] = br#"{"resources": []}"#;

    fn plugin(host: &FakeHost) -> Plugin<FakeHost> {
        Plugin::new(host.clone(), Rc::default())
    }

    fn refused(host: &FakeHost) -> Vec<String> {
        let mut plugin = plugin(host);
        assert!(!plugin.configure());
        assert!(plugin.in_force.is_none());
        let lines = host.lines();
        assert!(lines.iter().all(|(level, _)| *level == LogLevel::Error));
        lines.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn a_configuration_in_force_is_summed_up_in_one_line() {
        let host = FakeHost::new();
        host.set_configuration(Ok(CONFIGURATION.as_bytes()));
        assert!(plugin(&host).configure());
        let line = "configuration in force: profile zero-trust, workload shop[app=orders], \
                    1 ALLOW, 1 DENY, 0 AUDIT and 0 dry-run policies with 3 rules, mTLS STRICT";
        assert_eq!(host.lines(), [(LogLevel::Info, line.to_owned())]);
    }

    #[test]
    fn what_is_asked_of_peers_is_in_the_line_where_it_is_not_the_default() {
        let host = FakeHost::new();
        let configuration = br#"{"workload": {"namespace": "shop", "waypoint": {}}, "resources": [],
            "svid": {"required": "uri", "peerPrincipalKey": "a.b", "denied": {"spiffeIds": ["*/sa/a", "*/sa/b"]}}}"#;
        host.set_configuration(Ok(configuration));
        assert!(plugin(&host).configure());
        let lines = host.lines();
        let end = "mTLS STRICT, of SVIDs the URI required, peers handed on in a.b, 2 entries of denied peers";
        assert!(lines[0].1.ends_with(end), "{lines:?}");
    }

    #[test]
    fn each_notice_of_a_configuration_has_a_line_of_its_own() {
        let host = FakeHost::new();
        let configuration = br#"{"workload": {"namespace": "shop"}, "resources": [
            {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
             "metadata": {"name": "one", "namespace": "istio-system"},
             "spec": {"selector": {"matchLabels": {"app": "a"}}, "mtls": {"mode": "STRICT"}}}]}"#;
        host.set_configuration(Ok(configuration));
        assert!(plugin(&host).configure());
        let [(LogLevel::Info, _), (LogLevel::Warn, line)] = &host.lines()[..] else {
            panic!("{:?}", host.lines())
        };
        assert!(line.starts_with("configuration in force: PeerAuthentication istio-system/one is ignored"));
    }

    #[test]
    fn the_workload_comes_from_the_node_metadata_where_the_configuration_names_none() {
        let host = FakeHost::new();
        host.set_configuration(Ok(WITHOUT_WORKLOAD));
        host.set_reading(property::NODE_NAMESPACE, Ok(b"payments"));
        host.set_reading(property::NODE_LABELS, Ok(&serialize(&[(b"app", b"ledger")])));
        let mut plugin = plugin(&host);
        assert!(plugin.configure());
        assert_eq!(
            plugin.in_force.unwrap().policies().workload().namespace,
            "payments"
        );
    }

    #[test]
    fn without_any_workload_the_configuration_is_refused_with_the_reason() {
        let host = FakeHost::new();
        host.set_configuration(Ok(WITHOUT_WORKLOAD));
        host.set_reading(property::NODE_NAMESPACE, Ok(b"payments"));
        let lines = refused(&host);
        assert!(
            lines[0].starts_with("configuration refused: workload: missing: "),
            "{lines:?}"
        );
        assert_eq!(
            lines[1..],
            [
                "configuration refused: node metadata `LABELS`: not found",
                "configuration refused with 1 error"
            ]
        );
    }

    #[test]
    fn every_error_has_a_line_of_its_own_and_the_last_line_the_count() {
        let host = FakeHost::new();
        let configuration =
            br#"{"profile": "lax", "workload": {"namespace": "shop"}, "resources": [], "colour": 1}"#;
        host.set_configuration(Ok(configuration));
        let lines = refused(&host);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("configuration refused: profile: `lax` is not"))
        );
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("configuration refused: colour: unknown field"))
        );
        assert_eq!(lines[2], "configuration refused with 2 errors");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bytes in [&b""[..], b"{", b"\xff", b"profile: istio", &b"[".repeat(100_000)] {
            let host = FakeHost::new();
            host.set_configuration(Ok(bytes));
            assert_eq!(
                refused(&host).last().unwrap(),
                "configuration refused with 1 error"
            );
        }
    }

    #[test]
    fn a_configuration_that_the_host_does_not_hand_over_is_refused() {
        for error in [
            HostError::NotFound,
            HostError::Status(2),
            HostError::NullBuffer { size: 1 },
        ] {
            let host = FakeHost::new();
            host.set_configuration(Err(error));
            assert_eq!(
                refused(&host),
                [format!("configuration refused: it cannot be read: {error}")]
            );
        }
    }

    #[test]
    fn a_refused_configuration_leaves_the_last_good_one_in_force() {
        let host = FakeHost::new();
        host.set_configuration(Ok(CONFIGURATION.as_bytes()));
        let mut plugin = plugin(&host);
        assert!(plugin.configure());
        let before = plugin.in_force.clone().unwrap();
        host.set_configuration(Ok(b"{}"));
        assert!(!plugin.configure());
        assert!(Rc::ptr_eq(&before, &plugin.in_force.unwrap()));
    }

    #[test]
    fn a_request_is_judged_by_the_policies_that_were_in_force_when_it_began() {
        let host = FakeHost::new();
        host.set_peer(Some(b"spiffe://cluster.local/ns/shop/sa/frontend"));
        host.set_headers(&[
            (b":method", b"GET"),
            (b":path", b"/orders/1"),
            (b":authority", b"orders"),
        ]);
        let mut plugin = plugin(&host);
        let before_any = plugin.judge();
        host.set_configuration(Ok(CONFIGURATION.as_bytes()));
        assert!(plugin.configure());
        let under_the_first = plugin.judge();
        host.set_configuration(Ok(br#"{"workload": {"namespace": "shop"}, "resources": []}"#));
        assert!(plugin.configure());
        let under_the_second = plugin.judge();
        assert!(!before_any.request().may_pass());
        assert!(under_the_first.request().may_pass());
        assert!(!under_the_second.request().may_pass());
    }
}
