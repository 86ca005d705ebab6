//! The policies under attack: the same thing protected by DENY, by ALLOW with the `not` form, and by ALLOW alone.

use serde_json::{Value, json};

/// The workload behind every station.
fn configuration(profile: &str, resources: &[Value]) -> Value {
    json!({"profile": profile, "workload": {"namespace": "shop", "labels": {"app": "orders"}}, "resources": resources})
}

/// What a rule asks: its `from`, `to` and `when`.
pub type Rule = Value;

/// A plugin configuration of this profile: DENY what this rule matches, ALLOW everything else.
#[must_use]
pub fn deny(profile: &str, rule: &Rule) -> Value {
    configuration(
        profile,
        &[
            policy("protect", "DENY", std::slice::from_ref(rule)),
            policy("everything", "ALLOW", &[json!({})]),
        ],
    )
}

/// A plugin configuration of this profile: ALLOW what this rule matches, and hence nothing else.
#[must_use]
pub fn allow(profile: &str, rule: &Rule) -> Value {
    allow_any(profile, std::slice::from_ref(rule))
}

/// A plugin configuration of this profile: ALLOW what one of these rules matches.
#[must_use]
pub fn allow_any(profile: &str, rules: &[Rule]) -> Value {
    configuration(profile, &[policy("protect", "ALLOW", rules)])
}

fn policy(name: &str, action: &str, rules: &[Rule]) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": rules},
    })
}

/// A rule about an operation.
#[must_use]
pub fn operation(fields: Value) -> Rule {
    json!({"to": [{"operation": fields}]})
}

/// A rule about a source.
#[must_use]
pub fn source(fields: Value) -> Rule {
    json!({"from": [{"source": fields}]})
}

/// A rule about one condition.
#[must_use]
pub fn condition(condition: Value) -> Rule {
    json!({"when": [condition]})
}

/// Takes plaintext beside mTLS.
#[must_use]
pub fn permissive(mut configuration: Value) -> Value {
    if let Some(resources) = configuration["resources"].as_array_mut() {
        resources.push(json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "PeerAuthentication",
            "metadata": {"name": "default", "namespace": "shop"},
            "spec": {"mtls": {"mode": "PERMISSIVE"}},
        }));
    }
    configuration
}
