//! The HTTP connection manager: what a request must look like before any filter sees it.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::{FilePath, access_log, http_filters, route};

const NAME: &str = "envoy.filters.network.http_connection_manager";
/// The protobuf message of the connection manager.
pub const TYPE_NAME: &str =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// A connection without a request is closed after this long.
pub const IDLE_TIMEOUT: &str = "300s";
/// The identity of a connection is that of its handshake, so a connection must not outlive the SVID by much.
pub const MAX_CONNECTION_DURATION: &str = "600s";
/// A stream on which nothing moves is reset after this long.
const STREAM_IDLE_TIMEOUT: &str = "300s";
/// A request has to arrive as a whole within this long.
const REQUEST_TIMEOUT: &str = "300s";
/// The headers of a request have to arrive within this long: a peer that trickles them holds no stream.
const REQUEST_HEADERS_TIMEOUT: &str = "10s";

/// What differs between guarded listeners.
pub struct Guarded<'a> {
    /// The name before the statistics.
    pub stat_prefix: &'a str,
    /// An `envoy.config.route.v3.RouteConfiguration`.
    pub route_config: Value,
    /// Usually [`http_filters::guarded`].
    pub http_filters: Vec<Value>,
    /// The file of the access log.
    pub access_log: &'a FilePath,
}

/// What differs between originating listeners.
pub struct Originating<'a> {
    /// The name before the statistics.
    pub stat_prefix: &'a str,
    /// An `envoy.config.route.v3.RouteConfiguration`.
    pub route_config: Value,
    /// The file of the access log.
    pub access_log: &'a FilePath,
}

/// The network filter in front of a guarded application.
#[must_use]
pub fn guarded(listener: &Guarded<'_>) -> Value {
    network_filter(&json!({
        "@type": type_url(TYPE_NAME),
        "stat_prefix": listener.stat_prefix,
        "route_config": listener.route_config,
        "http_filters": listener.http_filters,
        "access_log": [access_log::judged_requests(listener.access_log)],

        // The filter and the application must read one and the same path: `/orders/../admin` and `//admin` become
        // `/admin` before the decision, and `%2F`, which some applications decode and others do not, is refused.
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",

        // The application learns the peer from a header that only this Envoy writes; what a peer wrote is removed,
        // on a plaintext connection too.
        "forward_client_cert_details": "SANITIZE_SET",
        "set_current_client_cert_details": {"uri": true},

        // The peer is who is at the other end of the connection, not whom `x-forwarded-for` names; and whatever its
        // address, its `x-envoy-*` headers, which set timeouts and retries, are removed.
        "use_remote_address": true,
        "internal_address_config": nobody_is_internal(),

        "common_http_protocol_options": guarded_connection(),
        "http2_protocol_options": bounded_http2(),
        "stream_idle_timeout": STREAM_IDLE_TIMEOUT,
        "request_timeout": REQUEST_TIMEOUT,
        "request_headers_timeout": REQUEST_HEADERS_TIMEOUT,
        "drain_timeout": route::TIMEOUT,
        "server_header_transformation": "PASS_THROUGH",
    }))
}

/// The network filter between the application and its peers. It passes paths and `x-forwarded-for` on as they are:
/// the peer's own sidecar normalises and judges them.
#[must_use]
pub fn originating(listener: &Originating<'_>) -> Value {
    network_filter(&json!({
        "@type": type_url(TYPE_NAME),
        "stat_prefix": listener.stat_prefix,
        "route_config": listener.route_config,
        "http_filters": [http_filters::router()],
        "access_log": [access_log::originated_requests(listener.access_log)],
        "use_remote_address": true,
        "skip_xff_append": true,
        "common_http_protocol_options": {"idle_timeout": IDLE_TIMEOUT},
        "stream_idle_timeout": STREAM_IDLE_TIMEOUT,
        "request_headers_timeout": REQUEST_HEADERS_TIMEOUT,
        "server_header_transformation": "PASS_THROUGH",
    }))
}

/// `x_role` and `x-role` are one name to some applications, so a policy on the one could be passed by the other:
/// a request that has a name with an underscore is refused.
fn guarded_connection() -> Value {
    json!({
        "headers_with_underscores_action": "REJECT_REQUEST",
        "idle_timeout": IDLE_TIMEOUT,
        "max_connection_duration": MAX_CONNECTION_DURATION,
    })
}

/// Without a range Envoy takes the private ones and loopback, where every peer of a mesh lives; this one address
/// belongs to nobody, because no packet may come from it (RFC 1122, section 3.2.1.3).
fn nobody_is_internal() -> Value {
    json!({"cidr_ranges": [{"address_prefix": "0.0.0.0", "prefix_len": 32}]})
}

/// What one connection may hold open and unread, so that a single peer cannot exhaust the sidecar.
fn bounded_http2() -> Value {
    json!({
        "max_concurrent_streams": 100,
        "initial_stream_window_size": 65_536,
        "initial_connection_window_size": 1_048_576,
    })
}

/// The connection manager of this message as a network filter.
#[must_use]
pub fn network_filter(typed_config: &Value) -> Value {
    json!({"name": NAME, "typed_config": typed_config})
}
