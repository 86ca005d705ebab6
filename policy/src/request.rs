//! [`Request`]: the attributes of one request, borrowed from whoever read them.

use crate::attribute::Attribute;
use crate::matcher::path::without_query;

/// One request as policies see it. Text is raw bytes, as the proxy hands it over.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The other end of the connection.
    pub peer: Peer<'r>,
    /// The local port of the connection: behind a sidecar the port of the pod.
    pub destination_port: Attribute<u16>,
    /// The `:method`, such as `GET`.
    pub method: Attribute<&'r [u8]>,
    /// The `:authority`, with its port if it has one.
    pub host: Attribute<&'r [u8]>,
    /// The `:path` with its query, as the proxy normalised it.
    pub path: Attribute<&'r [u8]>,
}

impl<'r> Request<'r> {
    /// The `:path` before its first `?` or `#`: what policies are compared with.
    #[must_use]
    pub fn path_without_query(&self) -> Attribute<&'r [u8]> {
        self.path.map(without_query)
    }
}

/// The other end of the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Peer<'r> {
    /// No certificate was presented.
    Plaintext,
    /// A certificate was presented in the mTLS handshake.
    Certificate(PeerCertificate<'r>),
    /// The host failed to say.
    Unreadable,
}

/// What is known of the certificate that the peer presented.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PeerCertificate<'r> {
    /// The URI SANs, in the certificate's order, as far as the host shows them.
    pub uri_sans: &'r [&'r [u8]],
    /// Whether the proxy verified the certificate against a trust bundle.
    pub validation: Validation,
}

/// Whether the proxy verified the peer's certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validation {
    /// It chains to a trust bundle of the listener.
    Validated,
    /// It was presented, and not verified.
    NotValidated,
    /// The host does not say.
    Unreadable,
}
