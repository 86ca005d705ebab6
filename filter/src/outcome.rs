//! [`Outcome`]: what became of a request, in the words that the access log, the metrics and the audit line share.

use spiffe_authz_policy::{Decision, Denial, RuleRef};

/// Why the filter refuses a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal<'p> {
    /// The engine denied it.
    Denied(Denial<'p>),
    /// There is no policy set to ask. A proxy makes no request context before a configuration is in force, so
    /// this shows a fault of the host.
    NoConfiguration,
    /// The engine allowed it, and the proxy did not take the interlock's word: it must not go on.
    InterlockFailed,
}

impl<'p> Refusal<'p> {
    /// The one word for it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.code(),
            Self::NoConfiguration => "no-configuration",
            Self::InterlockFailed => "interlock-failed",
        }
    }

    fn rule(self) -> Option<RuleRef<'p>> {
        match self {
            Self::Denied(denial) => denial.rule(),
            Self::NoConfiguration | Self::InterlockFailed => None,
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Outcome<'p> {
    /// `allow` or `deny`.
    pub(crate) decision: &'static str,
    /// The one word that says why.
    pub(crate) cause: &'static str,
    /// The rule that decided, where one did.
    pub(crate) rule: Option<RuleRef<'p>>,
}

impl<'p> From<&Decision<'p>> for Outcome<'p> {
    fn from(decision: &Decision<'p>) -> Self {
        Self {
            decision: decision.effect(),
            cause: decision.code(),
            rule: decision.rule(),
        }
    }
}

impl<'p> From<Refusal<'p>> for Outcome<'p> {
    fn from(refusal: Refusal<'p>) -> Self {
        Self {
            decision: "deny",
            cause: refusal.code(),
            rule: refusal.rule(),
        }
    }
}
