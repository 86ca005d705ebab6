//! [`Host`]: the port to the proxy. One trait, so that everything behind it runs without a proxy.

use crate::pairs::Pair;

/// What the filter asks of the proxy that runs it. No method panics, whatever the proxy answers.
pub(crate) trait Host {
    /// The plugin configuration, as it was given to the proxy.
    ///
    /// # Errors
    /// When the proxy does not hand it over.
    fn plugin_configuration(&self) -> Result<Vec<u8>, HostError>;

    /// The headers of the request with the pseudo-headers, as a serialized list of pairs
    /// ([`pairs::parse`](crate::pairs::parse)).
    ///
    /// # Errors
    /// When the proxy does not hand them over.
    fn request_headers(&self) -> Result<Vec<u8>, HostError>;

    /// The trailers of the request, in the same form; to be asked for when the proxy has them in hand.
    ///
    /// # Errors
    /// When the proxy does not hand them over.
    fn request_trailers(&self) -> Result<Vec<u8>, HostError>;

    /// The value of a property, by one of the paths of [`property`](crate::property).
    ///
    /// # Errors
    /// [`HostError::NotFound`] when there is none, anything else when it cannot be told.
    fn property(&self, path: &str) -> Result<Vec<u8>, HostError>;

    /// The time of the proxy's clock, in nanoseconds since 1970.
    ///
    /// # Errors
    /// When the proxy does not tell it.
    fn nanoseconds_since_epoch(&self) -> Result<u64, HostError>;

    /// Sets a property, which Envoy keeps as filter state `wasm.<path>` of the request or connection.
    ///
    /// # Errors
    /// When the property is not set.
    fn set_property(&self, path: &str, value: &[u8]) -> Result<(), HostError>;

    /// Answers the request instead of the application.
    ///
    /// # Errors
    /// When no answer was sent.
    fn send_local_reply(&self, reply: &LocalReply<'_>) -> Result<(), HostError>;

    /// Closes the connection to the downstream peer.
    ///
    /// # Errors
    /// When it was not closed.
    fn close_downstream(&self) -> Result<(), HostError>;

    /// Writes a line to the proxy's log. A line that the proxy does not take is lost: nothing rests on it.
    fn log(&self, level: LogLevel, line: &str);

    /// Makes a metric known; the same name gives the same series again.
    ///
    /// # Errors
    /// When the proxy does not take it.
    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError>;

    /// Adds one to a counter.
    ///
    /// # Errors
    /// When the proxy does not count.
    fn increment_metric(&self, metric: MetricId) -> Result<(), HostError>;

    /// Sets a gauge, or adds a value to a histogram.
    ///
    /// # Errors
    /// When the proxy does not take the value.
    fn record_metric(&self, metric: MetricId, value: u64) -> Result<(), HostError>;
}

/// Why a hostcall gave nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum HostError {
    /// The proxy says that there is no such thing (status 1).
    #[error("not found")]
    NotFound,
    /// The proxy answered with another status than success.
    #[error("status {0}")]
    Status(u32),
    /// The proxy reported success and a number of bytes, and no place where they are.
    #[error("{size} bytes at a null pointer")]
    NullBuffer {
        /// The number of bytes.
        size: usize,
    },
}

/// An answer that the proxy gives by itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LocalReply<'r> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What `%RESPONSE_CODE_DETAILS%` shows; without white space.
    pub(crate) details: &'r str,
    /// The body, or the message of a gRPC status.
    pub(crate) body: &'r str,
    /// What else is in the header.
    pub(crate) headers: &'r [Pair<'r>],
    /// The status for gRPC requests; without one the proxy derives it from the HTTP status.
    pub(crate) grpc_status: Option<u16>,
}

/// How loud a line is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LogLevel {
    /// Something that is good to know.
    Info,
    /// A denied request or connection.
    Warn,
    /// Something that is wrong and needs a hand.
    Error,
}

/// The kinds of metrics that the filter has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MetricKind {
    /// A count that only grows.
    Counter,
    /// A value that is set.
    Gauge,
    /// Values in buckets, which the proxy has.
    Histogram,
}

/// The proxy's handle of a metric.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MetricId(pub(crate) u32);
