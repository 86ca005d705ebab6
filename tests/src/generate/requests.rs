//! Request documents for a configuration.

use serde_json::{Value, json};

use super::Mode;
use super::aim::Target;
use super::attributes::workload_id;
use super::dice::Dice;
use super::mutate::mutate;
use super::pools::*;
use super::sendable;

pub(super) fn request(dice: &mut Dice, mode: Mode, configuration: &Value) -> Value {
    let mut request = plain(dice, mode);
    if dice.chance(90) {
        aim_at_a_rule(dice, configuration, &mut request);
    }
    for _ in 0..dice.weighted(&[4, 4, 2, 1]) {
        mutate(dice, &mut request);
    }
    match mode {
        Mode::Everything => set_protocol(dice, &mut request),
        Mode::IstioRbac => sendable::make(&mut request),
    }
    request
}

/// A request without anything special.
fn plain(dice: &mut Dice, mode: Mode) -> Value {
    let addresses: &[&str] = match mode {
        Mode::Everything => &ADDRESSES,
        Mode::IstioRbac => &LOOPBACK,
    };
    let mut request = json!({
        "source": {"ip": dice.pick(addresses), "remoteIp": dice.text(&ADDRESSES)},
        "destination": {"ip": dice.text(&ADDRESSES), "port": dice.pick(&PORTS)},
        "method": dice.text(&METHODS),
        "host": dice.text(&HOSTS),
        "path": dice.text(&PATHS),
    });
    if dice.chance(90) {
        let td = dice.text(&TRUST_DOMAINS[..2]);
        request["peer"] = json!({"spiffeId": workload_id(dice, td, None, None)});
    }
    if dice.chance(90) {
        request["time"] = json!(TIMES[0]);
    }
    if dice.one_in(4) {
        request["sni"] = json!(dice.text(&SNIS));
    }
    request
}

fn aim_at_a_rule(dice: &mut Dice, configuration: &Value, request: &mut Value) {
    let resources = configuration["resources"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let Some(policy) = dice.pick_any(resources) else {
        return;
    };
    let rules = policy["spec"]["rules"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let Some(rule) = dice.pick_any(rules) else { return };
    let target = Target {
        configuration,
        namespace: policy["metadata"]["namespace"].as_str().unwrap_or_default(),
    };
    target.aim(dice, request, rule);
}

/// Some are gRPC, and some are TCP connections, which have no HTTP attributes.
fn set_protocol(dice: &mut Dice, request: &mut Value) {
    match dice.weighted(&[80, 5, 15]) {
        0 => {}
        1 => request["protocol"] = json!("grpc"),
        _ => {
            request["protocol"] = json!("tcp");
            if let Some(fields) = request.as_object_mut() {
                for http_only in ["method", "host", "path", "headers", "jwt"] {
                    fields.remove(http_only);
                }
            }
        }
    }
}
