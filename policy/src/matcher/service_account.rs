//! [`ServiceAccountMatcher`]: a value of `serviceAccounts`, tested on the SPIFFE ID of the peer (S-5).

use std::sync::Arc;

use crate::identity::PeerIdentity;
use crate::profile::Profile;
use crate::trust_domain::TrustDomain;
use crate::truth::Truth;
use crate::workload_identity::WorkloadIdentity;

const SCHEME: &[u8] = b"spiffe://";

/// A service account of one namespace, both exact.
#[derive(Clone, Debug)]
pub(crate) struct ServiceAccountMatcher {
    namespace: Box<str>,
    name: Box<str>,
    /// `/ns/NAMESPACE/`.
    segment: Box<str>,
    binding: Binding,
}

/// What a match is bound to.
#[derive(Clone, Debug)]
enum Binding {
    /// Profile istio: any trust domain, and segments beside the namespace and the account.
    Free,
    /// Profile zero-trust: the exact shape under the mesh's trust domain or one of its aliases.
    Mesh(Arc<[TrustDomain]>),
}

impl ServiceAccountMatcher {
    /// Reads `NAMESPACE/NAME`, or `NAME` in the policy's own namespace; `None` for a star, an empty part, a second
    /// slash and for a line feed, which no name has and which the pattern of [`is_named_in`] relies on.
    pub(crate) fn parse(
        profile: Profile,
        trust_domains: &Arc<[TrustDomain]>,
        policy_namespace: &str,
        value: &str,
    ) -> Option<Self> {
        let (namespace, name) = value.split_once('/').unwrap_or((policy_namespace, value));
        let is_name = |part: &str| !part.is_empty() && !part.contains(['*', '/', '\n']);
        if !is_name(namespace) || !is_name(name) {
            return None;
        }
        let binding = match profile {
            Profile::Istio => Binding::Free,
            Profile::ZeroTrust => Binding::Mesh(Arc::clone(trust_domains)),
        };
        Some(Self {
            namespace: namespace.into(),
            name: name.into(),
            segment: format!("/ns/{namespace}/").into(),
            binding,
        })
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Tests an identity. Profile zero-trust: one that names the account without being bound to it, such as a
    /// workload of a federated trust domain, can be shown neither to be it nor not to be.
    pub(crate) fn judge(&self, identity: &PeerIdentity<'_>) -> Truth {
        let is_named = || self.is_named_in(identity.text);
        match &self.binding {
            Binding::Free => is_named().into(),
            Binding::Mesh(trust_domains) if self.is_in(trust_domains, identity) => Truth::True,
            Binding::Mesh(_) if is_named() => Truth::Unknown,
            Binding::Mesh(_) => Truth::False,
        }
    }

    /// Whether this is `spiffe://TD/ns/NAMESPACE/sa/NAME` with a trust domain of the mesh.
    fn is_in(&self, trust_domains: &[TrustDomain], identity: &PeerIdentity<'_>) -> bool {
        identity.spiffe_id.as_deref().is_some_and(|id| {
            trust_domains.contains(id.trust_domain())
                && WorkloadIdentity::of(id).is_some_and(|workload| {
                    workload.namespace() == &*self.namespace && workload.service_account() == &*self.name
                })
        })
    }

    /// Istio's `spiffe://.+/ns/NAMESPACE/(.+/|)sa/NAME(/.+)?` over the whole text, in one pass. A dot is any
    /// byte but a line feed, and the names have none: no match does.
    ///
    /// The first `/ns/NAMESPACE/` is enough: from a later one on, what lies between goes into `.+/`.
    fn is_named_in(&self, text: &[u8]) -> bool {
        text.strip_prefix(SCHEME)
            .filter(|rest| !rest.contains(&b'\n'))
            // At least one byte of trust domain.
            .and_then(<[u8]>::split_first)
            .and_then(|(_, rest)| after_first(rest, self.segment.as_bytes()))
            .is_some_and(|rest| self.is_account_at_a_segment(rest))
    }

    /// `(.+/|)sa/NAME(/.+)?`: the account at the start, or after a slash that is not the first byte.
    fn is_account_at_a_segment(&self, text: &[u8]) -> bool {
        let after_slash = |(before, rest): (&[u8], &[u8])| match before.split_last() {
            None => self.is_account_first(rest),
            Some((last, more)) => *last == b'/' && !more.is_empty() && self.is_account_first(rest),
        };
        (0..text.len()).any(|start| text.split_at_checked(start).is_some_and(after_slash))
    }

    /// `sa/NAME(/.+)?`.
    fn is_account_first(&self, text: &[u8]) -> bool {
        let rest = text
            .strip_prefix(b"sa/")
            .and_then(|rest| rest.strip_prefix(self.name.as_bytes()));
        matches!(rest, Some([] | [b'/', _, ..]))
    }
}

/// The text after the first place where `literal` stands.
#[expect(
    clippy::disallowed_methods,
    reason = "`literal` is a segment with its slashes, so it is not empty"
)]
fn after_first<'t>(text: &'t [u8], literal: &[u8]) -> Option<&'t [u8]> {
    let start = text.windows(literal.len()).position(|window| window == literal)?;
    text.get(start..)?.strip_prefix(literal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiffe_id::SpiffeId;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn parse(profile: Profile, value: &str) -> Option<ServiceAccountMatcher> {
        let mesh = ["cluster.local", "old.example"].map(|name| TrustDomain::parse(name).unwrap());
        ServiceAccountMatcher::parse(profile, &Arc::from(mesh), "shop", value)
    }

    fn judge(profile: Profile, value: &str, id: &str) -> Truth {
        parse(profile, value).unwrap().judge(&PeerIdentity {
            text: id.as_bytes(),
            spiffe_id: SpiffeId::parse(id.as_bytes()).ok().map(std::borrow::Cow::Owned),
        })
    }

    #[test]
    fn an_account_without_a_namespace_is_in_that_of_the_policy() {
        for profile in [Profile::ZeroTrust, Profile::Istio] {
            for value in ["orders", "shop/orders"] {
                for (id, expected) in [
                    ("spiffe://cluster.local/ns/shop/sa/orders", Truth::True),
                    ("spiffe://old.example/ns/shop/sa/orders", Truth::True),
                    ("spiffe://cluster.local/ns/other/sa/orders", Truth::False),
                    ("spiffe://cluster.local/ns/shop/sa/orders-x", Truth::False),
                    ("spiffe://cluster.local/ns/shop/sa/order", Truth::False),
                    ("spiffe://cluster.local/ns/shop/sa/Orders", Truth::False),
                    ("spiffe://cluster.local/ns/shop/sa/x-orders", Truth::False),
                ] {
                    assert_eq!(judge(profile, value, id), expected, "{profile:?} {value} {id}");
                }
            }
        }
    }

    #[test]
    fn the_account_is_literal() {
        for profile in [Profile::ZeroTrust, Profile::Istio] {
            let id = |name: &str| format!("spiffe://cluster.local/ns/shop/sa/{name}");
            assert_eq!(judge(profile, "a.b", &id("a.b")), Truth::True);
            assert_eq!(judge(profile, "a.b", &id("aXb")), Truth::False);
        }
    }

    #[test]
    fn what_istios_pattern_takes_beyond_the_exact_shape_is_unknown_in_zero_trust() {
        for id in [
            "spiffe://partner.example/ns/shop/sa/orders",
            "spiffe://cluster.local/ns/shop/sa/orders/extra",
            "spiffe://cluster.local/ns/shop/x/sa/orders",
            "spiffe://cluster.local/ns/shop/x/y/sa/orders/z",
            "spiffe://cluster.local/x/ns/shop/sa/orders",
            "spiffe://cluster.local/ns/evil/sa/m/ns/shop/sa/orders",
            "spiffe://cluster.local/ns/shop/ns/shop/sa/orders",
            "spiffe://cluster.local/ns/shop/sa/other/sa/orders",
            "spiffe://cluster.local/ns/shop/sa/sa/orders",
        ] {
            assert_eq!(judge(Profile::Istio, "orders", id), Truth::True, "{id}");
            assert_eq!(judge(Profile::ZeroTrust, "orders", id), Truth::Unknown, "{id}");
        }
    }

    #[test]
    fn text_that_is_no_spiffe_id_follows_the_pattern_to_the_letter() {
        for (id, expected) in [
            ("spiffe://x/ns/shop//x/sa/orders", Truth::True),
            ("spiffe:///ns/x/ns/shop/sa/orders", Truth::True),
            ("spiffe:////ns/shop/sa/orders", Truth::True),
            ("spiffe://x/ns/shop/é/sa/orders", Truth::True),
            ("spiffe:///ns/shop/sa/orders", Truth::False),
            ("spiffe://x/ns/shop//sa/orders", Truth::False),
            ("spiffe://x/ns/shop/sa/orders/", Truth::False),
            ("spiffe://x/ns/shop/xsa/orders", Truth::False),
            ("spiffe://x/ns/shopsa/orders", Truth::False),
            ("spiffe://x/ns/shop/sa", Truth::False),
            ("spiffe://x/sa/orders/ns/shop/", Truth::False),
            ("x/spiffe://x/ns/shop/sa/orders", Truth::False),
            ("SPIFFE://x/ns/shop/sa/orders", Truth::False),
            ("https://x/ns/shop/sa/orders", Truth::False),
            ("spiffe://x\n/ns/shop/sa/orders", Truth::False),
            ("spiffe://x/ns/shop/\n/sa/orders", Truth::False),
            ("spiffe://x/ns/shop/sa/orders/\n", Truth::False),
            ("spiffe://x/ns/shop/sa/orders\n", Truth::False),
            ("", Truth::False),
        ] {
            assert_eq!(judge(Profile::Istio, "orders", id), expected, "{id:?}");
            let bound = if expected == Truth::True {
                Truth::Unknown
            } else {
                Truth::False
            };
            assert_eq!(judge(Profile::ZeroTrust, "orders", id), bound, "{id:?}");
        }
    }

    #[test]
    fn a_namespace_that_repeats_itself_is_found_at_every_place() {
        for id in [
            "spiffe://x/ns/ns/sa/sa",
            "spiffe://x/ns/ns/ns/ns/sa/sa",
            "spiffe://x/ns/ns/ns/sa/sa",
        ] {
            assert_eq!(judge(Profile::Istio, "ns/sa", id), Truth::True, "{id}");
        }
    }

    #[test]
    fn a_value_names_one_account() {
        for value in [
            "", "/", "shop/", "/orders", "a/b/c", "a//b", "*", "shop/*", "*/orders", "or*ders", "a\nb",
        ] {
            for profile in [Profile::ZeroTrust, Profile::Istio] {
                assert!(parse(profile, value).is_none(), "`{value}`");
            }
        }
    }
}
