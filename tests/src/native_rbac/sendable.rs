//! Request documents as a client can really send them.

use std::net::IpAddr;

use rustls::pki_types::ServerName;
use serde_json::{Value, json};

/// The fields that belong to the connection.
const OF_THE_CONNECTION: [&str; 4] = ["peer", "source", "destination", "sni"];

/// Gives a request the connection of another one.
pub(super) fn move_to_connection(request: &mut Value, other: &Value) {
    for field in OF_THE_CONNECTION {
        request[field] = other[field].clone();
    }
    drop_nulls(request);
}

/// Changes what no connection can have: a server name without TLS or that is no DNS name; and in the PROXY header no remote
/// address, an unspecified one, or two of different families.
pub(super) fn make(request: &mut Value) {
    let sni = request["sni"].as_str().filter(|sni| is_dns_name(sni));
    if request["peer"].is_null() || sni.is_none() {
        request["sni"] = Value::Null;
    }
    let remote: Option<IpAddr> = request["source"]["remoteIp"]
        .as_str()
        .and_then(|text| text.parse().ok());
    if remote.is_none_or(|ip| ip.is_unspecified()) {
        request["source"]["remoteIp"] = json!("203.0.113.9");
    }
    let is_v4 = |address: &Value| {
        address
            .as_str()
            .and_then(|text| text.parse().ok())
            .map(|ip: IpAddr| ip.is_ipv4())
    };
    let remote = is_v4(&request["source"]["remoteIp"]);
    let destination = is_v4(&request["destination"]["ip"]);
    if destination.is_none() || remote != destination {
        let same_family = if remote == Some(false) {
            "2001:db8::1"
        } else {
            "10.0.0.8"
        };
        request["destination"]["ip"] = json!(same_family);
    }
    drop_nulls(request);
}

fn drop_nulls(request: &mut Value) {
    if let Some(fields) = request.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
}

fn is_dns_name(name: &str) -> bool {
    matches!(ServerName::try_from(name), Ok(ServerName::DnsName(_)))
}
