//! [`Meter`]: counts what requests try of one configuration.

use std::collections::{BTreeMap, BTreeSet};

use spiffe_authz_policy::{
    ConfigErrors, Decision, Document, PolicyId, PolicySet, Protocol, Request, RuleRef, StatedConfiguration,
};

use crate::coverage::cause::got_to_the_rules;
use crate::coverage::gauge::Instrument;
use crate::coverage::probe::{Measure, ProbeNumber, ProbedPolicy, ProbedRule, ProbedValue, Probes};
use crate::coverage::{
    Cause, CauseCount, Coverage, Effect, Gauge, Hits, PolicyCoverage, RuleCoverage, ValueCoverage,
};

/// What was tried so far of one configuration, by whatever workload.
#[derive(Clone, Debug)]
pub struct Meter {
    stated: StatedConfiguration,
    instrument: Instrument,
    probes: Probes,
    /// Probes that do not compile by themselves.
    broken: BTreeSet<ProbeNumber>,
    /// By probe: what is hit where it applies.
    watchers: Vec<Vec<Watcher>>,
    /// The policies that apply to a workload that was asked, by their index.
    applying: BTreeSet<usize>,
    decided: BTreeMap<(PolicyId, usize), usize>,
    /// By the probe of the whole rule.
    matched: BTreeMap<ProbeNumber, usize>,
    /// By the number of the value.
    hits: Vec<usize>,
    causes: BTreeMap<Cause, usize>,
}

/// What is hit where a probe applies.
#[derive(Clone, Copy, Debug)]
enum Watcher {
    /// A rule.
    Rule,
    /// A value, on TCP only where its attribute is one of a connection: the others are left out there (S-10).
    Value { number: usize, speaks_http: bool },
    /// A value, unless this other probe applies too.
    KeptOut { number: usize, with: ProbeNumber },
}

impl Meter {
    /// Prepares the probes of a configuration, which is stated there too.
    #[must_use]
    pub fn new(document: &Document, stated: StatedConfiguration) -> Self {
        let probes = Probes::of(document, &stated);
        let mut watchers = vec![Vec::new(); probes.probes.len()];
        let mut numbers = 0..;
        for rule in probes.policies.iter().flat_map(|policy| &policy.rules) {
            watch(&mut watchers, rule.whole, Watcher::Rule);
            for (value, number) in rule.values.iter().zip(&mut numbers) {
                watch_value(&mut watchers, value, number);
            }
        }
        Self {
            instrument: Instrument::of(document, &stated),
            stated,
            probes,
            broken: BTreeSet::new(),
            watchers,
            applying: BTreeSet::new(),
            decided: BTreeMap::new(),
            matched: BTreeMap::new(),
            hits: vec![0; numbers.start],
            causes: BTreeMap::new(),
        }
    }

    /// Compiles the probes for the workload of these policies, which are those of the configuration.
    ///
    /// # Errors
    /// What is wrong with the configuration: nothing, where the policies are those of it.
    pub fn gauge(&mut self, policies: &PolicySet) -> Result<Gauge, ConfigErrors> {
        let workload = policies.workload();
        let stated = self.stated.policies.iter().enumerate();
        let applying = stated.filter(|(_, policy)| self.stated.applies(policy, workload));
        self.applying.extend(applying.map(|(number, _)| number));
        self.instrument.gauge(&self.probes, &mut self.broken, workload)
    }

    /// Counts one request and what was decided.
    pub fn record(&mut self, gauge: &Gauge, request: &Request<'_>, decision: &Decision<'_>) {
        let cause = Cause::of(decision);
        let seen = self.causes.entry(cause).or_default();
        *seen = seen.saturating_add(1);
        if let Decision::Deny(denial) = decision
            && !got_to_the_rules(denial)
        {
            return;
        }
        if let Some(RuleRef { policy, index }) = decision.rule() {
            let decided = self.decided.entry((policy.clone(), index)).or_default();
            *decided = decided.saturating_add(1);
        }
        let applying = gauge.applying(&self.probes.probes, request);
        for probe in &applying {
            self.hit(*probe, &applying, request.protocol);
        }
    }

    fn hit(&mut self, probe: ProbeNumber, applying: &BTreeSet<ProbeNumber>, protocol: Protocol) {
        for watcher in self.watchers.get(probe).into_iter().flatten() {
            let count = match *watcher {
                Watcher::Rule => Some(self.matched.entry(probe).or_default()),
                Watcher::Value { number, speaks_http } => {
                    let is_left_out = speaks_http && protocol == Protocol::Tcp;
                    self.hits.get_mut(number).filter(|_| !is_left_out)
                }
                Watcher::KeptOut { number, with } => {
                    self.hits.get_mut(number).filter(|_| !applying.contains(&with))
                }
            };
            if let Some(count) = count {
                *count = count.saturating_add(1);
            }
        }
    }

    /// What was tried so far.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut hits = self.hits.iter().copied();
        let policies = self.probes.policies.iter();
        let policies = policies
            .filter_map(|probed| self.policy(probed, &mut hits))
            .collect();
        let causes = self.causes.iter();
        Coverage {
            policies,
            causes: causes
                .map(|(cause, count)| CauseCount::new(*cause, *count))
                .collect(),
        }
    }

    fn policy(
        &self,
        probed: &ProbedPolicy,
        hits: &mut impl Iterator<Item = usize>,
    ) -> Option<PolicyCoverage> {
        let stated = self.stated.policies.get(probed.policy)?;
        let rules = probed.rules.iter();
        Some(PolicyCoverage {
            policy: stated.id.to_string(),
            action: stated.action,
            dry_run: stated.is_dry_run,
            at: stated.at.clone(),
            applies: self.applying.contains(&probed.policy),
            rules: rules.map(|rule| self.rule(&stated.id, rule, hits)).collect(),
        })
    }

    fn rule(
        &self,
        policy: &PolicyId,
        probed: &ProbedRule,
        hits: &mut impl Iterator<Item = usize>,
    ) -> RuleCoverage {
        let rule = (policy.clone(), probed.rule);
        let decided = self.decided.get(&rule).copied().unwrap_or_default();
        let matched = self.matched.get(&probed.whole).copied().unwrap_or_default();
        let values = probed.values.iter().zip(hits);
        RuleCoverage {
            rule: probed.rule,
            at: probed.at.clone(),
            decided,
            matched: matched.max(decided),
            values: values.map(|(value, hits)| self.value(value, hits)).collect(),
        }
    }

    fn value(&self, value: &ProbedValue, hits: usize) -> ValueCoverage {
        let is_broken = match value.measure {
            Measure::NotAtAll => true,
            Measure::Alone(probe) => self.broken.contains(&probe),
            Measure::KeptOut { open, with } => self.broken.contains(&open) || self.broken.contains(&with),
        };
        ValueCoverage {
            at: value.at.clone(),
            key: value.key.clone(),
            value: value.text.clone(),
            sign: value.sign,
            hits: if is_broken {
                Hits::NotMeasured
            } else {
                Hits::Counted(hits)
            },
        }
    }
}

impl Cause {
    fn of(decision: &Decision<'_>) -> Self {
        let effect = match decision {
            Decision::Allow(_) => Effect::Allow,
            Decision::Deny(_) => Effect::Deny,
        };
        Self {
            effect,
            code: decision.code(),
        }
    }
}

fn watch_value(watchers: &mut [Vec<Watcher>], value: &ProbedValue, number: usize) {
    let speaks_http = value.speaks_http;
    match value.measure {
        Measure::Alone(probe) => watch(watchers, probe, Watcher::Value { number, speaks_http }),
        Measure::KeptOut { open, with } => watch(watchers, open, Watcher::KeptOut { number, with }),
        Measure::NotAtAll => {}
    }
}

fn watch(watchers: &mut [Vec<Watcher>], probe: ProbeNumber, watcher: Watcher) {
    if let Some(watchers) = watchers.get_mut(probe) {
        watchers.push(watcher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::Share;
    use spiffe_authz_policy::{Limits, RequestDocument};

    const CONFIGURATION: &str =
        r#"{"workload": {"namespace": "shop", "labels": {"app": "orders"}}, "resources": [RESOURCES]}"#;

    /// A request of the frontend, but for these fields.
    fn request(fields: &str) -> String {
        format!(
            r#"{{"peer": {{"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"}},
                "time": "2026-01-01T00:00:00Z", {fields}}}"#
        )
    }

    fn policy(name: &str, spec: &str) -> String {
        format!(
            r#"{{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
                "metadata": {{"name": "{name}", "namespace": "shop"}}, "spec": {spec}}}"#
        )
    }

    fn measure(configuration: &str, requests: &[String]) -> Coverage {
        let document = Document::from_json(configuration.as_bytes(), Limits::default()).unwrap();
        let policies = PolicySet::from_document(&document, None).unwrap();
        let mut meter = Meter::new(&document, StatedConfiguration::read(&document).unwrap());
        let gauge = meter.gauge(&policies).unwrap();
        for request in requests {
            let request = RequestDocument::from_json(request.as_bytes()).unwrap();
            request.with_request(|request| meter.record(&gauge, request, &policies.decide(request)));
        }
        meter.coverage()
    }

    fn coverage(policies: &[String], requests: &[String]) -> Coverage {
        measure(
            &CONFIGURATION.replace("RESOURCES", &policies.join(", ")),
            requests,
        )
    }

    /// Of each rule how many requests it decided and matched, and of each value how many tried it.
    fn told(coverage: &Coverage) -> Vec<String> {
        let rules = coverage.policies.iter().flat_map(|policy| &policy.rules);
        let value = |value: &ValueCoverage| match value.hits {
            Hits::Counted(count) => format!("{}={count}", value.value),
            Hits::NotMeasured => format!("{}=?", value.value),
        };
        rules
            .map(|rule| {
                let values: Vec<String> = rule.values.iter().map(value).collect();
                format!("{}/{} {}", rule.decided, rule.matched, values.join(" "))
            })
            .collect()
    }

    #[test]
    fn a_rule_may_match_what_another_one_decides() {
        let allow = policy(
            "allow",
            r#"{"rules": [{"to": [{"operation": {"paths": ["/a*"]}}]}, {"to": [{"operation": {"paths": ["/a"]}}]}]}"#,
        );
        let deny = policy(
            "deny",
            r#"{"action": "DENY", "rules": [{"to": [{"operation": {"methods": ["PUT"]}}]}]}"#,
        );
        let requests = [
            r#""method": "PUT", "path": "/a""#,
            r#""method": "GET", "path": "/ab""#,
        ]
        .map(request);
        let coverage = coverage(&[allow, deny], &requests);
        assert_eq!(told(&coverage), ["1/2 /a*=2", "0/1 /a=1", "1/1 PUT=1"]);
        assert_eq!(coverage.total(), Share { hit: 6, of: 6 });
        let causes: Vec<_> = coverage
            .causes
            .iter()
            .map(|seen| (seen.decision, seen.cause, seen.count))
            .collect();
        assert_eq!(
            causes,
            [("allow", "matched-allow", 1), ("deny", "matched-deny", 1)]
        );
    }

    #[test]
    fn a_value_is_hit_where_the_rule_matches_with_it_alone() {
        let allow = policy(
            "allow",
            r#"{"rules": [{
                "from": [{"source": {"namespaces": ["shop"]}}, {"source": {"principals": ["cluster.local/ns/shop/sa/frontend", "x"]}}],
                "to": [{"operation": {"methods": ["GET", "HEAD"], "paths": ["/a", "/{*}"]}}],
                "when": [{"key": "request.headers[x]", "values": ["1", "2"], "regexes": ["[0-9]", "[0-5]", "[a-z]"]}]}]}"#,
        );
        let requests = [request(
            r#""method": "GET", "path": "/a", "headers": [["x", "2"]]"#,
        )];
        assert_eq!(
            told(&coverage(&[allow], &requests)),
            [
                "1/1 shop=1 cluster.local/ns/shop/sa/frontend=1 x=0 GET=1 HEAD=0 /a=1 /{*}=1 1=0 2=1 [0-9]=1 [0-5]=1 [a-z]=0"
            ]
        );
    }

    #[test]
    fn a_value_that_must_not_match_is_hit_by_what_it_keeps_out() {
        let allow = policy(
            "allow",
            r#"{"rules": [{"to": [{"operation": {"paths": ["/*"], "notPaths": ["/a*", "/b"]}}]}]}"#,
        );
        let requests = [r#""path": "/ab""#, r#""path": "/c""#].map(request);
        assert_eq!(told(&coverage(&[allow], &requests)), ["1/1 /*=1 /a*=1 /b=0"]);
    }

    #[test]
    fn a_request_that_never_gets_to_the_rules_hits_nothing() {
        let allow = policy(
            "allow",
            r#"{"rules": [{"to": [{"operation": {"paths": ["/*"]}}]}]}"#,
        );
        let requests = [request(r#""path": "/a//b""#), r#"{"path": "/a"}"#.to_owned()];
        assert_eq!(told(&coverage(&[allow], &requests)), ["0/0 /*=0"]);
    }

    #[test]
    fn what_cannot_be_told_hits_a_rule_that_denies_and_none_that_allows() {
        let open = r#"{"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "default", "namespace": "shop"}, "spec": {"mtls": {"mode": "PERMISSIVE"}}}"#;
        let allow = policy(
            "allow",
            r#"{"rules": [{"from": [{"source": {"namespaces": ["a"]}}]}]}"#,
        );
        let deny = policy(
            "deny",
            r#"{"action": "DENY", "rules": [{"from": [{"source": {"namespaces": ["b"]}}]}]}"#,
        );
        let requests = [r#"{"path": "/a"}"#.to_owned()];
        assert_eq!(
            told(&coverage(&[open.to_owned(), allow, deny], &requests)),
            ["0/0 a=0", "1/1 b=1"]
        );
    }

    #[test]
    fn on_a_connection_no_value_of_a_request_is_hit() {
        let deny = policy(
            "deny",
            r#"{"action": "DENY", "rules": [{"to": [{"operation": {"methods": ["GET"], "ports": ["80", "81"]}}]}]}"#,
        );
        let requests = [request(r#""protocol": "tcp", "destination": {"port": 80}"#)];
        assert_eq!(told(&coverage(&[deny], &requests)), ["1/1 80=1 81=0 GET=0"]);
    }

    #[test]
    fn an_exception_is_hit_before_its_end() {
        let deny = policy("deny", r#"{"action": "DENY", "rules": [{}]}"#);
        let exception = |name: &str, until: &str| {
            policy(
                name,
                &format!(
                    r#"{{"rules": [{{"to": [{{"operation": {{"methods": ["GET"]}}}}]}}],
                        "exception": {{"until": "{until}", "lifts": ["shop/deny"]}}}}"#
                ),
            )
        };
        let past = exception("past", "2026-01-01T00:00:00Z");
        let live = exception("live", "2026-01-01T00:00:01Z");
        let requests = [request(r#""method": "GET""#)];
        assert_eq!(
            told(&coverage(&[deny, past, live], &requests)),
            ["0/1 ", "0/0 GET=0", "1/1 GET=1"]
        );
    }

    #[test]
    fn a_policy_that_applies_to_no_workload_that_is_asked_is_in_no_total() {
        let other = policy(
            "other",
            r#"{"selector": {"matchLabels": {"app": "cart"}}, "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}"#,
        );
        let coverage = coverage(&[other], &[request(r#""method": "GET""#)]);
        assert_eq!(
            coverage
                .policies
                .iter()
                .map(|policy| policy.applies)
                .collect::<Vec<_>>(),
            [false]
        );
        assert_eq!(coverage.total(), Share::default());
    }

    #[test]
    fn what_only_watches_is_measured_too() {
        let allow = policy("allow", r#"{"rules": [{}]}"#);
        let audit = policy(
            "audit",
            r#"{"action": "AUDIT", "rules": [{"to": [{"operation": {"methods": ["GET", "PUT"]}}]}]}"#,
        );
        let dry = policy(
            "dry",
            r#"{"action": "DENY", "rules": [{"to": [{"operation": {"methods": ["PUT"]}}]}]}"#,
        )
        .replace(
            r#""name": "dry","#,
            r#""name": "dry", "annotations": {"istio.io/dry-run": "true"},"#,
        );
        let requests = [request(r#""method": "PUT""#)];
        assert_eq!(
            told(&coverage(&[allow, audit, dry], &requests)),
            ["1/1 ", "0/1 GET=0 PUT=1", "0/1 PUT=1"]
        );
    }

    #[test]
    fn in_profile_istio_at_a_waypoint_rules_that_allow_are_found_too() {
        let configuration = r#"{"profile": "istio", "workload": {"namespace": "shop",
            "labels": {"gateway.networking.k8s.io/gateway-name": "waypoint"},
            "waypoint": {"services": [{"kind": "Service", "name": "orders", "namespace": "shop"}]}},
            "resources": [RESOURCES]}"#;
        let allow = policy(
            "allow",
            r#"{"targetRefs": [{"kind": "Service", "group": "", "name": "orders"}],
                "rules": [{"to": [{"operation": {"methods": ["GET", "PUT"]}}]}]}"#,
        );
        let coverage = measure(
            &configuration.replace("RESOURCES", &allow),
            &[request(r#""method": "PUT""#)],
        );
        assert_eq!(told(&coverage), ["1/1 GET=0 PUT=1"]);
    }
}
