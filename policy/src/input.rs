//! [`Input`]: the attributes that only some policies read.

use std::ops::BitOr;

/// An attribute that costs the host something, so that it is asked for only where a rule reads it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input {
    /// The direct peer address.
    SourceIp,
    /// The client's address as the proxy worked it out.
    RemoteIp,
    /// The local address.
    DestinationIp,
    /// The local port, in a rule.
    DestinationPort,
    /// The local port of a connection on which no certificate was presented: the mTLS mode is not the same on all.
    MtlsModeOfPort,
    /// The requested server name.
    Sni,
    /// The dynamic metadata, with the claims of a JWT.
    Metadata,
    /// The first URI SAN of the peer's certificate, as the proxy reports it.
    UriSan,
    /// The certificate of the peer.
    Certificate,
    /// The digest of the peer's certificate.
    CertificateDigest,
    /// Whether the peer's certificate is valid now: the time, where there is a certificate.
    Validity,
    /// The time.
    Time,
    /// The host, in the fields whose forms are checked first.
    Host,
    /// The path, whose form is checked first.
    Path,
}

/// A set of inputs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Inputs(u16);

impl Inputs {
    pub(crate) const NONE: Self = Self(0);

    /// The input alone if `used`, else none.
    pub(crate) fn when(used: bool, input: Input) -> Self {
        if used { input.into() } else { Self::NONE }
    }

    pub(crate) fn contains(self, input: Input) -> bool {
        self.0 & Self::from(input).0 != 0
    }

    /// All of them together.
    pub(crate) fn all(sets: impl IntoIterator<Item = Self>) -> Self {
        sets.into_iter().fold(Self::NONE, BitOr::bitor)
    }
}

impl From<Input> for Inputs {
    fn from(input: Input) -> Self {
        Self(match input {
            Input::SourceIp => 1,
            Input::RemoteIp => 1 << 1,
            Input::DestinationIp => 1 << 2,
            Input::Sni => 1 << 3,
            Input::Metadata => 1 << 4,
            Input::Certificate => 1 << 5,
            Input::Time => 1 << 6,
            Input::Host => 1 << 7,
            Input::Path => 1 << 8,
            Input::UriSan => 1 << 9,
            Input::CertificateDigest => 1 << 10,
            Input::Validity => 1 << 11,
            Input::DestinationPort => 1 << 12,
            Input::MtlsModeOfPort => 1 << 13,
        })
    }
}

impl BitOr for Inputs {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
