//! Plugin configurations for tests of the transport.

use serde_json::{Value, json};

/// Profile zero-trust, and one ALLOW policy: this SPIFFE ID may GET these paths of the workload `shop/orders`.
#[must_use]
pub fn allow_get(spiffe_id: &str, paths: &[&str]) -> Value {
    json!({"resources": [{
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "orders"}},
            "rules": [{
                "from": [{"source": {"principals": [spiffe_id]}}],
                "to": [{"operation": {"methods": ["GET"], "paths": paths}}],
            }],
        },
    }]})
}

/// Three mistakes, and their places.
#[must_use]
pub fn three_mistakes() -> (Value, [&'static str; 3]) {
    let mut configuration = allow_get("a", &["/"]);
    let spec = &mut configuration["resources"][0]["spec"];
    spec["action"] = json!("PERMIT");
    spec["rules"][0]["when"] = json!([{"key": "source.ip", "values": ["10.0.0.0/33"]}]);
    spec["rules"][0]["to"][0]["operation"]["ports"] = json!(["http"]);
    let places = [
        "resources[0].spec.action",
        "resources[0].spec.rules[0].to[0].operation.ports[0]",
        "resources[0].spec.rules[0].when[0].values[0]",
    ];
    (configuration, places)
}
