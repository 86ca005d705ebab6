//! [`Decision`]: what the engine says about a request, and why.

use std::fmt;

use crate::deny_response::DenyResponse;
use crate::identity_error::IdentityError;

/// The verdict on one request.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision<'p> {
    /// The request may go on.
    Allow(Permit<'p>),
    /// The request ends here.
    Deny(Denial<'p>),
}

impl<'p> Decision<'p> {
    /// The word `allow` or `deny`.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::Deny(_) => "deny",
        }
    }

    /// The one word that says why, used in metrics, audit lines and corpora.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Allow(permit) => permit.cause().code(),
            Self::Deny(denial) => denial.code(),
        }
    }

    /// The rule that decided, where one did.
    #[must_use]
    pub fn rule(&self) -> Option<RuleRef<'p>> {
        match self {
            Self::Allow(permit) => permit.cause().rule(),
            Self::Deny(denial) => denial.rule(),
        }
    }
}

/// The proof that the engine allowed a request: only the engine makes one, and letting a request go on takes
/// it by value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Permit<'p> {
    cause: PermitCause<'p>,
}

impl<'p> Permit<'p> {
    pub(crate) fn new(cause: PermitCause<'p>) -> Self {
        Self { cause }
    }

    /// Why the request may go on.
    #[must_use]
    pub fn cause(&self) -> PermitCause<'p> {
        self.cause
    }
}

/// Why a request may go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PermitCause<'p> {
    /// A rule of an ALLOW policy matched.
    MatchedAllow(RuleRef<'p>),
    /// A rule of an exception matched and lifted the DENY policies that applied (E-7).
    MatchedException(RuleRef<'p>),
    /// No ALLOW policy is attached (profile istio).
    NoAllowPolicy,
}

impl<'p> PermitCause<'p> {
    /// The one word for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::MatchedAllow(_) => "matched-allow",
            Self::MatchedException(_) => "matched-exception",
            Self::NoAllowPolicy => "no-allow-policy",
        }
    }

    fn rule(self) -> Option<RuleRef<'p>> {
        match self {
            Self::MatchedAllow(rule) | Self::MatchedException(rule) => Some(rule),
            Self::NoAllowPolicy => None,
        }
    }
}

/// Why a request ends here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Denial<'p> {
    /// The path, the number of header lines, or names and values of all headers together are over a
    /// [bound](crate::RequestBounds).
    RequestTooLarge,
    /// PeerAuthentication asks for mTLS (STRICT) and the peer presented no certificate.
    MtlsRequired,
    /// The host failed to say who the peer is.
    PeerUnreadable,
    /// The peer presented a certificate that is no SVID in force (profile zero-trust), or is denied by name.
    Identity(IdentityError),
    /// The `:authority` can be read in more than one way (profile zero-trust).
    AmbiguousHost,
    /// The path can be read in more than one way (profile zero-trust); [`PathClass`](crate::PathClass) has the ways.
    AmbiguousPath,
    /// A trailer has the name of a header that policies in force read (profile zero-trust).
    TrailerInPolicy,
    /// A rule of a DENY policy matched, or could not be shown not to match.
    MatchedDeny {
        /// The rule.
        rule: RuleRef<'p>,
        /// What the client gets, where the policy says so (E-8).
        response: Option<&'p DenyResponse>,
    },
    /// A rule hangs on the direct peer address, which cannot be read: a DENY rule that could not be shown not to match, or
    /// an ALLOW rule that could not be shown to match where none did.
    SourceIpUnreadable(RuleRef<'p>),
    /// No ALLOW policy is attached (profile zero-trust).
    NoAllowPolicy,
    /// ALLOW policies are attached and no rule of theirs matched.
    NoMatchingAllow,
}

impl<'p> Denial<'p> {
    /// The one word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RequestTooLarge => "request-too-large",
            Self::MtlsRequired => "mtls-required",
            Self::PeerUnreadable => "peer-unreadable",
            Self::Identity(error) => error.code(),
            Self::AmbiguousHost => "ambiguous-host",
            Self::AmbiguousPath => "ambiguous-path",
            Self::TrailerInPolicy => "trailer-in-policy",
            Self::MatchedDeny { .. } => "matched-deny",
            Self::SourceIpUnreadable(_) => "source-ip-unreadable",
            Self::NoAllowPolicy => "no-allow-policy",
            Self::NoMatchingAllow => "no-matching-allow",
        }
    }

    /// The rule that denied, where one did.
    #[must_use]
    pub fn rule(&self) -> Option<RuleRef<'p>> {
        match self {
            Self::MatchedDeny { rule, .. } | Self::SourceIpUnreadable(rule) => Some(*rule),
            Self::RequestTooLarge
            | Self::MtlsRequired
            | Self::PeerUnreadable
            | Self::Identity(_)
            | Self::AmbiguousHost
            | Self::AmbiguousPath
            | Self::TrailerInPolicy
            | Self::NoAllowPolicy
            | Self::NoMatchingAllow => None,
        }
    }
}

/// The name of a policy: `namespace/name`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PolicyId {
    /// The namespace of the resource.
    pub namespace: String,
    /// The name of the resource.
    pub name: String,
}

impl fmt::Display for PolicyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

/// One rule of one policy. It prints as Istio names rules: `ns[shop]-policy[orders]-rule[0]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RuleRef<'p> {
    /// The policy.
    pub policy: &'p PolicyId,
    /// The index of the rule in its policy, from 0.
    pub index: usize,
}

impl fmt::Display for RuleRef<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PolicyId { namespace, name } = self.policy;
        write!(formatter, "ns[{namespace}]-policy[{name}]-rule[{}]", self.index)
    }
}
