//! The whole decision: a configuration and a request, both drawn from the input.

mod configuration;
mod request;
mod values;

use serde_json::{Map, Value, json};
use spiffe_authz_policy::{PolicySet, Request, RequestDocument};

use crate::draws::Draws;
use crate::effect::{LOSSES, allows, lose};
use crate::policies::{self, PROFILES, compile, with};

/// Any bytes. A decision is the same twice; an attribute that is lost never turns a denial into an allow; one more DENY
/// policy never admits more, and a policy that only watches changes nothing; and zero-trust never admits what istio denies
/// by the same documents.
pub fn run(bytes: &[u8]) {
    let mut draws = Draws::new(bytes);
    let drawn = Drawn::draw(&mut draws);
    let profile = *draws.pick(&PROFILES);
    let more = configuration::rules(&mut draws);
    let written = request::request(&mut draws).to_string();
    let Ok(document) = RequestDocument::from_json(written.as_bytes()) else {
        return;
    };
    let [Some(zero_trust), Some(istio)] = PROFILES.map(|profile| drawn.set(profile, None)) else {
        return;
    };
    document.with_request(|request| {
        let admitted = [&zero_trust, &istio].map(|set| judge(set, request));
        assert!(
            admitted != [true, false] || drawn.reads_wider(request),
            "istio denies it"
        );
        drawn.judge_with_one_more(profile, &more, request);
    });
}

/// A decision by itself, and without each attribute.
fn judge(set: &PolicySet, request: &Request<'_>) -> bool {
    let allowed = allows(set, request);
    let [once, twice] = [(), ()].map(|()| format!("{:?}", set.decide(request)));
    assert_eq!(once, twice);
    for lost in 0..LOSSES {
        let after = allows(set, &lose(request, lost));
        assert!(allowed || !after, "without attribute {lost} it is allowed");
    }
    allowed
}

/// The parts of a configuration that are drawn.
struct Drawn {
    settings: Map<String, Value>,
    specs: Vec<Value>,
}

impl Drawn {
    fn draw(draws: &mut Draws<'_>) -> Self {
        Self {
            settings: configuration::settings(draws),
            specs: configuration::specs(draws),
        }
    }

    /// The set in a profile, with one policy more; `None` where the values are refused.
    fn set(&self, profile: &str, more: Option<Value>) -> Option<PolicySet> {
        let specs = self.specs.iter().cloned().chain(more).collect();
        compile(&with(policies::configuration(profile, specs), &self.settings))
    }

    fn judge_with_one_more(&self, profile: &str, rules: &[Value], request: &Request<'_>) {
        let with = |action: &str| self.set(profile, Some(json!({"action": action, "rules": rules})));
        let [Some(before), Some(deny), Some(audit)] = [self.set(profile, None), with("DENY"), with("AUDIT")]
        else {
            return;
        };
        let allowed = allows(&before, request);
        assert!(
            allowed || !allows(&deny, request),
            "one more DENY policy admits it"
        );
        assert_eq!(allowed, allows(&audit, request), "one more AUDIT policy");
        let _ = audit.observe(request);
    }

    /// Templates, hosts with a port or a trailing dot, and SPIFFE IDs as `principals` are read wider by zero-trust
    /// (section 0).
    fn reads_wider(&self, request: &Request<'_>) -> bool {
        let host = request.host.known().copied().unwrap_or_default();
        let specs = Value::from(self.specs.clone());
        let written = specs.to_string();
        let has_port_or_dot = |host: &str| host.contains(':') || host.ends_with('.');
        has_port_or_dot(&String::from_utf8_lossy(host))
            || hosts(&specs).into_iter().any(has_port_or_dot)
            || written.contains(values::TEMPLATE_START)
            || written.contains(values::SCHEME)
    }
}

/// The values of `hosts` and `notHosts`, wherever they stand.
fn hosts(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => fields.iter().flat_map(hosts_of_field).collect(),
        Value::Array(values) => values.iter().flat_map(hosts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn hosts_of_field<'v>((name, value): (&'v String, &'v Value)) -> Vec<&'v str> {
    match (name.as_str(), value) {
        ("hosts" | "notHosts", Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => hosts(value),
    }
}
