//! Values on the peer's certificate (E-9).

use crate::config::hex::parse_hex;
use crate::matcher::string::StringMatcher;

/// A value of `source.certificate.dnsSan`: the generic form, case-insensitive as DNS names are.
#[derive(Clone, Debug)]
pub(crate) struct DnsSanMatcher(StringMatcher);

impl DnsSanMatcher {
    pub(crate) fn new(value: &str) -> Self {
        Self(StringMatcher::new(&value.to_ascii_lowercase()))
    }

    /// What is asked of the name in lower case.
    pub(crate) fn form(&self) -> &StringMatcher {
        &self.0
    }

    pub(crate) fn matches(&self, dns_san: &str) -> bool {
        self.0.matches_in_any_case(dns_san.as_bytes())
    }
}

/// A value of `source.certificate.issuerKeyId`.
#[derive(Clone, Debug)]
pub(crate) enum KeyIdMatcher {
    /// `*`: any.
    Presence,
    /// These bytes.
    Exact(Box<[u8]>),
}

impl KeyIdMatcher {
    /// Reads `*` or hexadecimal digits; `None` for anything else.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        match value {
            "*" => Some(Self::Presence),
            digits => parse_hex(digits).map(|bytes| Self::Exact(bytes.into())),
        }
    }

    pub(crate) fn matches(&self, key_id: &[u8]) -> bool {
        match self {
            Self::Presence => true,
            Self::Exact(bytes) => **bytes == *key_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn dns_names_are_compared_without_regard_to_case() {
        let any = DnsSanMatcher::new("*.Shop.example");
        assert!(any.matches("orders.shop.EXAMPLE"));
        assert!(!any.matches("shop.example"));
    }

    #[test]
    fn a_key_id_is_compared_whole_and_by_its_bytes() {
        let exact = KeyIdMatcher::parse("0A:ff").unwrap();
        assert!(exact.matches(&[0x0a, 0xff]));
        assert!(!exact.matches(&[0x0a]));
        assert!(KeyIdMatcher::parse("*").unwrap().matches(&[]));
        assert!(KeyIdMatcher::parse("0a*").is_none());
    }
}
