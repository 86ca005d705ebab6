//! [`Transport`]: how a peer came, in the one word that the metrics have for it.

use spiffe_authz_policy::{Attribute, Peer};

use crate::attributes::tls_version;
use crate::host::Host;

/// How the peer of a request or a connection came.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Transport {
    /// It presented a certificate, whatever that is worth.
    Mutual,
    /// Over TLS, and it presented no certificate.
    Tls,
    /// Without TLS.
    Plaintext,
    /// mTLS ended on another listener, which hands on who it is.
    HandedOn,
    /// The proxy failed to say.
    Unknown,
}

impl Transport {
    /// Asks the host for the version of TLS where the peer presented no certificate, and for nothing otherwise.
    pub(crate) fn of(host: &impl Host, peer: Peer<'_>) -> Self {
        match peer {
            Peer::Certificate(_) => Self::Mutual,
            Peer::HandedOn(_) => Self::HandedOn,
            Peer::Unreadable => Self::Unknown,
            Peer::Plaintext => match tls_version(host) {
                Attribute::Known(_) => Self::Tls,
                Attribute::Absent => Self::Plaintext,
                Attribute::Unreadable => Self::Unknown,
            },
        }
    }

    /// The one word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mutual => "mutual",
            Self::Tls => "tls",
            Self::Plaintext => "plaintext",
            Self::HandedOn => "handed-on",
            Self::Unknown => "unknown",
        }
    }

    /// Whether STRICT would ask a certificate of it.
    pub(crate) fn lacks_certificate(self) -> bool {
        match self {
            Self::Tls | Self::Plaintext => true,
            Self::Mutual | Self::HandedOn | Self::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;
    use crate::property;
    use spiffe_authz_policy::{PeerCertificate, Validation};

    #[test]
    fn a_peer_without_a_certificate_came_over_tls_where_there_is_a_version_of_it() {
        for (reading, expected) in [
            (Ok(&b"TLSv1.3"[..]), Transport::Tls),
            (Err(HostError::NotFound), Transport::Plaintext),
            (Ok(b""), Transport::Plaintext),
            (Err(HostError::Status(2)), Transport::Unknown),
        ] {
            let host = FakeHost::new();
            host.set_reading(property::TLS_VERSION, reading);
            assert_eq!(Transport::of(&host, Peer::Plaintext), expected, "{reading:?}");
        }
    }

    #[test]
    fn of_any_other_peer_the_host_is_asked_for_nothing() {
        let certificate = Peer::Certificate(PeerCertificate {
            uri_sans: &[],
            validation: Validation::Validated,
            leaf: Attribute::Absent,
            digest: Attribute::Absent,
        });
        let host = FakeHost::new();
        let told =
            [certificate, Peer::HandedOn(b"a"), Peer::Unreadable].map(|peer| Transport::of(&host, peer));
        assert_eq!(told, [Transport::Mutual, Transport::HandedOn, Transport::Unknown]);
        assert_eq!(host.calls(), 0);
    }
}
