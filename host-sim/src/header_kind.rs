//! What Envoy does with a header by its name, which differs by the map that it is in: as measured on Envoy 1.40.

use crate::abi::MapType;

/// A kind of header map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderKind {
    Request,
    Response,
    ResponseTrailers,
    /// Trailers of a request, and maps of calls: no regular name is special.
    Other,
}

impl HeaderKind {
    pub(crate) const fn of(map: MapType) -> Self {
        match map {
            MapType::HttpRequestHeaders => Self::Request,
            MapType::HttpResponseHeaders => Self::Response,
            MapType::HttpResponseTrailers => Self::ResponseTrailers,
            MapType::HttpRequestTrailers
            | MapType::GrpcReceiveInitialMetadata
            | MapType::GrpcReceiveTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers => Self::Other,
        }
    }

    /// The name under which the map keeps this one: in lower case, and a request's `host` as `:authority`.
    pub(crate) fn name(self, given: &[u8]) -> Vec<u8> {
        let name = given.to_ascii_lowercase();
        match self {
            Self::Request if name == b"host" => b":authority".to_vec(),
            Self::Request | Self::Response | Self::ResponseTrailers | Self::Other => name,
        }
    }

    /// Whether a further value of this name, in lower case, goes behind the first one, after a comma.
    pub(crate) fn joins(self, name: &[u8]) -> bool {
        let joined: &[&[u8]] = match self {
            Self::Request => REQUEST,
            Self::Response => RESPONSE,
            Self::ResponseTrailers => &GRPC,
            Self::Other => &[],
        };
        name.starts_with(b":") || joined.contains(&name)
    }
}

const GRPC: [&[u8]; 2] = [b"grpc-message", b"grpc-status"];

const REQUEST: &[&[u8]] = &[
    b"accept",
    b"accept-encoding",
    b"access-control-request-headers",
    b"access-control-request-method",
    b"access-control-request-private-network",
    b"authorization",
    b"cache-control",
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"expect",
    b"grpc-accept-encoding",
    b"grpc-timeout",
    b"if-match",
    b"if-modified-since",
    b"if-none-match",
    b"if-range",
    b"if-unmodified-since",
    b"keep-alive",
    b"origin",
    b"pragma",
    b"proxy-connection",
    b"proxy-status",
    b"referer",
    b"te",
    b"transfer-encoding",
    b"upgrade",
    b"user-agent",
    b"via",
    b"x-client-trace-id",
    b"x-envoy-attempt-count",
    b"x-envoy-decorator-operation",
    b"x-envoy-downstream-service-cluster",
    b"x-envoy-downstream-service-node",
    b"x-envoy-expected-rq-timeout-ms",
    b"x-envoy-external-address",
    b"x-envoy-force-trace",
    b"x-envoy-hedge-on-per-try-timeout",
    b"x-envoy-internal",
    b"x-envoy-ip-tags",
    b"x-envoy-is-timeout-retry",
    b"x-envoy-max-retries",
    b"x-envoy-original-host",
    b"x-envoy-original-path",
    b"x-envoy-original-url",
    b"x-envoy-retriable-header-names",
    b"x-envoy-retriable-status-codes",
    b"x-envoy-retry-grpc-on",
    b"x-envoy-retry-on",
    b"x-envoy-upstream-alt-stat-name",
    b"x-envoy-upstream-rq-per-try-timeout-ms",
    b"x-envoy-upstream-rq-timeout-alt-response",
    b"x-envoy-upstream-rq-timeout-ms",
    b"x-envoy-upstream-stream-duration-ms",
    b"x-forwarded-client-cert",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-proto",
    b"x-request-id",
];

const RESPONSE: &[&[u8]] = &[
    b"access-control-allow-credentials",
    b"access-control-allow-headers",
    b"access-control-allow-methods",
    b"access-control-allow-origin",
    b"access-control-allow-private-network",
    b"access-control-expose-headers",
    b"access-control-max-age",
    b"age",
    b"cache-control",
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"date",
    b"etag",
    b"expires",
    b"grpc-message",
    b"grpc-status",
    b"keep-alive",
    b"last-modified",
    b"location",
    b"proxy-connection",
    b"proxy-status",
    b"server",
    b"transfer-encoding",
    b"upgrade",
    b"vary",
    b"via",
    b"x-envoy-attempt-count",
    b"x-envoy-decorator-operation",
    b"x-envoy-degraded",
    b"x-envoy-immediate-health-check-fail",
    b"x-envoy-ratelimited",
    b"x-envoy-upstream-canary",
    b"x-envoy-upstream-healthchecked-cluster",
    b"x-envoy-upstream-service-time",
    b"x-request-id",
];
