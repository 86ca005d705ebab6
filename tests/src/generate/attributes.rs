//! Setting one attribute of a request document.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::pools::{NAMESPACES, SERVICE_ACCOUNTS};

/// The map in a field, made if need be.
pub(super) fn object<'r>(request: &'r mut Value, field: &str) -> &'r mut Map<String, Value> {
    if !request[field].is_object() {
        request[field] = json!({});
    }
    request[field].as_object_mut().expect("an object was put there")
}

/// Replaces the identity, and keeps the other facts of a certificate that is described.
pub(super) fn set_identity(request: &mut Value, id: &str) {
    let peer = object(request, "peer");
    for other in ["uriSans", "certificatePem", "filterState"] {
        peer.remove(other);
    }
    peer.insert("spiffeId".to_owned(), json!(id));
}

/// A SPIFFE ID of the usual form, with one part given.
pub(super) fn workload_id(dice: &mut Dice, td: &str, ns: Option<&str>, sa: Option<&str>) -> String {
    let ns = ns.unwrap_or_else(|| dice.text(&NAMESPACES));
    let sa = sa.unwrap_or_else(|| dice.text(&SERVICE_ACCOUNTS));
    format!("spiffe://{td}/ns/{ns}/sa/{sa}")
}

/// Adds a header, or replaces those of its name.
pub(super) fn set_header(request: &mut Value, name: &str, value: &str) {
    match name {
        ":path" => request["path"] = json!(value),
        ":method" => request["method"] = json!(value),
        ":authority" | "host" => request["host"] = json!(value),
        name => {
            let name = name.to_lowercase();
            let headers = headers(request);
            headers.retain(|header| header[0] != name.as_str());
            headers.push(json!([name, value]));
        }
    }
}

pub(super) fn headers(request: &mut Value) -> &mut Vec<Value> {
    if !request["headers"].is_array() {
        request["headers"] = json!([]);
    }
    request["headers"].as_array_mut().expect("a list was put there")
}

/// Sets a claim by its path, `[a][b]`.
pub(super) fn set_claim(request: &mut Value, path: &str, claim: Value) {
    let inside = path.trim_start_matches('[').trim_end_matches(']');
    let mut at = Value::Object(std::mem::take(object(request, "jwt")));
    let mut place = &mut at;
    for name in inside.split("][") {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = claim;
    request["jwt"] = at;
}

/// Adds a query parameter.
pub(super) fn add_query(request: &mut Value, name: &str, value: Option<&str>) {
    let path = request["path"].as_str().unwrap_or("/").to_owned();
    let mark = if path.contains('?') { '&' } else { '?' };
    let name = name.replace(' ', "+");
    request["path"] = match value {
        Some(value) => json!(format!("{path}{mark}{name}={value}")),
        None => json!(format!("{path}{mark}{name}")),
    };
}
