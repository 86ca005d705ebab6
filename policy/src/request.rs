//! [`Request`]: the attributes of one request or connection, borrowed from whoever read them.

use core::net::IpAddr;

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::config::document::Document;
use crate::leaf_certificate::LeafCertificate;
use crate::matcher::path::without_query;

/// One request, or one TCP connection, as policies see it. Text is raw bytes, as the proxy hands it over.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// Whether there is an HTTP request, or a connection alone.
    pub protocol: Protocol,
    /// The other end of the connection.
    pub peer: Peer<'r>,
    /// The direct peer address of the TCP connection.
    pub source_ip: Attribute<IpAddr>,
    /// The address of the client as the proxy worked it out, from X-Forwarded-For or the PROXY protocol.
    pub remote_ip: Attribute<IpAddr>,
    /// The local address of the connection.
    pub destination_ip: Attribute<IpAddr>,
    /// The local port of the connection: behind a sidecar the port of the pod.
    pub destination_port: Attribute<u16>,
    /// The server name that the peer asked for in its ClientHello; absent where it asked for none.
    pub sni: Attribute<&'r [u8]>,
    /// The `:method`, such as `GET`.
    pub method: Attribute<&'r [u8]>,
    /// The `:authority`, with its port if it has one.
    pub host: Attribute<&'r [u8]>,
    /// The `:path` with its query, as the proxy normalised it.
    pub path: Attribute<&'r [u8]>,
    /// The header list; it may have pseudo-headers in it.
    pub headers: Attribute<Headers<'r>>,
    /// The proxy's dynamic metadata: a map of namespaces to maps. A verified JWT is in
    /// `envoy.filters.http.jwt_authn`, under `payload`.
    pub metadata: Attribute<&'r Document>,
    /// The time of the decision.
    pub time: Attribute<OffsetDateTime>,
}

/// Names in lower case and values, in the order of the request; a name may stand more than once.
pub type Headers<'r> = &'r [(&'r [u8], &'r [u8])];

impl<'r> Request<'r> {
    /// A request of which nothing is known: every attribute is absent and the peer has no certificate.
    #[must_use]
    pub fn absent(protocol: Protocol) -> Self {
        Self {
            protocol,
            peer: Peer::Plaintext,
            source_ip: Attribute::Absent,
            remote_ip: Attribute::Absent,
            destination_ip: Attribute::Absent,
            destination_port: Attribute::Absent,
            sni: Attribute::Absent,
            method: Attribute::Absent,
            host: Attribute::Absent,
            path: Attribute::Absent,
            headers: Attribute::Absent,
            metadata: Attribute::Absent,
            time: Attribute::Absent,
        }
    }

    /// The `:path` before its first `?` or `#`: what policies are compared with.
    #[must_use]
    pub fn path_without_query(&self) -> Attribute<&'r [u8]> {
        self.path.map(without_query)
    }
}

/// What is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// An HTTP request; gRPC is one.
    Http,
    /// A connection that carries anything: policies see it as S-10 says.
    Tcp,
}

/// The other end of the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Peer<'r> {
    /// No certificate was presented.
    Plaintext,
    /// A certificate was presented in the mTLS handshake.
    Certificate(PeerCertificate<'r>),
    /// No certificate was presented here; this is what a listener in front of this one wrote in a filter state: the URI SANs
    /// of a certificate that was verified there, joined by commas. It counts only where the configuration names that
    /// filter state (`svid.peerPrincipalKey`), and is plaintext elsewhere, as are an empty text and a dash.
    HandedOn(&'r [u8]),
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
    /// The certificate itself; absent where the proxy shows none, as older ones do.
    pub leaf: Attribute<&'r LeafCertificate>,
    /// The SHA-256 digest of its DER form: 32 bytes.
    pub digest: Attribute<&'r [u8]>,
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
