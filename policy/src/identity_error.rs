//! [`IdentityError`]: the closed list of reasons for which a peer has no identity.

/// Why a peer's certificate gives no identity. In profile istio only the list of denied peers asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdentityError {
    /// The proxy did not verify the certificate, or does not say that it did.
    NotValidated,
    /// The proxy does not show the certificate, or its digest, which an older one cannot.
    NotShown,
    /// The proxy failed to show the certificate or its digest, or what it shows does not parse.
    Unreadable,
    /// The certificate has no URI SAN.
    NoSvid,
    /// The certificate has more than one URI SAN.
    MultipleUriSans,
    /// The URI SAN is not the SPIFFE ID of a workload.
    MalformedSpiffeId,
    /// The certificate may sign others, or its key may not sign a handshake.
    NotALeafSvid,
    /// The peer is on the list of the denied.
    Revoked,
    /// The certificate is not valid yet, or no longer.
    Expired,
    /// Whether the certificate is still valid cannot be told: the proxy does not tell the time.
    TimeUnknown,
}

impl IdentityError {
    /// The one word used in metrics, audit lines and corpora.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotValidated => "svid-not-validated",
            Self::NotShown => "svid-not-shown",
            Self::Unreadable => "svid-unreadable",
            Self::NoSvid => "no-svid",
            Self::MultipleUriSans => "svid-multiple-uri-sans",
            Self::MalformedSpiffeId => "malformed-spiffe-id",
            Self::NotALeafSvid => "not-a-leaf-svid",
            Self::Revoked => "svid-revoked",
            Self::Expired => "svid-expired",
            Self::TimeUnknown => "svid-time-unknown",
        }
    }
}
