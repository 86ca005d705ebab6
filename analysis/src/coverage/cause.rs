//! [`Cause`]: every cause that a decision can have.

use spiffe_authz_policy::{Denial, IdentityError, PermitCause, PolicyId, RuleRef};

/// What a decision says.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Effect {
    /// The request may go on.
    Allow,
    /// The request ends.
    Deny,
}

impl Effect {
    /// The word that [`Decision::effect`](spiffe_authz_policy::Decision::effect) has for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }

    /// The effect of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Allow, Self::Deny]
            .into_iter()
            .find(|effect| effect.word() == word)
    }
}

/// A cause, and what is decided for it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Cause {
    /// What is decided.
    pub effect: Effect,
    /// The one word, in the engine's own spelling.
    pub code: &'static str,
}

const DENIED_IDENTITIES: [IdentityError; 10] = [
    IdentityError::NotValidated,
    IdentityError::NotShown,
    IdentityError::Unreadable,
    IdentityError::NoSvid,
    IdentityError::MultipleUriSans,
    IdentityError::MalformedSpiffeId,
    IdentityError::NotALeafSvid,
    IdentityError::Revoked,
    IdentityError::Expired,
    IdentityError::TimeUnknown,
];

impl Cause {
    /// Every cause, those that allow first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let id = PolicyId {
            namespace: String::new(),
            name: String::new(),
        };
        let rule = RuleRef {
            policy: &id,
            index: 0,
        };
        let permits = permits(rule).into_iter().map(|cause| Self {
            effect: Effect::Allow,
            code: cause.code(),
        });
        let denials = denials(rule).into_iter().map(|denial| Self {
            effect: Effect::Deny,
            code: denial.code(),
        });
        permits.chain(denials).collect()
    }

    /// The causes of this word: none, one, or two where both profiles use it.
    #[must_use]
    pub fn of_code(code: &str) -> Vec<Self> {
        let mut causes = Self::all();
        causes.retain(|cause| cause.code == code);
        causes
    }
}

fn permits(rule: RuleRef<'_>) -> [PermitCause<'_>; 3] {
    [
        PermitCause::MatchedAllow(rule),
        PermitCause::MatchedException(rule),
        PermitCause::NoAllowPolicy,
    ]
}

fn denials(rule: RuleRef<'_>) -> Vec<Denial<'_>> {
    let mut denials = vec![
        Denial::RequestTooLarge,
        Denial::MtlsRequired,
        Denial::PeerUnreadable,
    ];
    denials.extend(DENIED_IDENTITIES.map(Denial::Identity));
    denials.extend([
        Denial::AmbiguousHost,
        Denial::AmbiguousPath,
        Denial::TrailerInPolicy,
        Denial::MatchedDeny { rule, response: None },
        Denial::SourceIpUnreadable(rule),
        Denial::NoAllowPolicy,
        Denial::NoMatchingAllow,
    ]);
    denials
}

/// Whether a request that is denied so was judged by the rules.
pub(super) fn got_to_the_rules(denial: &Denial<'_>) -> bool {
    match denial {
        Denial::MatchedDeny { .. }
        | Denial::SourceIpUnreadable(_)
        | Denial::NoAllowPolicy
        | Denial::NoMatchingAllow => true,
        Denial::RequestTooLarge
        | Denial::MtlsRequired
        | Denial::PeerUnreadable
        | Denial::Identity(_)
        | Denial::AmbiguousHost
        | Denial::AmbiguousPath
        | Denial::TrailerInPolicy => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new reason breaks the build here; then it belongs into [`DENIED_IDENTITIES`].
    fn number(error: IdentityError) -> usize {
        match error {
            IdentityError::NotValidated => 3,
            IdentityError::NotShown => 4,
            IdentityError::Unreadable => 5,
            IdentityError::NoSvid => 6,
            IdentityError::MultipleUriSans => 7,
            IdentityError::MalformedSpiffeId => 8,
            IdentityError::NotALeafSvid => 9,
            IdentityError::Revoked => 10,
            IdentityError::Expired => 11,
            IdentityError::TimeUnknown => 12,
        }
    }

    /// A new reason breaks the build here; then it belongs into [`denials`].
    fn position(denial: &Denial<'_>) -> usize {
        match denial {
            Denial::RequestTooLarge => 0,
            Denial::MtlsRequired => 1,
            Denial::PeerUnreadable => 2,
            Denial::Identity(error) => number(*error),
            Denial::AmbiguousHost => 13,
            Denial::AmbiguousPath => 14,
            Denial::TrailerInPolicy => 15,
            Denial::MatchedDeny { .. } => 16,
            Denial::SourceIpUnreadable(_) => 17,
            Denial::NoAllowPolicy => 18,
            Denial::NoMatchingAllow => 19,
        }
    }

    #[test]
    fn every_reason_of_a_denial_is_listed_once() {
        let policy = PolicyId {
            namespace: String::new(),
            name: String::new(),
        };
        let listed = denials(RuleRef {
            policy: &policy,
            index: 0,
        });
        let positions: Vec<usize> = listed.iter().map(position).collect();
        assert_eq!(positions, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn one_word_may_stand_for_an_allow_and_a_denial() {
        let effects: Vec<Effect> = Cause::of_code("no-allow-policy")
            .iter()
            .map(|cause| cause.effect)
            .collect();
        assert_eq!(effects, [Effect::Allow, Effect::Deny]);
        assert!(Cause::of_code("no-such-cause").is_empty());
    }
}
