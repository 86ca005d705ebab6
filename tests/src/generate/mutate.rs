//! Small changes to a request: what lies next to a match.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::attributes::{add_query, headers, set_claim, set_header, set_identity};
use super::dice::Dice;
use super::pools::*;
use super::svid;

/// Makes one change.
pub(super) fn mutate(dice: &mut Dice, request: &mut Value) {
    match dice.weighted(&[10, 8, 4, 10, 8, 4, 4, 6, 3, 3, 3, 2]) {
        0 => path(dice, request),
        1 => host(dice, request),
        2 => tweak_field(dice, request, "method"),
        3 => peer(dice, request),
        4 => header(dice, request),
        5 => request["destination"]["port"] = json!(dice.pick(&PORTS)),
        6 => addresses(dice, request),
        7 => claims(dice, request),
        8 => tweak_field(dice, request, "sni"),
        9 => request["time"] = json!(dice.text(&TIMES)),
        10 => remove(dice, request),
        _ => raw_bytes(dice, request),
    }
}

fn path(dice: &mut Dice, request: &mut Value) {
    let path = request["path"].as_str().unwrap_or("/").to_owned();
    match dice.below(10) {
        0 => request["path"] = json!(format!("{path}/")),
        1 => request["path"] = json!(format!("{path}?x=1")),
        2 => request["path"] = json!(format!("{path}#f?debug=1")),
        3 => request["path"] = json!(path.trim_end_matches('/')),
        4 => {
            let (name, value) = (dice.text(&QUERY_NAMES), dice.text(&QUERY_TEXTS));
            add_query(request, name, Some(value));
        }
        5 => add_query(request, dice.text(&QUERY_NAMES), None),
        6 => request["path"] = json!(dice.text(&PATHS)),
        7 => request["path"] = json!(format!("{path}{}", dice.text(&AMBIGUOUS))),
        8 => request["path"] = json!(path.replacen('/', dice.text(&AMBIGUOUS), 1)),
        _ => tweak_field(dice, request, "path"),
    }
}

fn host(dice: &mut Dice, request: &mut Value) {
    let host = request["host"].as_str().unwrap_or("orders.shop").to_owned();
    match dice.weighted(&[3, 2, 1, 1, 3, 3]) {
        0 => request["host"] = json!(format!("{host}:8080")),
        1 => request["host"] = json!(format!("{host}.")),
        2 => request["host"] = json!(format!("user@{host}")),
        3 => request["host"] = json!(format!("{host}/")),
        4 => request["host"] = json!(dice.text(&HOSTS)),
        _ => tweak_field(dice, request, "host"),
    }
}

fn tweak_field(dice: &mut Dice, request: &mut Value, field: &str) {
    if let Some(text) = request[field].as_str() {
        request[field] = json!(tweak(dice, text));
    }
}

/// Text with a byte less, more or changed.
fn tweak(dice: &mut Dice, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let place = dice.below(characters.len() + 1);
    match dice.below(6) {
        0 => characters.truncate(characters.len().saturating_sub(1)),
        1 if !characters.is_empty() => {
            characters.remove(0);
        }
        2 if place < characters.len() => {
            let other = if characters[place].is_lowercase() {
                char::to_ascii_uppercase
            } else {
                char::to_ascii_lowercase
            };
            characters[place] = other(&characters[place]);
        }
        3 => {
            return if dice.one_in(3) {
                String::new()
            } else {
                text.to_uppercase()
            };
        }
        _ => characters.insert(place, *dice.pick(&['x', '/', '.', '*', '-', 'o', 'é', ' '])),
    }
    characters.into_iter().collect()
}

fn peer(dice: &mut Dice, request: &mut Value) {
    let id = request["peer"]["spiffeId"]
        .as_str()
        .unwrap_or("spiffe://cluster.local/ns/shop/sa/orders")
        .to_owned();
    match dice.weighted(&[4, 1, 1, 3, 2, 2, 2, 3, 8]) {
        0 => request["peer"] = Value::Null,
        1 => request["peer"] = json!({"uriSans": []}),
        2 => request["peer"] = json!({"uriSans": [id, "spiffe://cluster.local/ns/shop/sa/frontend"]}),
        3 => set_identity(request, &other_part(dice, &id)),
        4 => set_identity(request, &format!("{id}/extra")),
        5 => set_identity(request, &format!("spiffe://{}/x", dice.text(&TRUST_DOMAINS))),
        6 => set_identity(request, &id.replacen("/ns/", "/x/ns/", 1)),
        7 => set_identity(request, &tweak(dice, &id)),
        _ => svid::change_peer(dice, request, &id),
    }
}

/// The identity with another trust domain, namespace or service account.
fn other_part(dice: &mut Dice, id: &str) -> String {
    let mut parts: Vec<&str> = id.split('/').collect();
    let (index, pool): (usize, &[&'static str]) = match dice.below(3) {
        0 => (2, &TRUST_DOMAINS),
        1 => (4, &NAMESPACES),
        _ => (6, &SERVICE_ACCOUNTS),
    };
    if let Some(part) = parts.get_mut(index) {
        *part = dice.text(pool);
    }
    parts.join("/")
}

fn header(dice: &mut Dice, request: &mut Value) {
    let (name, text) = (dice.text(&HEADER_NAMES), dice.text(&HEADER_TEXTS));
    match dice.below(4) {
        0 => set_header(request, name, text),
        1 => headers(request).clear(),
        // The same header once more, by its value or another.
        2 => {
            if let Some(first) = headers(request).first().cloned() {
                let again = if dice.chance(70) {
                    json!([first[0], text])
                } else {
                    first
                };
                headers(request).push(again);
            }
        }
        _ => headers(request).push(json!([name.to_lowercase(), text])),
    }
}

fn addresses(dice: &mut Dice, request: &mut Value) {
    let (of, name) = *dice.pick(&[("source", "ip"), ("source", "remoteIp"), ("destination", "ip")]);
    request[of][name] = json!(dice.text(&ADDRESSES));
}

fn claims(dice: &mut Dice, request: &mut Value) {
    let path = *dice.pick(&[
        "[groups]",
        "[level]",
        "[email_verified]",
        "[org][team]",
        "[scope]",
        "[role]",
        "[iss]",
        "[sub]",
        "[aud]",
    ]);
    let text = dice.text(&CLAIM_TEXTS);
    let claim = match dice.below(8) {
        0 => json!(3),
        1 => json!(true),
        2 => json!(null),
        3 => json!([text, 3, "users"]),
        4 => json!({"team": text}),
        5 => json!([]),
        6 => json!(10.5),
        _ => json!(text),
    };
    if dice.one_in(5) {
        remove_field(request, "jwt");
    } else {
        set_claim(request, path, claim);
    }
}

const REMOVABLE: [&str; 10] = [
    "path",
    "host",
    "method",
    "destination",
    "source",
    "time",
    "sni",
    "headers",
    "metadata",
    "jwt",
];

fn remove(dice: &mut Dice, request: &mut Value) {
    remove_field(request, dice.text(&REMOVABLE));
}

fn remove_field(request: &mut Value, field: &str) {
    if let Some(fields) = request.as_object_mut() {
        fields.remove(field);
    }
}

/// Bytes that are no text.
fn raw_bytes(dice: &mut Dice, request: &mut Value) {
    let field = *dice.pick(&["path", "host"]);
    if let Some(text) = request[field].as_str() {
        let bytes = [text.as_bytes(), b"\xff"].concat();
        request[field] = json!({"base64": STANDARD.encode(bytes)});
    }
}
