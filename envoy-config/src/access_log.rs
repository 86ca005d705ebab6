//! The access log: one JSON object a line, with the decision beside what was asked for.
//!
//! Whether a peer spoke mTLS, TLS or plaintext stands beside its SPIFFE ID: `peer_fingerprint` is null where it presented no
//! certificate, and `tls_version` where there was no TLS.

use serde_json::{Value, json};

use crate::FilePath;
use crate::any::type_url;

/// A line for each request of a peer, with the decision on it. Keys without a value are null.
#[must_use]
pub fn judged_requests(path: &FilePath) -> Value {
    json!({"name": "judged-requests", "typed_config": file(path, &judged_request())})
}

/// A line for each connection of a peer to an application that does not speak HTTP, with the decision on it.
#[must_use]
pub fn judged_connections(path: &FilePath) -> Value {
    json!({"name": "judged-connections", "typed_config": file(path, &judged_connection())})
}

/// A line for each request of the application to a peer.
#[must_use]
pub fn originated_requests(path: &FilePath) -> Value {
    json!({"name": "originated-requests", "typed_config": file(path, &originated_request())})
}

/// A line for each connection to `filter_chain` that ended in a failed handshake: it had no request, so no other line
/// tells of it.
///
/// The chain is named because the TLS inspector notes a failure for each plaintext connection too.
#[must_use]
pub fn failed_handshakes(path: &FilePath, filter_chain: &str) -> Value {
    let expression =
        format!("has(connection.transport_failure_reason) && xds.filter_chain_name == '{filter_chain}'");
    json!({
        "name": "failed-handshakes",
        "filter": {"extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {
                "@type": type_url("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"),
                "expression": expression,
            },
        }},
        "typed_config": file(path, &failed_handshake()),
    })
}

fn file(path: &FilePath, fields: &Value) -> Value {
    json!({
        "@type": type_url("envoy.extensions.access_loggers.file.v3.FileAccessLog"),
        "path": path.as_str(),
        "log_format": {"json_format": fields},
    })
}

fn judged_request() -> Value {
    json!({
        "time": "%START_TIME%",
        "direction": "inbound",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "traceparent": "%REQ(TRACEPARENT)%",
        "peer_uri_san": "%DOWNSTREAM_PEER_URI_SAN%",
        "peer_fingerprint": "%DOWNSTREAM_PEER_FINGERPRINT_256%",
        "tls_version": "%DOWNSTREAM_TLS_VERSION%",
        "peer_address": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
        "destination_port": "%DOWNSTREAM_LOCAL_PORT%",
        "protocol": "%PROTOCOL%",
        "method": "%REQ(:METHOD)%",
        "host": "%REQ(:AUTHORITY)%",
        "path": "%PATH(NQ:PATH)%",
        "decision": filter_state("decision"),
        "cause": filter_state("cause"),
        "policy": filter_state("policy"),
        "rule": filter_state("rule"),
        "audited": filter_state("audited"),
        "would_deny": filter_state("would_deny"),
        "would_allow": filter_state("would_allow"),
        "response_code": "%RESPONSE_CODE%",
        "response_code_details": "%RESPONSE_CODE_DETAILS%",
        "response_flags": "%RESPONSE_FLAGS%",
        "duration_ms": "%DURATION%",
    })
}

fn judged_connection() -> Value {
    json!({
        "time": "%START_TIME%",
        "direction": "inbound",
        "peer_uri_san": "%DOWNSTREAM_PEER_URI_SAN%",
        "peer_fingerprint": "%DOWNSTREAM_PEER_FINGERPRINT_256%",
        "tls_version": "%DOWNSTREAM_TLS_VERSION%",
        "peer_address": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
        "destination_port": "%DOWNSTREAM_LOCAL_PORT%",
        "server_name": "%REQUESTED_SERVER_NAME%",
        "decision": filter_state("decision"),
        "cause": filter_state("cause"),
        "policy": filter_state("policy"),
        "rule": filter_state("rule"),
        "audited": filter_state("audited"),
        "would_deny": filter_state("would_deny"),
        "would_allow": filter_state("would_allow"),
        "bytes_received": "%BYTES_RECEIVED%",
        "bytes_sent": "%BYTES_SENT%",
        "termination_details": "%CONNECTION_TERMINATION_DETAILS%",
        "response_flags": "%RESPONSE_FLAGS%",
        "duration_ms": "%DURATION%",
    })
}

/// What the filter says in filter state, where Envoy puts `wasm.` before each key.
fn filter_state(name: &str) -> String {
    format!("%FILTER_STATE(wasm.spiffe_authz_{name}:PLAIN)%")
}

fn originated_request() -> Value {
    json!({
        "time": "%START_TIME%",
        "direction": "outbound",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "traceparent": "%REQ(TRACEPARENT)%",
        "peer_uri_san": "%UPSTREAM_PEER_URI_SAN%",
        "peer_address": "%UPSTREAM_REMOTE_ADDRESS%",
        "upstream_cluster": "%UPSTREAM_CLUSTER%",
        "protocol": "%PROTOCOL%",
        "method": "%REQ(:METHOD)%",
        "host": "%REQ(:AUTHORITY)%",
        "path": "%PATH(NQ:PATH)%",
        "response_code": "%RESPONSE_CODE%",
        "response_code_details": "%RESPONSE_CODE_DETAILS%",
        "response_flags": "%RESPONSE_FLAGS%",
        "transport_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
        "duration_ms": "%DURATION%",
    })
}

fn failed_handshake() -> Value {
    json!({
        "time": "%START_TIME%",
        "direction": "inbound",
        "peer_address": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
        "handshake_failure": "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
    })
}
