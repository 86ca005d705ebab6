//! [`PrincipalMatcher`]: a value of `principals`, tested on the SPIFFE ID of the peer (S-5).

use crate::matcher::string::StringMatcher;
use crate::profile::Profile;

const SCHEME: &str = "spiffe://";

/// A principal: a SPIFFE ID without `spiffe://`, exact or with one star at either end.
#[derive(Clone, Debug)]
pub(crate) struct PrincipalMatcher(StringMatcher);

impl PrincipalMatcher {
    /// Reads a value. In profile zero-trust `spiffe://` in front of it means nothing; in profile istio such a
    /// value is literal, hence never matches.
    pub(crate) fn new(profile: Profile, value: &str) -> Self {
        Self(StringMatcher::new(Self::without_scheme(profile, value)))
    }

    /// The principal that a value means in this profile.
    pub(crate) fn without_scheme(profile: Profile, value: &str) -> &str {
        match profile {
            Profile::ZeroTrust => value.strip_prefix(SCHEME).unwrap_or(value),
            Profile::Istio => value,
        }
    }

    /// What is asked of the URI SAN behind `spiffe://`; `*` asks it of the whole.
    pub(crate) fn form(&self) -> &StringMatcher {
        &self.0
    }

    /// Tests the whole URI SAN. `*` is any that is not empty; every other form needs the scheme.
    pub(crate) fn matches(&self, uri_san: &[u8]) -> bool {
        match &self.0 {
            StringMatcher::Presence => !uri_san.is_empty(),
            form @ (StringMatcher::Suffix(_) | StringMatcher::Prefix(_) | StringMatcher::Exact(_)) => uri_san
                .strip_prefix(SCHEME.as_bytes())
                .is_some_and(|principal| form.matches(principal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/orders";

    fn matches(profile: Profile, value: &str, id: &[u8]) -> bool {
        PrincipalMatcher::new(profile, value).matches(id)
    }

    #[test]
    fn a_principal_is_the_id_without_its_scheme() {
        for value in [
            "cluster.local/ns/shop/sa/orders",
            "cluster.local/ns/shop/*",
            "*/sa/orders",
            "*",
        ] {
            assert!(matches(Profile::ZeroTrust, value, ID), "{value}");
            assert!(matches(Profile::Istio, value, ID), "{value}");
        }
        for value in [
            "cluster.local/ns/shop/sa/order",
            "cluster.local/ns/shop",
            "*/sa/Orders",
            "ns/shop/*",
        ] {
            assert!(!matches(Profile::ZeroTrust, value, ID), "{value}");
            assert!(!matches(Profile::Istio, value, ID), "{value}");
        }
    }

    #[test]
    fn a_scheme_in_front_is_read_in_zero_trust_and_literal_in_istio() {
        for value in [
            "spiffe://cluster.local/ns/shop/sa/orders",
            "spiffe://cluster.local/*",
        ] {
            assert!(matches(Profile::ZeroTrust, value, ID), "{value}");
            assert!(!matches(Profile::Istio, value, ID), "{value}");
        }
    }

    #[test]
    fn a_suffix_never_reaches_into_the_scheme() {
        assert!(!matches(Profile::Istio, "*fe://td", b"spiffe://td"));
        assert!(!matches(Profile::Istio, "*orders", b"https://td/orders"));
    }
}
