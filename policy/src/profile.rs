//! [`Profile`]: which reading of the policies is in force.

/// How strictly policies are read. A plugin configuration names its profile; the default is `ZeroTrust`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// Never trust, always verify: no ALLOW policy denies, an absent PeerAuthentication is STRICT, and what
    /// shows no identity cannot be shown not to be the one denied.
    ZeroTrust,
    /// What Istio's sidecar decides from the same documents.
    Istio,
}

impl Profile {
    /// The names that a configuration may write.
    pub(crate) const NAMES: [&'static str; 2] = ["zero-trust", "istio"];

    /// The profile with this name in a configuration.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "zero-trust" => Some(Self::ZeroTrust),
            "istio" => Some(Self::Istio),
            _ => None,
        }
    }

    /// The name in a configuration, in logs and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ZeroTrust => "zero-trust",
            Self::Istio => "istio",
        }
    }
}
