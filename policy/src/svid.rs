//! The rules of X509-SVID for a certificate that authenticates a workload.
//!
//! What hangs on nothing but the certificate is settled once, when it is parsed ([`svid`]); what hangs on the time, each
//! time it is presented ([`in_force`]).

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::identity_error::IdentityError;
use crate::leaf_facts::{ExtendedKeyUsage, Holder, KeyUsage, LeafFacts};
use crate::spiffe_id::SpiffeId;

/// The SPIFFE ID of a leaf, or the first rule that it breaks.
pub(crate) fn svid(facts: &LeafFacts) -> Result<SpiffeId, IdentityError> {
    let id = only_workload_id(&facts.uri_sans)?;
    if authenticates(facts) {
        Ok(id)
    } else {
        Err(IdentityError::NotALeafSvid)
    }
}

/// X509-SVID section 2: exactly one URI SAN, which is the SPIFFE ID.
pub(crate) fn only_workload_id<T: AsRef<[u8]>>(uri_sans: &[T]) -> Result<SpiffeId, IdentityError> {
    only_uri_san(uri_sans).and_then(|only| workload_id(only.as_ref()))
}

/// X509-SVID section 2: exactly one.
pub(crate) fn only_uri_san<T>(uri_sans: &[T]) -> Result<&T, IdentityError> {
    match uri_sans {
        [] => Err(IdentityError::NoSvid),
        [only] => Ok(only),
        _ => Err(IdentityError::MultipleUriSans),
    }
}

/// The SPIFFE ID of a workload.
pub(crate) fn workload_id(text: &[u8]) -> Result<SpiffeId, IdentityError> {
    SpiffeId::parse(text)
        .ok()
        .filter(is_of_workload)
        .ok_or(IdentityError::MalformedSpiffeId)
}

/// X509-SVID section 5.2: the SPIFFE ID of a leaf has a path; a bare trust domain signs, it never calls.
pub(crate) fn is_of_workload(id: &SpiffeId) -> bool {
    !id.path().is_empty()
}

/// A rule for what a certificate says beside its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LeafRule {
    /// X509-SVID section 4.1.
    NoAuthority,
    /// X509-SVID section 4.3.
    KeyUsageIsCritical,
    /// X509-SVID section 4.3.
    DigitalSignature,
    /// X509-SVID section 4.3.
    SignsForNoAuthority,
    /// X509-SVID section 4.4.
    ExtendedKeyUsage,
    /// RFC 5280 section 4.2.1.6.
    SomethingNamesTheHolder,
}

impl LeafRule {
    pub(crate) const ALL: [Self; 6] = [
        Self::NoAuthority,
        Self::KeyUsageIsCritical,
        Self::DigitalSignature,
        Self::SignsForNoAuthority,
        Self::ExtendedKeyUsage,
        Self::SomethingNamesTheHolder,
    ];

    /// Whether a leaf keeps the rule. A key usage that verifiers may pass over says nothing.
    pub(crate) fn holds(self, facts: &LeafFacts) -> bool {
        match self {
            Self::NoAuthority => !facts.is_authority,
            Self::KeyUsageIsCritical => matches!(facts.key_usage, KeyUsage::Critical { .. }),
            Self::DigitalSignature => match facts.key_usage {
                KeyUsage::Absent | KeyUsage::NotCritical => false,
                KeyUsage::Critical {
                    digital_signature, ..
                } => digital_signature,
            },
            Self::SignsForNoAuthority => match facts.key_usage {
                KeyUsage::Absent | KeyUsage::NotCritical => false,
                KeyUsage::Critical {
                    signs_for_authority, ..
                } => !signs_for_authority,
            },
            Self::ExtendedKeyUsage => match facts.extended_key_usage {
                ExtendedKeyUsage::Absent => true,
                ExtendedKeyUsage::Given {
                    server_auth,
                    client_auth,
                } => server_auth && client_auth,
            },
            Self::SomethingNamesTheHolder => match facts.holder {
                Holder::Subject | Holder::CriticalSan => true,
                Holder::NotCriticalSan => false,
            },
        }
    }
}

/// Whether this is a leaf that may authenticate.
fn authenticates(facts: &LeafFacts) -> bool {
    LeafRule::ALL.into_iter().all(|rule| rule.holds(facts))
}

/// Whether a certificate is valid now; its first and its last moment count. One that says no bounds, as only a request
/// document can, always is.
pub(crate) fn in_force(facts: &LeafFacts, now: Attribute<OffsetDateTime>) -> Result<(), IdentityError> {
    let (not_before, not_after) = (facts.not_before, facts.not_after);
    if not_before.is_none() && not_after.is_none() {
        return Ok(());
    }
    let Attribute::Known(now) = now else {
        return Err(IdentityError::TimeUnknown);
    };
    let begun = not_before.is_none_or(|not_before| not_before <= now);
    let ended = not_after.is_some_and(|not_after| not_after < now);
    if begun && !ended {
        Ok(())
    } else {
        Err(IdentityError::Expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/orders";

    fn leaf() -> LeafFacts {
        LeafFacts {
            uri_sans: vec![ID.to_vec()],
            ..LeafFacts::default()
        }
    }

    fn cause(facts: &LeafFacts) -> Option<IdentityError> {
        svid(facts).err()
    }

    fn usage(digital_signature: bool, signs_for_authority: bool) -> KeyUsage {
        KeyUsage::Critical {
            digital_signature,
            signs_for_authority,
        }
    }

    fn purposes(server_auth: bool, client_auth: bool) -> ExtendedKeyUsage {
        ExtendedKeyUsage::Given {
            server_auth,
            client_auth,
        }
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn a_leaf_with_one_spiffe_id_is_an_svid_whatever_else_it_names() {
        let named = LeafFacts {
            dns_sans: vec!["orders.shop".to_owned()],
            ..leaf()
        };
        for facts in [leaf(), named] {
            assert_eq!(svid(&facts).unwrap().as_str().as_bytes(), ID);
        }
    }

    #[test]
    fn there_is_exactly_one_uri_san() {
        let of = |uri_sans: &[&[u8]]| {
            let uri_sans = uri_sans.iter().map(|san| san.to_vec()).collect();
            cause(&LeafFacts { uri_sans, ..leaf() })
        };
        assert_eq!(of(&[ID]), None);
        assert_eq!(of(&[]), Some(IdentityError::NoSvid));
        for two in [[ID, ID], [ID, b"https://a"], [b"", ID]] {
            assert_eq!(of(&two), Some(IdentityError::MultipleUriSans));
        }
    }

    #[test]
    fn the_uri_san_is_the_spiffe_id_of_a_workload() {
        let malformed: [&[u8]; 9] = [
            b"",
            b"-",
            b"spiffe://cluster.local",
            b"spiffe://cluster.local/",
            b"https://cluster.local/a",
            b"spiffe://Cluster.local/a",
            b"spiffe://cluster.local/a,spiffe://cluster.local/b",
            b"spiffe://cluster.local/a\0",
            b"spiffe://cluster.local/\xff",
        ];
        for text in malformed {
            assert_eq!(workload_id(text), Err(IdentityError::MalformedSpiffeId));
        }
    }

    #[test]
    fn what_may_sign_certificates_or_may_not_sign_handshakes_authenticates_nobody() {
        let changes: [fn(&mut LeafFacts); 10] = [
            |facts| facts.is_authority = true,
            |facts| facts.key_usage = KeyUsage::Absent,
            |facts| facts.key_usage = KeyUsage::NotCritical,
            |facts| facts.key_usage = usage(false, false),
            |facts| facts.key_usage = usage(true, true),
            |facts| facts.key_usage = usage(false, true),
            |facts| facts.extended_key_usage = purposes(false, false),
            |facts| facts.extended_key_usage = purposes(true, false),
            |facts| facts.extended_key_usage = purposes(false, true),
            |facts| facts.holder = Holder::NotCriticalSan,
        ];
        for change in changes {
            let mut facts = leaf();
            change(&mut facts);
            assert_eq!(cause(&facts), Some(IdentityError::NotALeafSvid), "{facts:?}");
        }
    }

    #[test]
    fn both_purposes_of_tls_and_a_subject_are_no_objection() {
        let changes: [fn(&mut LeafFacts); 2] = [
            |facts| facts.extended_key_usage = purposes(true, true),
            |facts| facts.holder = Holder::Subject,
        ];
        for change in changes {
            let mut facts = leaf();
            change(&mut facts);
            assert_eq!(cause(&facts), None, "{facts:?}");
        }
    }

    #[test]
    fn the_name_is_judged_before_the_uses_of_the_key() {
        let facts = LeafFacts {
            uri_sans: Vec::new(),
            is_authority: true,
            ..leaf()
        };
        assert_eq!(cause(&facts), Some(IdentityError::NoSvid));
    }

    #[test]
    fn a_certificate_is_in_force_from_its_first_moment_through_its_last() {
        let facts = LeafFacts {
            not_before: Some(at(10)),
            not_after: Some(at(20)),
            ..leaf()
        };
        for (now, expected) in [
            (9, Err(IdentityError::Expired)),
            (10, Ok(())),
            (20, Ok(())),
            (21, Err(IdentityError::Expired)),
        ] {
            assert_eq!(in_force(&facts, Attribute::Known(at(now))), expected, "{now}");
        }
        let later = at(20) + time::Duration::NANOSECOND;
        assert_eq!(
            in_force(&facts, Attribute::Known(later)),
            Err(IdentityError::Expired)
        );
    }

    #[test]
    fn one_bound_alone_is_looked_at_and_none_needs_no_time() {
        let begins = LeafFacts {
            not_before: Some(at(10)),
            ..leaf()
        };
        let ends = LeafFacts {
            not_after: Some(at(10)),
            ..leaf()
        };
        assert_eq!(in_force(&begins, Attribute::Known(at(99))), Ok(()));
        assert_eq!(
            in_force(&begins, Attribute::Known(at(9))),
            Err(IdentityError::Expired)
        );
        assert_eq!(in_force(&ends, Attribute::Known(at(9))), Ok(()));
        assert_eq!(
            in_force(&ends, Attribute::Known(at(99))),
            Err(IdentityError::Expired)
        );
        for now in [Attribute::Absent, Attribute::Unreadable] {
            assert_eq!(in_force(&leaf(), now), Ok(()));
            assert_eq!(in_force(&begins, now), Err(IdentityError::TimeUnknown));
            assert_eq!(in_force(&ends, now), Err(IdentityError::TimeUnknown));
        }
    }
}
