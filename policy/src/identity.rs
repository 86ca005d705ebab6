//! Who the peer is: the SVID that a certificate is, or the reason why it shows no identity.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::decision::Denial;
use crate::identity_error::IdentityError;
use crate::profile::Profile;
use crate::request::{Peer, PeerCertificate, Validation};
use crate::spiffe_id::SpiffeId;
use crate::svid::{in_force, only_workload_id, workload_id};
use crate::svid_settings::{RequiredSvid, SvidSettings};

/// The identity that conditions on the source are tested against.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PeerIdentity<'r> {
    /// The URI SAN, byte for byte.
    pub(crate) text: &'r [u8],
    /// The SPIFFE ID that it is, where it is one.
    pub(crate) spiffe_id: Option<Cow<'r, SpiffeId>>,
}

/// The identity of the peer, or a denial that needs no rule.
///
/// Zero-trust: a presented certificate must be a validated SVID in force, and handed on must be a SPIFFE ID, or the request
/// ends here; a peer without either has an identity that *cannot be told*, so no ALLOW rule on it holds and every DENY rule
/// does. Istio: the first URI SAN that Envoy reports, whatever it says; without one the identity is absent.
/// In both, nobody passes who is on the list of the denied.
pub(crate) fn identify<'r>(
    profile: Profile,
    settings: &SvidSettings,
    peer: Peer<'r>,
    now: Attribute<OffsetDateTime>,
) -> Result<Attribute<PeerIdentity<'r>>, Denial<'static>> {
    match profile {
        Profile::ZeroTrust => match peer {
            Peer::Unreadable => Err(Denial::PeerUnreadable),
            Peer::Plaintext => Ok(Attribute::Unreadable),
            Peer::Certificate(certificate) => svid_in_force(settings, certificate, now)
                .map(Attribute::Known)
                .map_err(Denial::Identity),
            Peer::HandedOn(text) => handed_on(settings, text)
                .map(Attribute::Known)
                .map_err(Denial::Identity),
        },
        Profile::Istio => {
            settings.denied.admit(peer)?;
            Ok(first_uri_san(peer))
        }
    }
}

fn svid_in_force<'r>(
    settings: &SvidSettings,
    certificate: PeerCertificate<'r>,
    now: Attribute<OffsetDateTime>,
) -> Result<PeerIdentity<'r>, IdentityError> {
    require_validated(settings.required, certificate.validation)?;
    let identity = match (certificate.leaf, settings.required) {
        (Attribute::Known(leaf), _) => identity(Cow::Borrowed(leaf.svid()?), leaf.facts().uri_sans.first()),
        (Attribute::Absent, RequiredSvid::Full) => Err(IdentityError::NotShown),
        (Attribute::Absent, RequiredSvid::Uri) => {
            let id = only_workload_id(certificate.uri_sans)?;
            identity(Cow::Owned(id), certificate.uri_sans.first())
        }
        (Attribute::Unreadable, _) => Err(IdentityError::Unreadable),
    }?;
    settings.denied.admit_certificate(certificate)?;
    match certificate.leaf {
        Attribute::Known(leaf) => in_force(leaf.facts(), now)?,
        Attribute::Absent | Attribute::Unreadable => {}
    }
    Ok(identity)
}

/// An older proxy does not say whether it verified the certificate, nor does it show it.
fn require_validated(required: RequiredSvid, validation: Validation) -> Result<(), IdentityError> {
    match (validation, required) {
        (Validation::Validated, _) | (Validation::Unreadable, RequiredSvid::Uri) => Ok(()),
        (Validation::NotValidated, _) | (Validation::Unreadable, RequiredSvid::Full) => {
            Err(IdentityError::NotValidated)
        }
    }
}

fn identity<'r, T: AsRef<[u8]> + ?Sized>(
    id: Cow<'r, SpiffeId>,
    text: Option<&'r T>,
) -> Result<PeerIdentity<'r>, IdentityError> {
    let text = text.ok_or(IdentityError::NoSvid)?.as_ref();
    Ok(PeerIdentity {
        text,
        spiffe_id: Some(id),
    })
}

/// What a listener in front of this one wrote down: the proxy verified the certificate there, and here nothing else of it
/// is known.
fn handed_on<'r>(settings: &SvidSettings, text: &'r [u8]) -> Result<PeerIdentity<'r>, IdentityError> {
    let id = workload_id(text)?;
    settings.denied.admit_handed_on(text)?;
    identity(Cow::Owned(id), Some(text))
}

fn first_uri_san(peer: Peer<'_>) -> Attribute<PeerIdentity<'_>> {
    let text = match peer {
        Peer::Unreadable => return Attribute::Unreadable,
        Peer::Plaintext => None,
        Peer::HandedOn(text) => Some(text),
        Peer::Certificate(certificate) => certificate.uri_sans.first().copied(),
    };
    match text {
        None | Some([]) => Attribute::Absent,
        Some(text) => Attribute::Known(PeerIdentity {
            text,
            spiffe_id: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denied::{DeniedId, DeniedPeers};
    use crate::leaf_certificate::LeafCertificate;
    use crate::leaf_facts::LeafFacts;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const GOOD: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";
    const FEDERATED: &[u8] = b"spiffe://partner.example/ns/shop/sa/frontend";

    fn settings(required: RequiredSvid) -> SvidSettings {
        SvidSettings {
            required,
            peer_principal_key: Some("io.istio.peer_principal".to_owned()),
            denied: DeniedPeers::default(),
        }
    }

    /// Settings that deny [`GOOD`].
    fn quarantine(required: RequiredSvid) -> SvidSettings {
        let ids = [DeniedId::Exact(GOOD.into())];
        SvidSettings {
            denied: DeniedPeers::new(ids, [], []),
            ..settings(required)
        }
    }

    fn leaf(uri_sans: &[&[u8]]) -> LeafFacts {
        LeafFacts {
            uri_sans: uri_sans.iter().map(|san| san.to_vec()).collect(),
            ..LeafFacts::default()
        }
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    fn presented<'r>(
        uri_sans: &'r [&'r [u8]],
        validation: Validation,
        leaf: Attribute<&'r LeafCertificate>,
    ) -> Peer<'r> {
        Peer::Certificate(PeerCertificate {
            uri_sans,
            validation,
            leaf,
            digest: Attribute::Absent,
        })
    }

    type Told = Result<Option<Vec<u8>>, Denial<'static>>;

    /// The identity by the rules of profile zero-trust, without a time.
    fn zero_trust(settings: &SvidSettings, peer: Peer<'_>) -> Told {
        identify(Profile::ZeroTrust, settings, peer, Attribute::Absent)
            .map(|identity| identity.known().map(|known| known.text.to_vec()))
    }

    fn denied(error: IdentityError) -> Told {
        Err(Denial::Identity(error))
    }

    /// The verdict on a validated certificate that says this, where the whole one is required.
    fn shown(facts: LeafFacts) -> Told {
        let leaf = LeafCertificate::new(facts);
        let peer = presented(&[], Validation::Validated, Attribute::Known(&leaf));
        zero_trust(&settings(RequiredSvid::Full), peer)
    }

    #[test]
    fn a_validated_svid_is_an_identity() {
        assert_eq!(shown(leaf(&[GOOD])), Ok(Some(GOOD.to_vec())));
    }

    #[test]
    fn a_certificate_that_is_no_svid_is_refused_by_its_cause() {
        let authority = LeafFacts {
            is_authority: true,
            ..leaf(&[GOOD])
        };
        let table = [
            (leaf(&[]), IdentityError::NoSvid),
            (leaf(&[GOOD, GOOD]), IdentityError::MultipleUriSans),
            (
                leaf(&[b"spiffe://cluster.local"]),
                IdentityError::MalformedSpiffeId,
            ),
            (authority, IdentityError::NotALeafSvid),
        ];
        for (facts, expected) in table {
            assert_eq!(shown(facts), denied(expected));
        }
    }

    #[test]
    fn the_proxys_word_on_the_certificate_comes_before_everything_in_it() {
        let nobody = LeafCertificate::new(leaf(&[]));
        for leaf in [
            Attribute::Known(&nobody),
            Attribute::Absent,
            Attribute::Unreadable,
        ] {
            let verdict =
                |required, validation| zero_trust(&settings(required), presented(&[GOOD], validation, leaf));
            for (required, validation) in [
                (RequiredSvid::Full, Validation::NotValidated),
                (RequiredSvid::Full, Validation::Unreadable),
                (RequiredSvid::Uri, Validation::NotValidated),
            ] {
                assert_eq!(verdict(required, validation), denied(IdentityError::NotValidated));
            }
        }
    }

    #[test]
    fn where_the_whole_svid_is_required_the_certificate_must_be_shown() {
        let verdict = |leaf| {
            let peer = presented(&[GOOD], Validation::Validated, leaf);
            zero_trust(&settings(RequiredSvid::Full), peer)
        };
        assert_eq!(verdict(Attribute::Absent), denied(IdentityError::NotShown));
        assert_eq!(verdict(Attribute::Unreadable), denied(IdentityError::Unreadable));
    }

    #[test]
    fn where_the_uri_is_enough_the_one_that_is_reported_counts_if_no_certificate_is_shown() {
        for validation in [Validation::Validated, Validation::Unreadable] {
            let verdict = |uri_sans: &[&[u8]], leaf| {
                let peer = presented(uri_sans, validation, leaf);
                zero_trust(&settings(RequiredSvid::Uri), peer)
            };
            let absent = Attribute::Absent;
            assert_eq!(verdict(&[GOOD], absent), Ok(Some(GOOD.to_vec())));
            assert_eq!(verdict(&[], absent), denied(IdentityError::NoSvid));
            assert_eq!(
                verdict(&[GOOD, GOOD], absent),
                denied(IdentityError::MultipleUriSans)
            );
            assert_eq!(verdict(&[b"a"], absent), denied(IdentityError::MalformedSpiffeId));
            assert_eq!(
                verdict(&[GOOD], Attribute::Unreadable),
                denied(IdentityError::Unreadable)
            );
            let two = LeafCertificate::new(leaf(&[GOOD, GOOD]));
            assert_eq!(
                verdict(&[GOOD], Attribute::Known(&two)),
                denied(IdentityError::MultipleUriSans)
            );
        }
    }

    #[test]
    fn the_list_of_the_denied_comes_after_the_form_and_before_the_validity() {
        let ended = |uri_sans: &[&[u8]]| {
            let facts = LeafFacts {
                not_after: Some(at(10)),
                ..leaf(uri_sans)
            };
            let leaf = LeafCertificate::new(facts);
            let peer = presented(&[], Validation::Validated, Attribute::Known(&leaf));
            let now = Attribute::Known(at(11));
            identify(Profile::ZeroTrust, &quarantine(RequiredSvid::Full), peer, now).map(|_| ())
        };
        let denied = |error| Err(Denial::Identity(error));
        assert_eq!(ended(&[GOOD, GOOD]), denied(IdentityError::MultipleUriSans));
        assert_eq!(ended(&[GOOD]), denied(IdentityError::Revoked));
        assert_eq!(ended(&[FEDERATED]), denied(IdentityError::Expired));
    }

    #[test]
    fn an_svid_that_is_over_or_whose_time_nobody_tells_is_refused() {
        let facts = LeafFacts {
            not_before: Some(at(10)),
            not_after: Some(at(20)),
            ..leaf(&[GOOD])
        };
        let leaf = LeafCertificate::new(facts);
        let verdict = |now| {
            let peer = presented(&[], Validation::Validated, Attribute::Known(&leaf));
            let settings = settings(RequiredSvid::Full);
            identify(Profile::ZeroTrust, &settings, peer, now).map(|_| ())
        };
        assert_eq!(verdict(Attribute::Known(at(15))), Ok(()));
        let refused = |error| Err(Denial::Identity(error));
        for now in [at(9), at(21)] {
            assert_eq!(verdict(Attribute::Known(now)), refused(IdentityError::Expired));
        }
        for now in [Attribute::Absent, Attribute::Unreadable] {
            assert_eq!(verdict(now), refused(IdentityError::TimeUnknown));
        }
    }

    #[test]
    fn without_a_certificate_the_identity_is_unknown_in_zero_trust_and_absent_in_istio() {
        let settings = quarantine(RequiredSvid::Full);
        let told = |profile| identify(profile, &settings, Peer::Plaintext, Attribute::Absent);
        assert_eq!(told(Profile::ZeroTrust), Ok(Attribute::Unreadable));
        assert_eq!(told(Profile::Istio), Ok(Attribute::Absent));
    }

    #[test]
    fn what_is_handed_on_is_the_spiffe_id_of_a_workload_or_refused() {
        let settings = quarantine(RequiredSvid::Full);
        let verdict = |text| zero_trust(&settings, Peer::HandedOn(text));
        assert_eq!(verdict(FEDERATED), Ok(Some(FEDERATED.to_vec())));
        assert_eq!(verdict(GOOD), denied(IdentityError::Revoked));
        let malformed: [&[u8]; 5] = [
            b"frontend",
            b"spiffe://cluster.local",
            b"spiffe://cluster.local/a,spiffe://cluster.local/b",
            b"spiffe://cluster.local/a,",
            b" ",
        ];
        for text in malformed {
            assert_eq!(verdict(text), denied(IdentityError::MalformedSpiffeId));
        }
    }

    #[test]
    fn nothing_is_handed_on_where_no_key_is_named_and_by_an_empty_text_or_a_dash() {
        let told = settings(RequiredSvid::Full);
        let deaf = SvidSettings {
            peer_principal_key: None,
            ..told.clone()
        };
        assert_eq!(told.peer(Peer::HandedOn(GOOD)), Peer::HandedOn(GOOD));
        assert_eq!(deaf.peer(Peer::HandedOn(GOOD)), Peer::Plaintext);
        for nothing in [&b""[..], b"-"] {
            assert_eq!(told.peer(Peer::HandedOn(nothing)), Peer::Plaintext);
        }
        assert_eq!(deaf.peer(Peer::Unreadable), Peer::Unreadable);
    }

    #[test]
    fn istio_takes_the_first_uri_san_whatever_it_says_and_asks_for_no_certificate() {
        let settings = settings(RequiredSvid::Full);
        let text = |peer| {
            let identity = identify(Profile::Istio, &settings, peer, Attribute::Absent);
            identity.unwrap().known().map(|known| known.text.to_vec())
        };
        for leaf in [Attribute::Absent, Attribute::Unreadable] {
            let peer = presented(&[b"anything", GOOD], Validation::NotValidated, leaf);
            assert_eq!(text(peer), Some(b"anything".to_vec()));
        }
        assert_eq!(text(Peer::HandedOn(b"a,b")), Some(b"a,b".to_vec()));
    }

    #[test]
    fn istio_denies_whoever_is_on_the_list_by_any_of_the_uri_sans() {
        let leaf = LeafCertificate::new(leaf(&[FEDERATED, GOOD]));
        let peer = presented(&[FEDERATED], Validation::Validated, Attribute::Known(&leaf));
        let told = identify(
            Profile::Istio,
            &quarantine(RequiredSvid::Full),
            peer,
            Attribute::Absent,
        );
        assert_eq!(told, Err(Denial::Identity(IdentityError::Revoked)));
    }

    #[test]
    fn each_cause_has_a_word_of_its_own() {
        let causes = [
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
        let words: std::collections::BTreeSet<_> = causes.into_iter().map(IdentityError::code).collect();
        assert_eq!(words.len(), causes.len());
    }
}
