//! [`NamespaceMatcher`]: a value of `namespaces`, tested on the SPIFFE ID of the peer (S-5).

use std::sync::Arc;

use crate::identity::PeerIdentity;
use crate::matcher::glob::Glob;
use crate::profile::Profile;
use crate::trust_domain::TrustDomain;
use crate::truth::Truth;
use crate::workload_identity::WorkloadIdentity;

/// A namespace in which every `*` is any run of bytes.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceMatcher {
    /// `/ns/VALUE/` anywhere in the URI SAN, of any trust domain: what Istio matches.
    anywhere: Glob,
    /// Profile zero-trust only: what a match is bound to.
    binding: Option<Binding>,
}

/// How the segment behind `/ns/` begins, or what it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NamespaceForm<'m> {
    Exact(&'m [u8]),
    Prefix(&'m [u8]),
}

/// The namespace of `spiffe://TD/ns/N/sa/S` with a trust domain of the mesh.
#[derive(Clone, Debug)]
struct Binding {
    namespace: Glob,
    /// The mesh's trust domain and its aliases.
    trust_domains: Arc<[TrustDomain]>,
}

impl NamespaceMatcher {
    pub(crate) fn new(profile: Profile, trust_domains: &Arc<[TrustDomain]>, value: &str) -> Self {
        let anywhere = Glob::new(&format!("*/ns/{value}/*"));
        let binding = match profile {
            Profile::Istio => None,
            Profile::ZeroTrust => Some(Binding {
                namespace: Glob::new(value),
                trust_domains: Arc::clone(trust_domains),
            }),
        };
        Self { anywhere, binding }
    }

    /// What every identity has that it holds of, or may hold of: `/ns/` and this behind it, up to the next slash or up to
    /// the first star. `None` where a star or another slash comes first.
    pub(crate) fn after_ns(&self) -> Option<NamespaceForm<'_>> {
        let (literal, is_whole) = self.anywhere.first_inner_literal()?;
        let value = literal.strip_prefix(b"/ns/")?;
        let value = if is_whole {
            value.strip_suffix(b"/")?
        } else {
            value
        };
        match (value, is_whole) {
            (value, _) if value.contains(&b'/') => None,
            ([], false) => None,
            (value, true) => Some(NamespaceForm::Exact(value)),
            (value, false) => Some(NamespaceForm::Prefix(value)),
        }
    }

    /// Tests an identity. Profile zero-trust: one that names the namespace without being bound to it, such as
    /// a workload of a federated trust domain, can be shown neither to be in it nor not to be.
    pub(crate) fn judge(&self, identity: &PeerIdentity<'_>) -> Truth {
        match &self.binding {
            Some(binding) if binding.holds(identity) => Truth::True,
            Some(_) if self.anywhere.matches(identity.text) => Truth::Unknown,
            Some(_) => Truth::False,
            None => self.anywhere.matches(identity.text).into(),
        }
    }
}

impl Binding {
    fn holds(&self, identity: &PeerIdentity<'_>) -> bool {
        identity.spiffe_id.as_deref().is_some_and(|id| {
            self.trust_domains.contains(id.trust_domain())
                && WorkloadIdentity::of(id)
                    .is_some_and(|workload| self.namespace.matches(workload.namespace().as_bytes()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spiffe_id::SpiffeId;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn judge(profile: Profile, value: &str, id: &str) -> Truth {
        let domains: Arc<[TrustDomain]> = [TrustDomain::parse("cluster.local").unwrap()].into();
        let spiffe_id = SpiffeId::parse(id.as_bytes()).ok().map(std::borrow::Cow::Owned);
        NamespaceMatcher::new(profile, &domains, value).judge(&PeerIdentity {
            text: id.as_bytes(),
            spiffe_id,
        })
    }

    #[test]
    fn a_namespace_is_quoted_but_for_its_stars() {
        for profile in [Profile::ZeroTrust, Profile::Istio] {
            let id = |namespace: &str| format!("spiffe://cluster.local/ns/{namespace}/sa/x");
            assert_eq!(judge(profile, "a.b", &id("a.b")), Truth::True);
            assert_eq!(judge(profile, "a.b", &id("aXb")), Truth::False);
            assert_eq!(judge(profile, "a*b", &id("a-middle-b")), Truth::True);
            assert_eq!(judge(profile, "shop", &id("shop2")), Truth::False);
            assert_eq!(judge(profile, "shop", &id("Shop")), Truth::False);
        }
    }

    #[test]
    fn zero_trust_binds_a_namespace_to_the_mesh_and_the_exact_shape() {
        for id in [
            "spiffe://partner.example/ns/shop/sa/x",
            "spiffe://cluster.local/ns/evil/sa/m/ns/shop/sa/x",
            "spiffe://cluster.local/x/ns/shop/sa/y",
            "spiffe://cluster.local/ns/shop/x",
        ] {
            assert_eq!(judge(Profile::ZeroTrust, "shop", id), Truth::Unknown, "{id}");
            assert_eq!(judge(Profile::Istio, "shop", id), Truth::True, "{id}");
        }
    }
}
