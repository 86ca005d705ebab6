//! Plugin configurations, as short as they can be said.

use serde_json::{Map, Value, json};
use spiffe_authz_policy::PolicySet;

/// The two profiles.
pub(crate) const PROFILES: [&str; 2] = ["zero-trust", "istio"];

/// An AuthorizationPolicy `shop/NAME` with this spec.
pub(crate) fn authorization_policy(name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    })
}

/// A PeerAuthentication of namespace `shop` with this mode.
pub(crate) fn peer_authentication(mode: &str) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "shop"},
        "spec": {"mtls": {"mode": mode}},
    })
}

/// A plugin configuration for the workload `app: orders` of namespace `shop`, open to plaintext.
pub(crate) fn configuration(profile: &str, specs: Vec<Value>) -> Value {
    let named = |(index, spec)| authorization_policy(&format!("p{index}"), spec);
    let mut resources: Vec<Value> = specs.into_iter().enumerate().map(named).collect();
    resources.push(peer_authentication("PERMISSIVE"));
    json!({
        "profile": profile,
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": resources,
    })
}

/// The configuration with these fields put in.
pub(crate) fn with(mut configuration: Value, settings: &Map<String, Value>) -> Value {
    if let Value::Object(fields) = &mut configuration {
        fields.extend(settings.clone());
    }
    configuration
}

/// The set of a configuration, if it is one.
pub(crate) fn compile(configuration: &Value) -> Option<PolicySet> {
    PolicySet::from_plugin_configuration(configuration.to_string().as_bytes(), None).ok()
}

/// Two ways to say the same: only what matches the clause is allowed, and all is allowed but what does not match it.
pub(crate) fn only(profile: &str, clause: impl Fn(bool) -> Value) -> Option<[PolicySet; 2]> {
    let matching = json!({"rules": [clause(false)]});
    let not_matching = json!({"action": "DENY", "rules": [clause(true)]});
    let said = compile(&configuration(profile, vec![matching]))?;
    let said_otherwise = compile(&configuration(
        profile,
        vec![json!({"rules": [{}]}), not_matching],
    ))?;
    Some([said, said_otherwise])
}
