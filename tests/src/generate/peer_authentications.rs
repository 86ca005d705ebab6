//! PeerAuthentication documents.

use serde_json::{Value, json};

use super::dice::Dice;

const MODES: [&str; 4] = ["STRICT", "PERMISSIVE", "DISABLE", "UNSET"];

/// None to three; most let plaintext through, so that the policies are asked.
pub(super) fn peer_authentications(dice: &mut Dice, root: &str) -> Vec<Value> {
    let count = dice.weighted(&[3, 5, 2, 1]);
    (0..count)
        .map(|index| peer_authentication(dice, root, index))
        .collect()
}

fn mode(dice: &mut Dice) -> Value {
    json!({"mode": MODES[dice.weighted(&[1, 6, 1, 1])]})
}

fn peer_authentication(dice: &mut Dice, root: &str, index: usize) -> Value {
    let namespace = ["shop", root, "billing"][dice.weighted(&[5, 4, 1])];
    let mut spec = json!({});
    if dice.chance(90) {
        spec["mtls"] = mode(dice);
    }
    if dice.one_in(3) {
        spec["selector"] =
            json!({"matchLabels": {"app": if dice.one_in(5) { "payments" } else { "orders" }}});
        if dice.chance(50) {
            spec["portLevelMtls"] = json!({"8080": mode(dice), "9050": mode(dice)});
        }
    }
    let mut metadata = json!({"name": format!("m{}", 9 - index), "namespace": namespace});
    if dice.chance(50) {
        metadata["creationTimestamp"] = json!(dice.pick(&["2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"]));
    }
    json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": metadata, "spec": spec})
}
