//! The outcomes behind which no policy stands: their series exist before they count, so that a first denial is a change
//! from zero.

use spiffe_authz_policy::{Denial, IdentityError};

use crate::metrics::family::Family;
use crate::outcome::{Outcome, Refusal};
use crate::transport::Transport;

/// Every refusal behind which no policy stands.
const REFUSALS: [Refusal<'static>; 20] = [
    Refusal::NoConfiguration,
    Refusal::InterlockFailed,
    Refusal::Denied(Denial::RequestTooLarge),
    Refusal::Denied(Denial::MtlsRequired),
    Refusal::Denied(Denial::PeerUnreadable),
    Refusal::Denied(Denial::Identity(IdentityError::NotValidated)),
    Refusal::Denied(Denial::Identity(IdentityError::NotShown)),
    Refusal::Denied(Denial::Identity(IdentityError::Unreadable)),
    Refusal::Denied(Denial::Identity(IdentityError::NoSvid)),
    Refusal::Denied(Denial::Identity(IdentityError::MultipleUriSans)),
    Refusal::Denied(Denial::Identity(IdentityError::MalformedSpiffeId)),
    Refusal::Denied(Denial::Identity(IdentityError::NotALeafSvid)),
    Refusal::Denied(Denial::Identity(IdentityError::Revoked)),
    Refusal::Denied(Denial::Identity(IdentityError::Expired)),
    Refusal::Denied(Denial::Identity(IdentityError::TimeUnknown)),
    Refusal::Denied(Denial::AmbiguousHost),
    Refusal::Denied(Denial::AmbiguousPath),
    Refusal::Denied(Denial::TrailerInPolicy),
    Refusal::Denied(Denial::NoAllowPolicy),
    Refusal::Denied(Denial::NoMatchingAllow),
];

/// The one outcome of profile istio behind which no policy stands.
const ALLOWED: Outcome<'static> = Outcome {
    decision: "allow",
    cause: "no-allow-policy",
    rule: None,
};

/// Each outcome with every way in which its peer usually comes; other ways appear when they first count.
pub(super) fn families() -> impl Iterator<Item = Family> {
    let refused = REFUSALS
        .into_iter()
        .flat_map(|refusal| of(Outcome::from(refusal), usual_transports(refusal)));
    refused.chain(of(ALLOWED, &[Transport::Mutual, Transport::Plaintext]))
}

fn of(outcome: Outcome<'static>, transports: &'static [Transport]) -> impl Iterator<Item = Family> {
    transports.iter().map(move |transport| Family::Requests {
        decision: outcome.decision,
        cause: outcome.cause,
        transport: *transport,
    })
}

fn usual_transports(refusal: Refusal<'_>) -> &'static [Transport] {
    match refusal {
        Refusal::Denied(Denial::MtlsRequired) => &[Transport::Tls, Transport::Plaintext],
        Refusal::Denied(Denial::PeerUnreadable) => &[Transport::Unknown],
        Refusal::Denied(Denial::Identity(_)) => &[Transport::Mutual],
        Refusal::NoConfiguration
        | Refusal::InterlockFailed
        | Refusal::Denied(
            Denial::RequestTooLarge
            | Denial::AmbiguousHost
            | Denial::AmbiguousPath
            | Denial::TrailerInPolicy
            | Denial::NoAllowPolicy
            | Denial::NoMatchingAllow
            | Denial::MatchedDeny { .. }
            | Denial::SourceIpUnreadable(_),
        ) => &[Transport::Mutual, Transport::Plaintext],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_refusal_without_a_policy_is_listed_once() {
        // A new cause breaks this match, and so reminds of the list.
        let listed = |refusal: Refusal<'_>| match refusal {
            Refusal::NoConfiguration
            | Refusal::InterlockFailed
            | Refusal::Denied(
                Denial::RequestTooLarge
                | Denial::MtlsRequired
                | Denial::PeerUnreadable
                | Denial::Identity(
                    IdentityError::NotValidated
                    | IdentityError::NotShown
                    | IdentityError::Unreadable
                    | IdentityError::NoSvid
                    | IdentityError::MultipleUriSans
                    | IdentityError::MalformedSpiffeId
                    | IdentityError::NotALeafSvid
                    | IdentityError::Revoked
                    | IdentityError::Expired
                    | IdentityError::TimeUnknown,
                )
                | Denial::AmbiguousHost
                | Denial::AmbiguousPath
                | Denial::TrailerInPolicy
                | Denial::NoAllowPolicy
                | Denial::NoMatchingAllow,
            ) => true,
            Refusal::Denied(Denial::MatchedDeny { .. } | Denial::SourceIpUnreadable(_)) => false,
        };
        assert!(REFUSALS.into_iter().all(listed));
        let codes: BTreeSet<_> = REFUSALS.map(Refusal::code).into_iter().collect();
        assert_eq!(codes.len(), REFUSALS.len());
    }

    #[test]
    fn no_series_is_defined_twice() {
        let families: Vec<_> = families().collect();
        assert_eq!(families.iter().collect::<BTreeSet<_>>().len(), families.len());
    }
}
