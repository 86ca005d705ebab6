//! [`Kind`]: the sidecars that are shipped.

use std::fmt;

use spiffe_authz_envoy_config::{ApplicationProtocol, InboundTransport};

/// A sidecar that is shipped: a file of `envoy-config/sidecar`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// `strict.yaml`
    Strict,
    /// `permissive.yaml`
    Permissive,
    /// `tcp.yaml`
    Tcp,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Permissive, Self::Tcp];

    pub(super) fn protocol(self) -> ApplicationProtocol {
        match self {
            Self::Strict | Self::Permissive => ApplicationProtocol::Http,
            Self::Tcp => ApplicationProtocol::Tcp,
        }
    }

    pub(super) fn transport(self) -> InboundTransport {
        match self {
            Self::Strict | Self::Tcp => InboundTransport::Strict,
            Self::Permissive => InboundTransport::Permissive,
        }
    }

    /// Its word in tables.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Permissive => "permissive",
            Self::Tcp => "TCP",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict.yaml",
            Self::Permissive => "permissive.yaml",
            Self::Tcp => "tcp.yaml",
        })
    }
}
