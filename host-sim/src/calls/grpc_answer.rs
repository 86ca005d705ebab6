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
        /// `grpc-message`, as on the wire; `{via_upstream}` is put behind it, as in Envoy.
        message: Vec<u8>,
    },
    /// What the end of its time makes of a call: [`GrpcStatus::Unavailable`], and a message of Envoy's.
    TimedOut,
}

impl GrpcAnswer {
    /// An answer with a message, without the five bytes that gRPC puts in front.
    #[must_use]
    pub fn message(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Message(bytes.into())
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
        /// `grpc-message`, as on the wire; `{via_upstream}` is put behind it, as in Envoy.
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

/// The message of a status as Envoy tells it to a plugin: with what it knows of the response behind it.
pub(crate) fn with_details(message: &[u8], details: &str) -> Vec<u8> {
    let details = details.as_bytes();
    if message.is_empty() {
        details.to_vec()
    } else {
        [message, b"{", details, b"}"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_stand_behind_a_message_or_for_it() {
        assert_eq!(with_details(b"no key", "via_upstream"), b"no key{via_upstream}");
        assert_eq!(with_details(b"", "via_upstream"), b"via_upstream");
    }
}
