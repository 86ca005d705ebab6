//! [`Step`]: one thing that happens in a script.

use serde::Deserialize;

use crate::parity::headers::unescape;

/// One thing that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A client opens a stream.
    Request(Request),
    /// It sends a part of the body; in a TCP stream, bytes.
    RequestBody(Bytes),
    /// It ends with trailers.
    RequestTrailers(Trailers),
    /// The upstream begins to answer.
    Response(Response),
    /// It sends a part of the body; in a TCP stream, bytes.
    ResponseBody(Bytes),
    /// It ends with trailers.
    ResponseTrailers(Trailers),
    /// The client gives up: a reset in HTTP/2, otherwise the connection's end.
    ClientReset(OnStream),
    /// The upstream gives up.
    UpstreamReset(OnStream),
    /// Where TCP is spoken: a client connects.
    Connect(OnStream),
    /// The timer that the plugin has set goes off.
    Tick(Nothing),
    /// The oldest HTTP call without an answer gets this one.
    CallAnswer(CallAnswer),
    /// The connection of the oldest HTTP call without an answer ends without one.
    CallFailure(Nothing),
    /// Time passes: host-sim is told so, and in Envoy it does.
    Advance(Time),
    /// The oldest gRPC call without an answer gets this one.
    GrpcAnswer(GrpcAnswered),
    /// The oldest gRPC stream gets its initial metadata.
    GrpcMetadata(Trailers),
    /// It gets a message.
    GrpcMessage(Bytes),
    /// The other side closes it.
    GrpcClose(GrpcClosed),
}

/// No more to say.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A request's headers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Method and path, such as `GET /orders`.
    #[serde(default = "get")]
    pub line: String,
    /// `name: value`; `:authority` is `parity` unless it stands here.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Whether the request ends here.
    #[serde(default = "yes")]
    pub end: bool,
    /// Which stream.
    #[serde(default = "first")]
    pub stream: String,
}

/// A response's headers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// `name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Whether the response ends here.
    #[serde(default = "yes")]
    pub end: bool,
    /// Which stream.
    #[serde(default = "first")]
    pub stream: String,
}

/// A part of a body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    /// Text; `\xNN`, `\n`, `\r`, `\0` and `\\` are bytes.
    #[serde(default)]
    pub bytes: String,
    /// How often it is repeated.
    #[serde(default = "once")]
    pub times: usize,
    /// Whether the direction ends here.
    #[serde(default = "yes")]
    pub end: bool,
    /// Which stream.
    #[serde(default = "first")]
    pub stream: String,
}

/// Trailers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trailers {
    /// `name: value`.
    pub headers: Vec<String>,
    /// Which stream.
    #[serde(default = "first")]
    pub stream: String,
}

/// A stream alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnStream {
    /// Which one.
    #[serde(default = "first")]
    pub stream: String,
}

/// The answer to an HTTP call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallAnswer {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// `name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// `name: value`.
    #[serde(default)]
    pub trailers: Vec<String>,
}

/// How much time passes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Milliseconds.
    pub milliseconds: u64,
}

/// The answer to a gRPC call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcAnswered {
    /// The message, if there is one.
    #[serde(default)]
    pub message: Option<String>,
    /// `grpc-status`
    #[serde(default)]
    pub status: u32,
    /// `grpc-message`
    #[serde(default)]
    pub text: String,
}

/// The end of a gRPC stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcClosed {
    /// `grpc-status`
    #[serde(default)]
    pub status: u32,
    /// `grpc-message`
    #[serde(default)]
    pub text: String,
}

impl Bytes {
    /// The bytes that are meant.
    #[must_use]
    pub fn meant(&self) -> Vec<u8> {
        unescape(&self.bytes).repeat(self.times)
    }
}

impl Step {
    /// Whether time alone brings it.
    #[must_use]
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Tick(_) | Self::Advance(_))
    }

    /// The stream that it happens to, if it is one.
    #[must_use]
    pub fn stream(&self) -> Option<&str> {
        match self {
            Self::Request(request) => Some(&request.stream),
            Self::RequestBody(part) | Self::ResponseBody(part) => Some(&part.stream),
            Self::RequestTrailers(trailers) | Self::ResponseTrailers(trailers) => Some(&trailers.stream),
            Self::Response(response) => Some(&response.stream),
            Self::ClientReset(on) | Self::UpstreamReset(on) | Self::Connect(on) => Some(&on.stream),
            Self::Tick(_)
            | Self::CallAnswer(_)
            | Self::CallFailure(_)
            | Self::Advance(_)
            | Self::GrpcAnswer(_)
            | Self::GrpcMetadata(_)
            | Self::GrpcMessage(_)
            | Self::GrpcClose(_) => None,
        }
    }
}

fn once() -> usize {
    1
}

fn ok() -> u16 {
    200
}

fn get() -> String {
    "GET /".to_owned()
}

fn first() -> String {
    "a".to_owned()
}

fn yes() -> bool {
    true
}
