//! [`Leaf`]: a certificate of the matrix and who issues it.

use spiffe_authz_pki::{
    AltName, Criticality, DevelopmentCa, Duration, ExtendedKeyUsage, IssuedLeaf, KeyUsage, LeafRequest,
    OffsetDateTime, RawExtension,
};
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::identities::Identities;

/// Who issues a certificate.
#[derive(Clone, Copy)]
enum Authority {
    /// The authority of `cluster.local`, which Envoy trusts.
    Ours,
    /// The authority of `partner.example`, which only the SPIFFE validator knows.
    Partners,
    /// An authority of nobody that calls itself like ours.
    Impostor,
}

/// What a certificate says, and who says it.
#[derive(Clone)]
pub(crate) struct Leaf {
    authority: Authority,
    request: LeafRequest,
}

/// A good SVID of the frontend.
pub(crate) fn svid() -> Leaf {
    of(FRONTEND)
}

/// A certificate with this URI SAN that is otherwise a good SVID.
pub(crate) fn of(uri_san: &str) -> Leaf {
    uri_sans(&[uri_san])
}

/// Likewise with these.
pub(crate) fn uri_sans(uri_sans: &[&str]) -> Leaf {
    changed(|request| request.uri_sans = texts(uri_sans))
}

/// A certificate with these names of any kind and bytes, and no others.
pub(crate) fn alt_names(names: &[AltName]) -> Leaf {
    changed(|request| {
        request.uri_sans = Vec::new();
        request.raw_extensions = vec![RawExtension::subject_alt_names(names, Criticality::Critical)];
    })
}

/// A certificate with one URI SAN of these bytes.
pub(crate) fn of_bytes(uri_san: &[u8]) -> Leaf {
    alt_names(&[AltName::Uri(uri_san.to_vec())])
}

/// A good SVID of the frontend but for this change.
pub(crate) fn changed(change: impl FnOnce(&mut LeafRequest)) -> Leaf {
    let mut request = LeafRequest::svid(FRONTEND);
    change(&mut request);
    Leaf {
        authority: Authority::Ours,
        request,
    }
}

/// A good SVID of the frontend but for its key usages.
pub(crate) fn key_usages(usages: &[KeyUsage]) -> Leaf {
    changed(|request| request.key_usages = usages.to_vec())
}

/// A good SVID of the frontend but for its extended key usages.
pub(crate) fn extended_key_usages(usages: &[ExtendedKeyUsage]) -> Leaf {
    changed(|request| request.extended_key_usages = usages.to_vec())
}

/// A good SVID of the frontend but for its validity, in minutes from now.
pub(crate) fn valid(from: i64, to: i64) -> Leaf {
    let now = OffsetDateTime::now_utc();
    changed(|request| {
        request.not_before = now + Duration::minutes(from);
        request.not_after = now + Duration::minutes(to);
    })
}

pub(crate) fn uri(text: &str) -> AltName {
    AltName::Uri(text.as_bytes().to_vec())
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl Leaf {
    pub(crate) fn by_the_partner(mut self) -> Self {
        self.authority = Authority::Partners;
        self
    }

    pub(crate) fn by_an_impostor(mut self) -> Self {
        self.authority = Authority::Impostor;
        self
    }

    pub(crate) fn issue(&self, identities: &Identities) -> IssuedLeaf {
        let issued = match self.authority {
            Authority::Ours => identities.ours().issue(&self.request),
            Authority::Partners => identities.partner().issue(&self.request),
            Authority::Impostor => DevelopmentCa::new("cluster.local").unwrap().issue(&self.request),
        };
        issued.unwrap()
    }
}
