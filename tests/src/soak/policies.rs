//! The plugin configurations: one for each version, and those that must be rejected.

use serde_json::{Value, json};

use crate::soak::ask::Ask;

/// Who may ask, as policies write it.
const PRINCIPAL: &str = "cluster.local/ns/shop/sa/frontend";

/// What the version with this number says about this workload of the namespace `shop`.
pub(super) fn configuration(workload: &str, version: u64) -> Value {
    let allowed = [Ask::Always, Ask::Even, Ask::Odd]
        .into_iter()
        .filter(|ask| ask.is_allowed_by(version));
    let paths: Vec<&str> = allowed.map(Ask::path).collect();
    json!({"profile": "zero-trust", "resources": [
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "PeerAuthentication",
            "metadata": {"name": "strict", "namespace": "shop"},
            "spec": {"mtls": {"mode": "STRICT"}},
        },
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": format!("version-{version}"), "namespace": "shop"},
            "spec": {
                "selector": {"matchLabels": {"app": workload}},
                "rules": [{
                    "from": [{"source": {"principals": [PRINCIPAL]}}],
                    "to": [{"operation": {"methods": ["GET"], "paths": paths}}],
                }],
            },
        },
    ]})
}

/// A configuration that would allow everything, if it were not wrong: a word that is none, or half a document.
pub(super) fn bad(workload: &str, dice: &mut fastrand::Rng) -> String {
    let mut configuration = configuration(workload, 0);
    // Envoy counts no second rejection of the document that it has rejected last.
    configuration["resources"][0]["metadata"]["name"] = json!(format!("bad-{}", dice.u64(..)));
    let spec = &mut configuration["resources"][1]["spec"];
    spec["rules"] = json!([{}]);
    if dice.bool() {
        spec["action"] = json!("PERMIT");
        return configuration.to_string();
    }
    let text = configuration.to_string();
    text.chars().take(text.len() / 2).collect()
}
