//! [`Mark`]: what a request says about itself, so that the application knows whom it has let in.

/// What policy says about a request, written on it. The filter does not read it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Mark {
    /// Policy allows it.
    Allow,
    /// Policy denies it.
    Deny,
    /// Policy allows it, and the faulty filter does not survive it.
    Death,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Deny, Self::Death];

    /// As a header of a request.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Death => "death",
        }
    }

    /// As the bytes of a connection; those that are deadly are more than [`Mark::LETHAL`].
    pub(super) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Allow | Self::Deny => self.word().as_bytes().to_vec(),
            Self::Death => self.word().repeat(50).into_bytes(),
        }
    }

    /// So many headers, or bytes, the faulty filter survives.
    pub(super) const LETHAL: i32 = 40;
}
