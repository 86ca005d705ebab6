//! [`DeniedPeers`]: the peers that a configuration shuts out, whatever the policies say: quarantine for what is
//! compromised.

use std::collections::BTreeSet;

use crate::attribute::Attribute;
use crate::decision::Denial;
use crate::identity_error::IdentityError;
use crate::leaf_certificate::LeafCertificate;
use crate::request::{Peer, PeerCertificate};

/// The SHA-256 digest of a certificate's DER form.
pub(crate) type Digest = [u8; 32];

/// One entry of `spiffeIds`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum DeniedId {
    /// This one.
    Exact(Box<[u8]>),
    /// Every one that begins like this.
    Prefix(Box<[u8]>),
    /// Every one that ends like this.
    Suffix(Box<[u8]>),
}

/// The lists, each made for looking up: what a large one costs a request is the patterns in it alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeniedPeers {
    ids: BTreeSet<Box<[u8]>>,
    prefixes: Vec<Box<[u8]>>,
    suffixes: Vec<Box<[u8]>>,
    /// Without leading zeros.
    serials: BTreeSet<Box<[u8]>>,
    digests: BTreeSet<Digest>,
}

impl DeniedPeers {
    pub(crate) fn new(
        ids: impl IntoIterator<Item = DeniedId>,
        serials: impl IntoIterator<Item = Box<[u8]>>,
        digests: impl IntoIterator<Item = Digest>,
    ) -> Self {
        let mut denied = Self {
            serials: serials.into_iter().collect(),
            digests: digests.into_iter().collect(),
            ..Self::default()
        };
        for id in ids {
            denied.add(id);
        }
        denied
    }

    fn add(&mut self, id: DeniedId) {
        match id {
            DeniedId::Exact(id) => {
                self.ids.insert(id);
            }
            DeniedId::Prefix(prefix) => self.prefixes.push(prefix),
            DeniedId::Suffix(suffix) => self.suffixes.push(suffix),
        }
    }

    /// How many entries there are.
    pub(crate) fn count(&self) -> usize {
        [
            self.ids.len(),
            self.prefixes.len(),
            self.suffixes.len(),
            self.serials.len(),
            self.digests.len(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    /// Whether a certificate must be known to tell: its URI SANs or its serial number.
    pub(crate) fn reads_certificates(&self) -> bool {
        self.reads_ids() || !self.serials.is_empty()
    }

    /// Whether its digest must be known.
    pub(crate) fn reads_digests(&self) -> bool {
        !self.digests.is_empty()
    }

    fn reads_ids(&self) -> bool {
        !(self.ids.is_empty() && self.prefixes.is_empty() && self.suffixes.is_empty())
    }

    /// Lets a peer pass of which it can be told that it is on no list. One without a certificate is on none.
    pub(crate) fn admit(&self, peer: Peer<'_>) -> Result<(), Denial<'static>> {
        match peer {
            Peer::Unreadable if self.count() > 0 => Err(Denial::PeerUnreadable),
            Peer::Unreadable | Peer::Plaintext => Ok(()),
            Peer::HandedOn(text) => self.admit_handed_on(text).map_err(Denial::Identity),
            Peer::Certificate(certificate) => self.admit_certificate(certificate).map_err(Denial::Identity),
        }
    }

    /// Proxies join several URI SANs by commas.
    pub(crate) fn admit_handed_on(&self, text: &[u8]) -> Result<(), IdentityError> {
        let mut parts = text.split(|byte| *byte == b',');
        if self.lists_id(text) || parts.any(|part| self.lists_id(part)) {
            return Err(IdentityError::Revoked);
        }
        Ok(())
    }

    /// Everything that is known is looked up first: a peer on one list is denied for that, whatever else cannot be told.
    pub(crate) fn admit_certificate(&self, certificate: PeerCertificate<'_>) -> Result<(), IdentityError> {
        let PeerCertificate {
            uri_sans,
            leaf,
            digest,
            validation: _,
        } = certificate;
        let is_listed = uri_sans.iter().any(|san| self.lists_id(san))
            || leaf.known().is_some_and(|leaf| self.lists_leaf(leaf))
            || digest.known().is_some_and(|digest| self.lists_digest(digest));
        if is_listed {
            return Err(IdentityError::Revoked);
        }
        self.require_leaf(leaf)?;
        self.require_digest(digest)
    }

    /// Without the certificate, the URI SAN that the proxy reports is the only one that any policy sees; a serial number
    /// is seen nowhere else.
    fn require_leaf(&self, leaf: Attribute<&LeafCertificate>) -> Result<(), IdentityError> {
        match leaf {
            Attribute::Absent if !self.serials.is_empty() => Err(IdentityError::NotShown),
            Attribute::Unreadable if self.reads_certificates() => Err(IdentityError::Unreadable),
            Attribute::Known(_) | Attribute::Absent | Attribute::Unreadable => Ok(()),
        }
    }

    fn require_digest(&self, digest: Attribute<&[u8]>) -> Result<(), IdentityError> {
        match digest {
            Attribute::Absent if self.reads_digests() => Err(IdentityError::NotShown),
            Attribute::Unreadable if self.reads_digests() => Err(IdentityError::Unreadable),
            Attribute::Known(_) | Attribute::Absent | Attribute::Unreadable => Ok(()),
        }
    }

    fn lists_leaf(&self, leaf: &LeafCertificate) -> bool {
        let facts = leaf.facts();
        let serial = facts.serial.as_deref();
        facts.uri_sans.iter().any(|san| self.lists_id(san))
            || serial.is_some_and(|serial| self.serials.contains(serial))
    }

    fn lists_id(&self, id: &[u8]) -> bool {
        self.ids.contains(id)
            || self.prefixes.iter().any(|prefix| id.starts_with(prefix))
            || self.suffixes.iter().any(|suffix| id.ends_with(suffix))
    }

    fn lists_digest(&self, digest: &[u8]) -> bool {
        Digest::try_from(digest).is_ok_and(|digest| self.digests.contains(&digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf_facts::LeafFacts;
    use crate::request::Validation;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const STOLEN: &[u8] = b"spiffe://cluster.local/ns/shop/sa/stolen";
    const TESTER: &[u8] = b"spiffe://cluster.local/ns/test/sa/tester";
    const BUILDER: &[u8] = b"spiffe://partner.example/ns/ci/sa/builder";
    const GOOD: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";

    fn by_id() -> DeniedPeers {
        let ids = [
            DeniedId::Exact(STOLEN.into()),
            DeniedId::Prefix((*b"spiffe://cluster.local/ns/test/").into()),
            DeniedId::Suffix((*b"/sa/builder").into()),
        ];
        DeniedPeers::new(ids, [], [])
    }

    fn by_serial() -> DeniedPeers {
        DeniedPeers::new([], [[0x0a, 0x1b].into()], [])
    }

    fn by_digest() -> DeniedPeers {
        DeniedPeers::new([], [], [[7; 32]])
    }

    fn leaf(uri_sans: &[&[u8]], serial: &[u8]) -> LeafCertificate {
        LeafCertificate::new(LeafFacts {
            uri_sans: uri_sans.iter().map(|san| san.to_vec()).collect(),
            serial: Some(serial.to_vec()),
            ..LeafFacts::default()
        })
    }

    fn admit(
        denied: &DeniedPeers,
        uri_sans: &[&[u8]],
        leaf: Attribute<&LeafCertificate>,
        digest: Attribute<&[u8]>,
    ) -> Result<(), IdentityError> {
        denied.admit_certificate(PeerCertificate {
            uri_sans,
            validation: Validation::Validated,
            leaf,
            digest,
        })
    }

    const REVOKED: Result<(), IdentityError> = Err(IdentityError::Revoked);
    const NOT_SHOWN: Result<(), IdentityError> = Err(IdentityError::NotShown);
    const UNREADABLE: Result<(), IdentityError> = Err(IdentityError::Unreadable);

    #[test]
    fn an_id_is_denied_whole_or_by_its_beginning_or_its_end() {
        let longer = [STOLEN, b"2"].concat();
        let shorter = &STOLEN[..STOLEN.len() - 1];
        let upper = STOLEN.to_ascii_uppercase();
        for (id, expected) in [
            (STOLEN, REVOKED),
            (TESTER, REVOKED),
            (BUILDER, REVOKED),
            (GOOD, Ok(())),
            (&longer, Ok(())),
            (shorter, Ok(())),
            (&upper, Ok(())),
            (b"", Ok(())),
        ] {
            let (reported, known) = ([id], leaf(&[id], &[1]));
            let verdict = |uri_sans, leaf| admit(&by_id(), uri_sans, leaf, Attribute::Absent);
            assert_eq!(verdict(&reported, Attribute::Absent), expected);
            assert_eq!(verdict(&[], Attribute::Known(&known)), expected);
        }
    }

    #[test]
    fn any_of_several_uri_sans_denies() {
        let known = leaf(&[GOOD, STOLEN], &[1]);
        let verdict = admit(&by_id(), &[GOOD], Attribute::Known(&known), Attribute::Absent);
        assert_eq!(verdict, REVOKED);
        assert_eq!(by_id().admit_handed_on(&[GOOD, b",", STOLEN].concat()), REVOKED);
        assert_eq!(by_id().admit_handed_on(STOLEN), REVOKED);
        assert_eq!(by_id().admit_handed_on(GOOD), Ok(()));
    }

    #[test]
    fn a_serial_number_is_read_from_the_certificate_or_the_peer_is_denied() {
        let verdict = |leaf| admit(&by_serial(), &[GOOD], leaf, Attribute::Absent);
        let (listed, other) = (leaf(&[GOOD], &[0x0a, 0x1b]), leaf(&[GOOD], &[0x0a]));
        assert_eq!(verdict(Attribute::Known(&listed)), REVOKED);
        assert_eq!(verdict(Attribute::Known(&other)), Ok(()));
        assert_eq!(verdict(Attribute::Absent), NOT_SHOWN);
        assert_eq!(verdict(Attribute::Unreadable), UNREADABLE);
    }

    #[test]
    fn a_digest_is_reported_or_the_peer_is_denied() {
        let verdict = |digest: Attribute<&[u8]>| admit(&by_digest(), &[GOOD], Attribute::Unreadable, digest);
        assert_eq!(verdict(Attribute::Known(&[7; 32])), REVOKED);
        for other in [&[8; 32][..], &[7; 31], &[7; 33], b""] {
            assert_eq!(verdict(Attribute::Known(other)), Ok(()));
        }
        assert_eq!(verdict(Attribute::Absent), NOT_SHOWN);
        assert_eq!(verdict(Attribute::Unreadable), UNREADABLE);
    }

    #[test]
    fn ids_need_the_certificate_where_the_proxy_shows_any() {
        let verdict = |leaf| admit(&by_id(), &[GOOD], leaf, Attribute::Absent);
        assert_eq!(verdict(Attribute::Absent), Ok(()));
        assert_eq!(verdict(Attribute::Unreadable), UNREADABLE);
    }

    #[test]
    fn who_is_on_a_list_is_denied_for_that_whatever_else_cannot_be_told() {
        let denied = DeniedPeers::new([DeniedId::Exact(STOLEN.into())], [[1].into()], [[7; 32]]);
        let unreadable = Attribute::Unreadable;
        assert_eq!(
            admit(&denied, &[STOLEN], unreadable, Attribute::Unreadable),
            REVOKED
        );
        assert_eq!(
            admit(&denied, &[GOOD], unreadable, Attribute::Known(&[7; 32])),
            REVOKED
        );
    }

    #[test]
    fn without_lists_nothing_need_be_known() {
        let none = DeniedPeers::default();
        let verdict = admit(&none, &[], Attribute::Unreadable, Attribute::Unreadable);
        assert_eq!(verdict, Ok(()));
        assert_eq!(none.admit(Peer::Unreadable), Ok(()));
        assert!(!none.reads_certificates() && !none.reads_digests());
    }

    #[test]
    fn a_peer_that_cannot_be_told_is_denied_where_there_is_a_list_and_plaintext_is_not() {
        for denied in [by_id(), by_serial(), by_digest()] {
            assert_eq!(denied.admit(Peer::Unreadable), Err(Denial::PeerUnreadable));
            assert_eq!(denied.admit(Peer::Plaintext), Ok(()));
        }
    }
}
