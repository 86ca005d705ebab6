//! Clusters: one address each, in plaintext over loopback or over mutual TLS.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::address::socket_address;
use crate::any::type_url;
use crate::{TlsSecrets, http_connection_manager as hcm, tls};

/// A peer that does not answer is given up after this long.
const CONNECT_TIMEOUT: &str = "5s";
const HTTP_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// The application behind the sidecar, over loopback: HTTP/1.1 or the bytes of connections.
#[must_use]
pub fn plaintext(name: &str, address: SocketAddr) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": CONNECT_TIMEOUT,
        "load_assignment": one_endpoint(name, address),
    })
}

/// The same, over HTTP/2 without TLS, as gRPC servers speak.
#[must_use]
pub fn plaintext_http2(name: &str, address: SocketAddr) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": CONNECT_TIMEOUT,
        "load_assignment": one_endpoint(name, address),
        "typed_extension_protocol_options": {HTTP_OPTIONS: {
            "@type": type_url(HTTP_OPTIONS),
            "explicit_http_config": {"http2_protocol_options": {}},
        }},
    })
}

/// A peer: mutual TLS, HTTP/2 or HTTP/1.1 by ALPN. Connections end after a while, so that both sides prove their
/// identity anew.
#[must_use]
pub fn mutual_tls(name: &str, address: SocketAddr, svid: &impl TlsSecrets, spiffe_id: &str) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": CONNECT_TIMEOUT,
        "load_assignment": one_endpoint(name, address),
        "transport_socket": tls::upstream(svid, spiffe_id),
        "typed_extension_protocol_options": {HTTP_OPTIONS: {
            "@type": type_url(HTTP_OPTIONS),
            "auto_config": {"http_protocol_options": {}, "http2_protocol_options": {}},
            "common_http_protocol_options": {
                "idle_timeout": hcm::IDLE_TIMEOUT,
                "max_connection_duration": hcm::MAX_CONNECTION_DURATION,
            },
        }},
    })
}

fn one_endpoint(name: &str, address: SocketAddr) -> Value {
    json!({
        "cluster_name": name,
        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket_address(address)}}]}],
    })
}
