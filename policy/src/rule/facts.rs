//! [`Facts`]: what rules are tested against: a request with the identity established.

use std::slice;

use time::OffsetDateTime;

use crate::attribute::Attribute;
use crate::config::document::Document;
use crate::identity::PeerIdentity;
use crate::jwt::{claim, text_claim};
use crate::leaf_facts::LeafFacts;
use crate::matcher::certificate::{DnsSanMatcher, KeyIdMatcher};
use crate::matcher::header::HeaderMatcher;
use crate::matcher::host::{HostMatcher, compared_host};
use crate::matcher::ip::IpMatcher;
use crate::matcher::metadata::MetadataMatcher;
use crate::matcher::namespace::NamespaceMatcher;
use crate::matcher::number::NumberMatcher;
use crate::matcher::path::PathMatcher;
use crate::matcher::port::PortMatcher;
use crate::matcher::principal::PrincipalMatcher;
use crate::matcher::regex::RegexMatcher;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::matcher::service_account::ServiceAccountMatcher;
use crate::matcher::string::StringMatcher;
use crate::matcher::trust_domain::TrustDomainMatcher;
use crate::matcher::values::{Repeated, Values};
use crate::profile::Profile;
use crate::query::parameter;
use crate::request::{Peer, Protocol, Request};
use crate::rule::attribute_name::{ClaimPath, HeaderName, MetadataKey};
use crate::rule::compared::{ClaimValues, Texts};
use crate::trust_domain::TrustDomain;
use crate::truth::Truth;

/// What rules are tested against.
pub(crate) struct Facts<'r> {
    pub(crate) profile: Profile,
    /// The mesh's trust domain and its aliases.
    pub(crate) trust_domains: &'r [TrustDomain],
    pub(crate) identity: Attribute<PeerIdentity<'r>>,
    /// The other end, as the configuration lets it be seen.
    pub(crate) peer: Peer<'r>,
    pub(crate) request: &'r Request<'r>,
    /// Without query and fragment.
    pub(crate) path: Attribute<&'r [u8]>,
}

impl<'r> Facts<'r> {
    pub(crate) fn protocol(&self) -> Protocol {
        self.request.protocol
    }

    pub(crate) fn time(&self) -> Attribute<OffsetDateTime> {
        self.request.time
    }

    pub(crate) fn lacks_source_ip(&self) -> bool {
        self.request.source_ip == Attribute::Unreadable
    }

    /// What is asked of HTTP holds where none is spoken: the field is left out there (S-10).
    pub(crate) fn on_http(&self, judge: impl FnOnce() -> Truth) -> Truth {
        match self.protocol() {
            Protocol::Http => judge(),
            Protocol::Tcp => Truth::True,
        }
    }

    pub(crate) fn principals(&self, values: &Values<PrincipalMatcher>) -> Truth {
        values.test(&self.identity, |principal, known| principal.matches(known.text))
    }

    pub(crate) fn namespaces(&self, values: &Values<NamespaceMatcher>) -> Truth {
        values.judge(|namespace| self.identity.judge(|known| namespace.judge(known)))
    }

    pub(crate) fn service_accounts(&self, values: &Values<ServiceAccountMatcher>) -> Truth {
        values.judge(|account| self.identity.judge(|known| account.judge(known)))
    }

    pub(crate) fn trust_domains(&self, values: &Values<TrustDomainMatcher>) -> Truth {
        values.test(&self.identity, |trust_domain, known| {
            trust_domain.matches(known.text)
        })
    }

    pub(crate) fn source_ip(&self, values: &Values<IpMatcher>) -> Truth {
        values.test(&self.request.source_ip, |block, ip| block.matches(*ip))
    }

    pub(crate) fn remote_ip(&self, values: &Values<IpMatcher>) -> Truth {
        values.test(&self.request.remote_ip, |block, ip| block.matches(*ip))
    }

    pub(crate) fn destination_ip(&self, values: &Values<IpMatcher>) -> Truth {
        values.test(&self.request.destination_ip, |block, ip| block.matches(*ip))
    }

    pub(crate) fn destination_port(&self, values: &Values<PortMatcher>) -> Truth {
        values.test(&self.request.destination_port, |matcher, port| {
            matcher.matches(*port)
        })
    }

    pub(crate) fn sni(&self, values: &Values<StringMatcher>) -> Truth {
        values.test(&self.request.sni, |matcher, sni| matcher.matches(sni))
    }

    pub(crate) fn methods(&self, values: &Values<HeaderMatcher>) -> Truth {
        values.test(&self.request.method, |matcher, method| matcher.matches(method))
    }

    pub(crate) fn hosts(&self, values: &Values<HostMatcher>) -> Truth {
        values.test(&self.request.host, |matcher, host| matcher.matches(host))
    }

    pub(crate) fn host_regexes(&self, values: &Values<RegexMatcher>) -> Truth {
        let host = self.request.host.map(|host| compared_host(self.profile, host));
        values.test(&host, |regex, host| regex.matches(host))
    }

    /// `bound` says whether a segment equals the attribute behind a name (E-6).
    pub(crate) fn paths(&self, values: &Values<PathMatcher>, bound: &dyn Fn(&str, &[u8]) -> Truth) -> Truth {
        values.judge(|matcher| self.path.judge(|path| matcher.judge(path, bound)))
    }

    pub(crate) fn path_regexes(&self, values: &Values<RegexMatcher>) -> Truth {
        values.test(&self.path, |regex, path| regex.matches(path))
    }

    pub(crate) fn header(&self, name: &HeaderName, texts: &Texts) -> Truth {
        match name {
            HeaderName::Method => self.texts(&self.request.method.map(|value| [value].into_iter()), texts),
            HeaderName::Authority => self.texts(&self.request.host.map(|value| [value].into_iter()), texts),
            HeaderName::Path => self.texts(&self.request.path.map(|value| [value].into_iter()), texts),
            HeaderName::Listed(name) => self.texts(&self.listed(name), texts),
        }
    }

    /// Every value of a header in the list; absent where there is none. In profile zero-trust a value with blanks around it
    /// counts as two, with them and without (section 0): HTTP/2 carries the blanks (RFC 9113, section 8.2.1, calls that
    /// malformed), and whoever reads the request by HTTP/1.1 drops them (RFC 9112, section 5).
    pub(crate) fn listed<'n>(
        &self,
        name: &'n [u8],
    ) -> Attribute<impl Iterator<Item = &'r [u8]> + Clone + use<'r, 'n>> {
        let profile = self.profile;
        let values = self.request.headers.map(|headers| {
            headers
                .iter()
                .filter(move |(listed, _)| listed.eq_ignore_ascii_case(name))
                .flat_map(move |(_, value)| readings_of(value, profile))
        });
        match values {
            Attribute::Known(values) if values.clone().next().is_none() => Attribute::Absent,
            other @ (Attribute::Known(_) | Attribute::Absent | Attribute::Unreadable) => other,
        }
    }

    pub(crate) fn query(&self, name: &[u8], texts: &Texts) -> Truth {
        let is_strict = match self.profile {
            Profile::ZeroTrust => true,
            Profile::Istio => false,
        };
        let values = match self.request.path {
            Attribute::Known(path) => parameter(path, name, is_strict),
            Attribute::Absent => Attribute::Absent,
            Attribute::Unreadable => Attribute::Unreadable,
        };
        self.texts(&values, texts)
    }

    fn texts(&self, given: &Attribute<impl Iterator<Item: AsRef<[u8]>> + Clone>, texts: &Texts) -> Truth {
        let Texts { values, regexes } = texts;
        let repeated = Repeated::of(self.profile);
        values
            .test_repeated(given, repeated, |value, given| value.matches(given.as_ref()))
            .and(regexes.test_repeated(given, repeated, |regex, given| regex.matches(given.as_ref())))
    }

    pub(crate) fn request_principals(&self, values: &Values<RequestPrincipalMatcher>) -> Truth {
        values.test(&self.request.metadata, |principal, metadata| {
            let (iss, sub) = (text_claim(metadata, "iss"), text_claim(metadata, "sub"));
            matches!((iss, sub), (Some(iss), Some(sub)) if principal.matches(iss, sub))
        })
    }

    pub(crate) fn claim(&self, path: &ClaimPath, claim_values: &ClaimValues) -> Truth {
        let ClaimValues {
            values,
            numbers,
            booleans,
        } = claim_values;
        let found = self.claim_at(path);
        Truth::all([
            values.test(&found, |value, claim| any_text(claim, |text| value.matches(text))),
            numbers.test(&found, |number, claim| {
                claim.as_number().is_some_and(|claim| number.matches(claim))
            }),
            booleans.test(&found, |boolean, claim| **claim == Document::Bool(*boolean)),
        ])
    }

    pub(crate) fn claim_at(&self, path: &ClaimPath) -> Attribute<&'r Document> {
        match self.request.metadata {
            Attribute::Known(metadata) => claim(metadata, path).map_or(Attribute::Absent, Attribute::Known),
            Attribute::Absent => Attribute::Absent,
            Attribute::Unreadable => Attribute::Unreadable,
        }
    }

    pub(crate) fn metadata(&self, key: &MetadataKey, values: &Values<MetadataMatcher>) -> Truth {
        values.test(&self.request.metadata, |matcher, metadata| {
            metadata
                .field(&key.namespace)
                .and_then(|namespace| namespace.field(&key.key))
                .is_some_and(|value| matcher.matches(value))
        })
    }

    pub(crate) fn dns_san(&self, values: &Values<DnsSanMatcher>) -> Truth {
        values.test(&self.leaf(), |matcher, leaf| {
            leaf.dns_sans.iter().any(|dns_san| matcher.matches(dns_san))
        })
    }

    pub(crate) fn issuer_key_id(&self, values: &Values<KeyIdMatcher>) -> Truth {
        values.test(&self.leaf(), |matcher, leaf| {
            leaf.issuer_key_id
                .as_ref()
                .is_some_and(|key_id| matcher.matches(key_id))
        })
    }

    pub(crate) fn remaining_seconds(&self, values: &Values<NumberMatcher>) -> Truth {
        values.judge(|matcher| {
            self.leaf().judge(|leaf| match leaf.not_after {
                None => Truth::False,
                Some(not_after) => self
                    .seconds_until(not_after)
                    .map_or(Truth::Unknown, |seconds| matcher.matches(seconds).into()),
            })
        })
    }

    /// `None` where the time is not known, or too far away for an exact number; no certificate lives so long.
    pub(crate) fn seconds_until(&self, end: OffsetDateTime) -> Option<f64> {
        let now = *self.time().known()?;
        let seconds = end.unix_timestamp().checked_sub(now.unix_timestamp())?;
        Some(time::Duration::seconds(seconds).as_seconds_f64())
    }

    /// What the peer's certificate says. Without an identity nothing is known of it either (E-9), and where it is not
    /// shown it cannot be told what stands in it.
    pub(crate) fn leaf(&self) -> Attribute<&'r LeafFacts> {
        match (self.peer, self.profile) {
            (Peer::Certificate(certificate), _) => certificate
                .leaf
                .known()
                .map_or(Attribute::Unreadable, |leaf| Attribute::Known(leaf.facts())),
            (Peer::Plaintext, Profile::Istio) => Attribute::Absent,
            (Peer::Plaintext, Profile::ZeroTrust) | (Peer::Unreadable | Peer::HandedOn(_), _) => {
                Attribute::Unreadable
            }
        }
    }
}

/// Whether any text of a claim satisfies `matches`: the claim itself, or an element where it is a list.
pub(crate) fn any_text(claim: &Document, matches: impl Fn(&str) -> bool) -> bool {
    let elements = claim.as_list().unwrap_or(slice::from_ref(claim));
    elements.iter().filter_map(Document::as_text).any(matches)
}

/// The value as it was sent, and where a profile asks for every reading also without the blanks around it.
pub(crate) fn readings_of(value: &[u8], profile: Profile) -> impl Iterator<Item = &[u8]> + Clone {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let begin = value
        .iter()
        .position(|byte| !is_blank(byte))
        .unwrap_or(value.len());
    let end = value
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(begin, |last| last.saturating_add(1));
    let bare = value.get(begin..end).unwrap_or_default();
    let bare = match profile {
        Profile::ZeroTrust if bare.len() < value.len() => Some(bare),
        Profile::ZeroTrust | Profile::Istio => None,
    };
    [value].into_iter().chain(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_header_value_with_blanks_around_it_has_two_readings_in_profile_zero_trust() {
        type Row = (&'static [u8], &'static [&'static [u8]]);
        let table: [Row; 6] = [
            (b"a", &[b"a"]),
            (b"a b", &[b"a b"]),
            (b"", &[b""]),
            (b"a ", &[b"a ", b"a"]),
            (b" \ta b\t ", &[b" \ta b\t ", b"a b"]),
            (b" \t", &[b" \t", b""]),
        ];
        for (value, expected) in table {
            let strict: Vec<&[u8]> = readings_of(value, Profile::ZeroTrust).collect();
            assert_eq!(strict, expected);
            assert!(readings_of(value, Profile::Istio).eq([value]));
        }
    }
}
