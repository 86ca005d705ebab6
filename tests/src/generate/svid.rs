//! The section `svid`, and what its rules ask of a peer.

use serde_json::{Value, json};

use super::attributes::object;
use super::dice::Dice;
use super::pools::*;

/// What stands in the filter state of peers that are handed on.
const KEY: &str = "io.istio.peer_principal";

/// The section, where there is one; only a gateway has peers that are handed on.
pub(super) fn section(dice: &mut Dice, is_istio: bool, gateway: bool) -> Option<Value> {
    if !dice.chance(40) {
        return None;
    }
    let mut section = json!({"denied": {"spiffeIds": some_of(dice, &DENIED_IDS)}});
    let uri = !is_istio && dice.one_in(5);
    if uri || (!is_istio && dice.one_in(5)) {
        section["required"] = json!(if uri { "uri" } else { "full" });
    }
    let handed_on = gateway && dice.chance(70);
    if handed_on {
        section["peerPrincipalKey"] = json!(KEY);
    }
    if !handed_on {
        section["denied"]["sha256Digests"] = some_of(dice, &DENIED_DIGESTS);
        if !uri {
            section["denied"]["serialNumbers"] = some_of(dice, &DENIED_SERIALS);
        }
    }
    Some(section)
}

/// Each of them once in three times.
fn some_of(dice: &mut Dice, pool: &[&'static str]) -> Value {
    let some: Vec<&str> = pool.iter().copied().filter(|_| dice.one_in(3)).collect();
    json!(some)
}

/// Another certificate, another fact about it, or a peer that is handed on.
pub(super) fn change_peer(dice: &mut Dice, request: &mut Value, id: &str) {
    match dice.below(5) {
        0 => request["peer"] = json!({"certificatePem": dice.text(&CERTIFICATES)}),
        1 => request["peer"] = json!({"filterState": handed_on(dice, id)}),
        2 => set_fact(dice, request, id, "serialNumber", &SERIALS),
        3 => set_fact(dice, request, id, "sha256Digest", &DIGESTS),
        _ => {
            let field = *dice.pick(&["notBefore", "notAfter"]);
            set_fact(dice, request, id, field, &TIMES);
        }
    }
}

fn handed_on(dice: &mut Dice, id: &str) -> String {
    match dice.below(8) {
        0 => String::new(),
        1 => "-".to_owned(),
        2 => format!("{id},spiffe://cluster.local/ns/shop/sa/frontend"),
        3 => format!("spiffe://{}", dice.text(&TRUST_DOMAINS)),
        _ => id.to_owned(),
    }
}

/// Only a described certificate has facts of its own.
fn set_fact(dice: &mut Dice, request: &mut Value, id: &str, field: &str, pool: &[&'static str]) {
    let described = ["spiffeId", "uriSans"]
        .iter()
        .any(|name| request["peer"].get(name).is_some());
    if !described {
        request["peer"] = json!({"spiffeId": id});
    }
    object(request, "peer").insert(field.to_owned(), json!(dice.text(pool)));
}
