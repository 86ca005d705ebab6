//! [`Guard`]: whether requests or connections are guarded, and what that means for the names of things.

use crate::weak_points::cursor::Cursor;
use crate::{interlock, wasm_filter};

/// What the filter decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    Requests,
    Connections,
}

impl Guard {
    /// The guard that this Wasm message is for.
    pub(super) fn of_filter(message: &Cursor<'_>) -> Option<Self> {
        [Self::Requests, Self::Connections]
            .into_iter()
            .find(|guard| message.is_of_type(guard.wasm_type()))
    }

    pub(super) fn wasm_type(self) -> &'static str {
        match self {
            Self::Requests => wasm_filter::HTTP_TYPE_NAME,
            Self::Connections => wasm_filter::NETWORK_TYPE_NAME,
        }
    }

    pub(super) fn rbac_type(self) -> &'static str {
        match self {
            Self::Requests => "envoy.extensions.filters.http.rbac.v3.RBAC",
            Self::Connections => "envoy.extensions.filters.network.rbac.v3.RBAC",
        }
    }

    /// The word that opens the interlock.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Requests => interlock::ALLOW,
            Self::Connections => interlock::ALLOW_CONNECTION,
        }
    }

    /// The callbacks without which nothing is decided.
    pub(super) fn callbacks(self) -> &'static [&'static str] {
        match self {
            Self::Requests => &["proxy_on_request_headers"],
            Self::Connections => &["proxy_on_downstream_data", "proxy_on_upstream_data"],
        }
    }

    /// The filters behind the decision that change nothing: they refuse, delay or count.
    pub(super) fn harmless_types(self) -> &'static [&'static str] {
        match self {
            Self::Requests => &[
                "envoy.extensions.filters.http.rbac.v3.RBAC",
                "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
                "envoy.extensions.filters.http.bandwidth_limit.v3.BandwidthLimit",
                "envoy.extensions.filters.http.admission_control.v3.AdmissionControl",
                "envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency",
                "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
                "envoy.extensions.filters.http.router.v3.Router",
            ],
            Self::Connections => &[
                "envoy.extensions.filters.network.rbac.v3.RBAC",
                "envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit",
                "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit",
                "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            ],
        }
    }
}
