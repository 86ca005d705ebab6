//! Requests as a client sends them over HTTP/1.1 to a listener on loopback.

use serde_json::{Value, json};

use super::pools::METHODS;

/// Changes what a client cannot send.
pub(super) fn make(request: &mut Value) {
    let method = request["method"]
        .as_str()
        .filter(|method| METHODS.contains(method))
        .unwrap_or("GET")
        .to_owned();
    request["method"] = json!(method);
    request["host"] = json!(host(request["host"].as_str().unwrap_or_default()));
    request["path"] = json!(path(request["path"].as_str().unwrap_or_default()));
    if !request["destination"]["port"].is_u64() {
        request["destination"]["port"] = json!(8080);
    }
    source(request);
    peer(request);
    for header in request["headers"].as_array_mut().into_iter().flatten() {
        let text = header[1].as_str().unwrap_or_default();
        let kept: String = text
            .chars()
            .filter(|character| (' '..='~').contains(character))
            .collect();
        header[1] = json!(kept.trim());
    }
    if let Some(fields) = request.as_object_mut() {
        fields.retain(|name, value| name != "time" && !value.is_null());
    }
}

fn host(host: &str) -> String {
    let allowed = |character: &char| character.is_ascii_alphanumeric() || ".-_:[]".contains(*character);
    let kept: String = host.chars().filter(allowed).collect();
    if kept.is_empty() {
        "orders.shop".to_owned()
    } else {
        kept
    }
}

/// A fragment would be refused or cut before any filter.
fn path(path: &str) -> String {
    let kept: String = path
        .chars()
        .filter(|character| ('!'..='~').contains(character) && *character != '#')
        .collect();
    if kept.starts_with('/') {
        kept
    } else {
        format!("/{kept}")
    }
}

/// A client binds to a loopback address.
fn source(request: &mut Value) {
    let is_loopback = |address: &&str| address.starts_with("127.");
    let ip = request["source"]["ip"]
        .as_str()
        .filter(is_loopback)
        .unwrap_or("127.0.0.1")
        .to_owned();
    request["source"]["ip"] = json!(ip);
    if !request["source"]["remoteIp"].is_string() {
        request["source"]["remoteIp"] = json!("203.0.113.9");
    }
}

/// A certificate has one URI SAN of ASCII, or there is none.
fn peer(request: &mut Value) {
    let id = request["peer"]["spiffeId"]
        .as_str()
        .filter(|id| id.is_ascii() && !id.is_empty());
    request["peer"] = id.map_or(Value::Null, |id| json!({"spiffeId": id}));
}
