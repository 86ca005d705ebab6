//! [`Ask`]: what is asked, by whom, and which versions of the policies allow it.

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Peer {
    /// `spiffe://cluster.local/ns/shop/sa/frontend`, which the policies name.
    Frontend,
    /// Another workload of the same namespace, which no policy names.
    Stranger,
    /// Nobody: no TLS.
    Plaintext,
}

/// A kind of request.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Ask {
    /// Every version allows it.
    Always,
    /// The versions with an even number allow it.
    Even,
    /// The versions with an odd number allow it.
    Odd,
    /// A path that no version allows.
    ForbiddenPath,
    /// A method that no version allows.
    ForbiddenMethod,
    /// A path that versions allow to another peer.
    Stranger,
    /// The same without an SVID.
    Plaintext,
}

impl Ask {
    pub(super) const ALL: [Self; 7] = [
        Self::Always,
        Self::Even,
        Self::Odd,
        Self::ForbiddenPath,
        Self::ForbiddenMethod,
        Self::Stranger,
        Self::Plaintext,
    ];

    /// The word by which the application knows it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Even => "even",
            Self::Odd => "odd",
            Self::ForbiddenPath => "forbidden-path",
            Self::ForbiddenMethod => "forbidden-method",
            Self::Stranger => "stranger",
            Self::Plaintext => "plaintext",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ask| ask.word() == word)
    }

    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::ForbiddenMethod => "DELETE",
            Self::Always
            | Self::Even
            | Self::Odd
            | Self::ForbiddenPath
            | Self::Stranger
            | Self::Plaintext => "GET",
        }
    }

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Always | Self::ForbiddenMethod | Self::Stranger | Self::Plaintext => "/always",
            Self::Even => "/even",
            Self::Odd => "/odd",
            Self::ForbiddenPath => "/admin",
        }
    }

    /// Whether the version with this number allows it.
    pub(super) const fn is_allowed_by(self, version: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Even => version.is_multiple_of(2),
            Self::Odd => !version.is_multiple_of(2),
            Self::ForbiddenPath | Self::ForbiddenMethod | Self::Stranger | Self::Plaintext => false,
        }
    }

    /// What this peer asks next; the frontend everything in turn by chance.
    pub(super) fn of(peer: Peer, dice: &mut fastrand::Rng) -> Self {
        match peer {
            Peer::Stranger => Self::Stranger,
            Peer::Plaintext => Self::Plaintext,
            Peer::Frontend => match dice.u8(..10) {
                0..4 => Self::Always,
                4..6 => Self::Even,
                6..8 => Self::Odd,
                8 => Self::ForbiddenPath,
                _ => Self::ForbiddenMethod,
            },
        }
    }
}
