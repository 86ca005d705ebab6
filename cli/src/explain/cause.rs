//! What each cause means, in one sentence, and what to do about it: the same words as the headings of
//! `docs/troubleshooting.md` stand for at length.

use spiffe_authz_policy::{Decision, Denial, IdentityError, PermitCause};

/// What a cause means, and the next step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct CauseText {
    pub(crate) meaning: &'static str,
    pub(crate) next_step: &'static str,
}

const fn text(meaning: &'static str, next_step: &'static str) -> CauseText {
    CauseText { meaning, next_step }
}

pub(super) fn of(decision: &Decision<'_>) -> CauseText {
    match decision {
        Decision::Allow(permit) => of_permit(permit.cause()),
        Decision::Deny(denial) => of_denial(denial),
    }
}

fn of_permit(cause: PermitCause<'_>) -> CauseText {
    match cause {
        PermitCause::MatchedAllow(_) => text(
            "A rule of an ALLOW policy matches, and no DENY policy applies.",
            "Nothing to do. If it should be denied, narrow this rule and any that matches as well.",
        ),
        PermitCause::MatchedException(_) => text(
            "A DENY policy applies, and an exception that is in force lifts it.",
            "Nothing to do. The exception ends by itself; remove it to end it now.",
        ),
        PermitCause::NoAllowPolicy => text(
            "No ALLOW policy is attached to the workload, and profile istio admits what no policy denies.",
            "Attach an ALLOW policy, or use profile zero-trust, which denies here.",
        ),
    }
}

fn of_denial(denial: &Denial<'_>) -> CauseText {
    match denial {
        Denial::RequestTooLarge => text(
            "The path or the headers are over the bounds within which requests are judged.",
            "Send less: 64 KiB of path, 4096 header lines and 1 MiB of headers are the most.",
        ),
        Denial::MtlsRequired => text(
            "PeerAuthentication asks for mTLS on this port, and the peer presented no certificate.",
            "Give the client an SVID and have it speak mTLS, or make the port PERMISSIVE while you migrate.",
        ),
        Denial::PeerUnreadable => text(
            "The proxy failed to say who the peer is.",
            "Look for errors in the log of the proxy, and whether it is of a version that is supported.",
        ),
        Denial::Identity(error) => of_identity(*error),
        Denial::AmbiguousHost => text(
            "The host can be read in more than one way, so that rules on it could be passed by.",
            "Have the client send a plain host name, without user information and with a port of digits alone, if any.",
        ),
        Denial::AmbiguousPath => text(
            "The path can be read in more than one way, so that rules on it could be passed by.",
            "Have the client send the path in its one plain spelling, or allow this class in `ambiguousPaths`.",
        ),
        Denial::TrailerInPolicy => text(
            "A trailer has the name of a header that policies read, and could be taken for it behind the proxy.",
            "Have the client send that field as a header, or under another name.",
        ),
        Denial::MatchedDeny { .. } => text(
            "A rule of a DENY policy matches, or cannot be shown not to match.",
            "If the request should pass, narrow the DENY rule or write an exception from its policy.",
        ),
        Denial::SourceIpUnreadable(_) => text(
            "A rule hangs on the direct peer address, and the proxy does not tell it.",
            "Have the proxy put the address into the filter state that `directRemoteAddressKey` names.",
        ),
        Denial::NoAllowPolicy => text(
            "No ALLOW policy is attached to the workload, and profile zero-trust denies what none allows.",
            "Write an ALLOW policy for the workload, and check its namespace and its selector.",
        ),
        Denial::NoMatchingAllow => text(
            "ALLOW policies are attached to the workload, and no rule of theirs matches.",
            "Change the request, or extend the rule that comes nearest.",
        ),
    }
}

fn of_identity(error: IdentityError) -> CauseText {
    match error {
        IdentityError::NotValidated => text(
            "The proxy did not verify the certificate of the peer, or does not say that it did.",
            "Give the listener a trust bundle to verify peers by, and have it require client certificates.",
        ),
        IdentityError::NotShown => text(
            "The proxy does not show the certificate of the peer, which has to be judged whole.",
            "Use a newer proxy, or set `svid.required: uri` and do without the rules on the certificate.",
        ),
        IdentityError::Unreadable => text(
            "The certificate of the peer cannot be read.",
            "Look at it with `spiffe-authz svid inspect`, and issue one that follows RFC 5280.",
        ),
        IdentityError::NoSvid => text(
            "The certificate of the peer has no URI SAN, so that it is no SVID.",
            "Issue the peer an X509-SVID with its SPIFFE ID as the one URI SAN.",
        ),
        IdentityError::MultipleUriSans => text(
            "The certificate of the peer has more than one URI SAN, and an SVID has exactly one.",
            "Issue the peer an X509-SVID with its SPIFFE ID as the one URI SAN.",
        ),
        IdentityError::MalformedSpiffeId => text(
            "What the peer presents is not the SPIFFE ID of a workload.",
            "Issue an SVID with an id such as spiffe://cluster.local/ns/shop/sa/frontend, in lower case.",
        ),
        IdentityError::NotALeafSvid => text(
            "The certificate of the peer may sign others, or its key may not sign a handshake.",
            "Issue a leaf: cA false, key usage critical with digitalSignature, for both server and client.",
        ),
        IdentityError::Revoked => text(
            "The peer is on the list of the denied, `svid.denied`.",
            "Take it from the list once it is trusted again, or give the workload another identity.",
        ),
        IdentityError::Expired => text(
            "The certificate of the peer is not valid yet, or no longer.",
            "Renew the SVID, see that the client reloads it, and compare the clocks.",
        ),
        IdentityError::TimeUnknown => text(
            "The proxy does not tell the time, so that the certificate may be over.",
            "Look for errors in the log of the proxy: its clock is what is asked.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/troubleshooting.md");
    const FILTER: &str = include_str!("../../../filter/src/outcome.rs");

    /// Every denial but those of the identity; one more is one more here, or this does not compile.
    fn next(denial: Denial<'static>) -> Option<Denial<'static>> {
        match denial {
            Denial::RequestTooLarge => Some(Denial::MtlsRequired),
            Denial::MtlsRequired => Some(Denial::PeerUnreadable),
            Denial::PeerUnreadable => Some(Denial::AmbiguousHost),
            Denial::AmbiguousHost => Some(Denial::AmbiguousPath),
            Denial::AmbiguousPath => Some(Denial::TrailerInPolicy),
            Denial::TrailerInPolicy => Some(Denial::NoAllowPolicy),
            Denial::NoAllowPolicy => Some(Denial::NoMatchingAllow),
            Denial::NoMatchingAllow => Some(Denial::Identity(IdentityError::NotValidated)),
            Denial::Identity(error) => next_identity(error).map(Denial::Identity),
            // They hold a rule: their codes are added by hand.
            Denial::MatchedDeny { .. } | Denial::SourceIpUnreadable(_) => None,
        }
    }

    fn next_identity(error: IdentityError) -> Option<IdentityError> {
        match error {
            IdentityError::NotValidated => Some(IdentityError::NotShown),
            IdentityError::NotShown => Some(IdentityError::Unreadable),
            IdentityError::Unreadable => Some(IdentityError::NoSvid),
            IdentityError::NoSvid => Some(IdentityError::MultipleUriSans),
            IdentityError::MultipleUriSans => Some(IdentityError::MalformedSpiffeId),
            IdentityError::MalformedSpiffeId => Some(IdentityError::NotALeafSvid),
            IdentityError::NotALeafSvid => Some(IdentityError::Revoked),
            IdentityError::Revoked => Some(IdentityError::Expired),
            IdentityError::Expired => Some(IdentityError::TimeUnknown),
            IdentityError::TimeUnknown => None,
        }
    }

    fn denials() -> impl Iterator<Item = Denial<'static>> {
        std::iter::successors(Some(Denial::RequestTooLarge), |denial| next(*denial))
    }

    /// The words that the filter has beside those of the engine.
    fn refusals() -> impl Iterator<Item = &'static str> {
        let quoted = FILTER
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Self::"));
        quoted.filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","))
    }

    #[test]
    fn the_page_on_troubleshooting_has_one_heading_for_each_cause_and_no_other() {
        let with_rules = [
            "matched-deny",
            "source-ip-unreadable",
            "matched-allow",
            "matched-exception",
        ];
        let mut codes: Vec<&str> = denials().map(|denial| denial.code()).collect();
        codes.extend(with_rules);
        codes.extend(refusals());
        assert!(codes.contains(&"no-configuration"), "{codes:?}");
        codes.sort_unstable();
        let headings = PAGE
            .lines()
            .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
        let mut headings: Vec<&str> = headings.collect();
        headings.sort_unstable();
        assert_eq!(headings, codes);
    }

    #[test]
    fn each_cause_is_told_in_sentences_of_its_own() {
        let texts: Vec<CauseText> = denials().map(|denial| of_denial(&denial)).collect();
        for (index, text) in texts.iter().enumerate() {
            assert!(
                text.meaning.ends_with('.') && text.next_step.ends_with('.'),
                "{text:?}"
            );
            assert!(
                !texts[..index]
                    .iter()
                    .any(|earlier| earlier.meaning == text.meaning),
                "{text:?}"
            );
        }
    }
}
