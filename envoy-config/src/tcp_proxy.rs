//! The TCP proxy: the way on for a connection that was judged.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::http_connection_manager::{IDLE_TIMEOUT, MAX_CONNECTION_DURATION};
use crate::{FilePath, access_log};

const NAME: &str = "envoy.filters.network.tcp_proxy";

/// What differs between guarded TCP listeners.
pub struct GuardedTcp<'a> {
    /// The name before the statistics.
    pub stat_prefix: &'a str,
    /// The cluster of the application.
    pub cluster: &'a str,
    /// The file of the access log.
    pub access_log: &'a FilePath,
}

/// The last network filter in front of a guarded application.
///
/// `ON_DOWNSTREAM_TLS_HANDSHAKE`: the application is dialled when the handshake is done, so that a peer which never
/// proves its identity reaches nothing, and an application that speaks first is not heard before there is an identity
/// to judge. No bytes are taken ahead of the application's connection: `max_early_data_bytes` is 0.
#[must_use]
pub fn guarded(listener: &GuardedTcp<'_>) -> Value {
    json!({
        "name": NAME,
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
            "stat_prefix": listener.stat_prefix,
            "cluster": listener.cluster,
            "access_log": [access_log::judged_connections(listener.access_log)],
            "upstream_connect_mode": "ON_DOWNSTREAM_TLS_HANDSHAKE",
            "max_early_data_bytes": 0,
            "idle_timeout": IDLE_TIMEOUT,
            "max_downstream_connection_duration": MAX_CONNECTION_DURATION,
        },
    })
}
