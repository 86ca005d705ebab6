//! [`Observation`]: one request or connection that a proxy wrote down.

use serde::Deserialize;
use spiffe_authz_policy::Protocol;
use time::OffsetDateTime;

use crate::observed::{PeerAddress, SeenText};

/// One request or connection. What a line does not say is `None`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Observation {
    /// Which log told of it.
    pub origin: Origin,
    /// When it began; of an audit line, when Envoy wrote it.
    pub time: Option<OffsetDateTime>,
    /// The namespace of the guarded workload; no access log says it.
    pub workload_namespace: Option<String>,
    /// What the filter decided; `None` of a request that never came to it.
    pub verdict: Option<Verdict>,
    /// How the connection was made.
    pub transport: Transport,
    /// The URI SANs of the peer's certificate, or what a listener in front handed on of the peer. An audit line has
    /// the first alone.
    pub uri_sans: Vec<SeenText>,
    /// The direct peer of the connection; no audit line says it.
    pub peer_address: Option<PeerAddress>,
    /// The local port of the connection.
    pub destination_port: Option<u16>,
    /// Whether there was an HTTP request, or a connection alone.
    pub protocol: Protocol,
    /// The `:method`.
    pub method: Option<SeenText>,
    /// The `:authority`.
    pub host: Option<SeenText>,
    /// The `:path` as the line has it: in an access log with its query.
    pub path: Option<SeenText>,
}

/// Which log a line is from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// An audit line of the filter.
    AuditLine,
    /// The access log.
    AccessLog,
}

/// What the filter decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// Whether the request could go on.
    pub effect: Effect,
    /// The one word that says why, such as `no-matching-allow`.
    pub cause: String,
    /// `namespace/name` of the policy that decided, where one did.
    pub policy: Option<String>,
    /// The index of its rule.
    pub rule: Option<usize>,
}

/// Whether a request could go on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It could.
    Allow,
    /// It could not.
    Deny,
}

/// How the connection was made.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Transport {
    /// TLS, and the peer presented a certificate.
    MutualTls,
    /// TLS, and the peer presented none.
    TlsWithoutCertificate,
    /// No TLS.
    Plaintext,
    /// No certificate was presented; whether there was TLS is not said.
    WithoutCertificate,
    /// The line does not say.
    NotSaid,
}
