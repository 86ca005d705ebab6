//! [`DenyResponse`]: what the client gets from a DENY policy that says so itself (E-8).

/// The response of a DENY policy. What is `None` is as without it: status 403, the fixed body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DenyResponse {
    /// The HTTP status, 400 to 599.
    pub status: Option<u16>,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The type of the body; [`Body::content_type`] where it is `None`.
    pub content_type: Option<String>,
    /// The body.
    pub body: Option<Body>,
    /// The status for gRPC requests, 1 to 16.
    pub grpc_status: Option<u16>,
}

/// The body of a response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// Plain text.
    Text(String),
    /// A JSON document, written out.
    Json(String),
}

impl Body {
    /// The body as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(body) | Self::Json(body) => body,
        }
    }

    /// The type of such a body.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Text(_) => "text/plain",
            Self::Json(_) => "application/json",
        }
    }
}
