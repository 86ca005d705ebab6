//! gRPC calls and streams: what the other side does.

use crate::abi::GrpcStatus;
use crate::headers::Headers;

/// An answer to a gRPC call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrpcAnswer {
    /// Status 0 with this message: `proxy_on_grpc_receive` alone, as in Envoy.
    Message(Vec<u8>),
    /// The call fails: `proxy_on_grpc_close` alone. Status 0 stands for an answer without message, of which Envoy makes
    /// [`GrpcStatus::Internal`] without text.
    Failed {
        /// `grpc-status`
        status: GrpcStatus,
        /// `grpc-message`
        message: Vec<u8>,
    },
}

impl GrpcAnswer {
    /// An answer with a message, without the five bytes that gRPC puts in front.
    #[must_use]
    pub fn message(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Message(bytes.into())
    }

    /// What a call comes to when its time is over.
    #[must_use]
    pub fn timed_out() -> Self {
        Self::failed(GrpcStatus::Unavailable, "upstream request timeout")
    }

    /// A failure.
    #[must_use]
    pub fn failed(status: GrpcStatus, message: impl Into<Vec<u8>>) -> Self {
        Self::Failed {
            status,
            message: message.into(),
        }
    }
}

/// What comes in on a gRPC stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrpcReceived {
    /// The initial metadata: `proxy_on_grpc_receive_initial_metadata`.
    InitialMetadata(Headers),
    /// A message: `proxy_on_grpc_receive`.
    Message(Vec<u8>),
    /// The other side closes: `proxy_on_grpc_receive_trailing_metadata`, then `proxy_on_grpc_close`.
    Closed {
        /// The trailing metadata, as the plugin reads it; Envoy's has `grpc-status` and `grpc-message` in it, so a test
        /// that wants them adds them.
        trailing_metadata: Headers,
        /// `grpc-status`
        status: GrpcStatus,
        /// `grpc-message`
        message: Vec<u8>,
    },
}

impl GrpcReceived {
    /// Initial metadata; `:status` and `content-type` are headers of it in Envoy, so a test that wants them adds them.
    #[must_use]
    pub fn initial_metadata<N: AsRef<[u8]>, V: AsRef<[u8]>>(metadata: &[(N, V)]) -> Self {
        Self::InitialMetadata(metadata.iter().map(|(name, value)| (name, value)).collect())
    }

    /// A message, without the five bytes that gRPC puts in front.
    #[must_use]
    pub fn message(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Message(bytes.into())
    }

    /// The end of the stream, with `grpc-status` and, where there is one, `grpc-message` as trailing metadata.
    #[must_use]
    pub fn closed(status: GrpcStatus, message: impl Into<Vec<u8>>) -> Self {
        let message = message.into();
        let mut trailing_metadata = Headers::from_iter([("grpc-status", status.number().to_string())]);
        if !message.is_empty() {
            trailing_metadata.add("grpc-message", &message);
        }
        Self::Closed {
            trailing_metadata,
            status,
            message,
        }
    }
}
