//! [`SpiffeId`]: a SPIFFE ID that is always valid and never rewritten (SPIFFE-ID standard, section 2).

use std::fmt;

use crate::trust_domain::TrustDomain;

/// The longest SPIFFE ID that is accepted, in bytes (SPIFFE-ID standard, section 2.3).
const MAX_BYTES: usize = 2048;

/// A valid SPIFFE ID in its only form, such as `spiffe://cluster.local/ns/shop/sa/orders`.
///
/// The standard calls scheme and trust domain case-insensitive. Here an upper-case letter in either is
/// refused and never folded: an authorizer that folds case can be made to disagree with a verifier that does
/// not. What was parsed is byte for byte what the certificate said.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SpiffeId {
    text: String,
    trust_domain: TrustDomain,
}

impl SpiffeId {
    /// Reads a SPIFFE ID from the bytes of a URI SAN.
    ///
    /// # Errors
    /// When the bytes are not a SPIFFE ID in its canonical form, or more than 2048.
    pub fn parse(bytes: &[u8]) -> Result<Self, SpiffeIdError> {
        if bytes.len() > MAX_BYTES {
            return Err(SpiffeIdError::TooLong { bytes: bytes.len() });
        }
        let text = str::from_utf8(bytes).map_err(|_| SpiffeIdError::NotAscii { input: escape(bytes) })?;
        let parsed = spiffe::SpiffeId::new(text).map_err(|reason| SpiffeIdError::Grammar {
            input: escape(bytes),
            reason: reason.to_string(),
        })?;
        if parsed.to_string() != text {
            return Err(SpiffeIdError::NotCanonical { input: escape(bytes) });
        }
        let trust_domain = TrustDomain::from_parsed(parsed.trust_domain().clone());
        Ok(Self {
            text: text.to_owned(),
            trust_domain,
        })
    }

    /// The whole ID, such as `spiffe://cluster.local/ns/shop/sa/orders`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The trust domain, such as `cluster.local`.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// The path with its leading slash, such as `/ns/shop/sa/orders`; empty for a bare trust domain.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text
            .strip_prefix("spiffe://")
            .and_then(|rest| rest.strip_prefix(self.trust_domain.as_str()))
            .unwrap_or_default()
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Why bytes are not a SPIFFE ID.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SpiffeIdError {
    /// More bytes than the standard asks to support.
    #[error("a SPIFFE ID has at most {MAX_BYTES} bytes, this one has {bytes}")]
    TooLong {
        /// The number of bytes found.
        bytes: usize,
    },
    /// Bytes that are not text.
    #[error("`{input}` is not a SPIFFE ID: it is not ASCII text")]
    NotAscii {
        /// The bytes, escaped.
        input: String,
    },
    /// Text that breaks the grammar of the standard.
    #[error("`{input}` is not a SPIFFE ID: {reason}")]
    Grammar {
        /// The bytes, escaped.
        input: String,
        /// The rule that is broken.
        reason: String,
    },
    /// A SPIFFE ID with an upper-case letter in its scheme or trust domain.
    #[error("`{input}` is not a SPIFFE ID in canonical form: scheme and trust domain must be in lower case")]
    NotCanonical {
        /// The bytes, escaped.
        input: String,
    },
}

/// The bytes as printable ASCII: what a peer wrote never reaches a log as it is.
fn escape(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn accepted(bytes: &[u8]) -> bool {
        SpiffeId::parse(bytes).is_ok()
    }

    /// `before`, the byte, `after`: accepted exactly for the bytes in `allowed`.
    fn all_bytes(before: &str, after: &str, allowed: impl Fn(u8) -> bool) {
        for byte in 0..=u8::MAX {
            let id = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            assert_eq!(accepted(&id), allowed(byte), "`{}`", escape(&id));
        }
    }

    fn in_trust_domain(byte: u8) -> bool {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
    }

    fn in_path(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
    }

    #[test]
    fn every_byte_in_the_scheme() {
        all_bytes("", "piffe://td/a", |byte| byte == b's');
        all_bytes("spif", "e://td/a", |byte| byte == b'f');
        all_bytes("spiffe", "//td/a", |byte| byte == b':');
        all_bytes("spiffe:", "/td/a", |byte| byte == b'/');
        all_bytes("spiffe://td", "ns", |byte| in_trust_domain(byte) || byte == b'/');
    }

    #[test]
    fn every_byte_in_the_trust_domain() {
        all_bytes("spiffe://", "td/a", in_trust_domain);
        all_bytes("spiffe://t", "d/a", |byte| in_trust_domain(byte) || byte == b'/');
        all_bytes("spiffe://td", "", in_trust_domain);
        all_bytes("spiffe://", "/a", in_trust_domain);
    }

    #[test]
    fn every_byte_in_the_path() {
        all_bytes("spiffe://td/", "a", in_path);
        all_bytes("spiffe://td/a", "b", |byte| in_path(byte) || byte == b'/');
        all_bytes("spiffe://td/a", "", in_path);
        all_bytes("spiffe://td/a/", "/b", |byte| in_path(byte) && byte != b'.');
        all_bytes("spiffe://td/a/", "", |byte| in_path(byte) && byte != b'.');
    }

    #[test]
    fn segments_of_more_than_two_dots_are_names() {
        for id in [
            "spiffe://td/...",
            "spiffe://td/.path",
            "spiffe://td/..path",
            "spiffe://td/a../b",
        ] {
            assert!(accepted(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn forms_that_only_look_like_a_spiffe_id_are_refused() {
        let refused = [
            "",
            "spiffe",
            "spiffe:",
            "spiffe:/td",
            "spiffe://",
            "spiffe:///a",
            "http://td/a",
            "Spiffe://td/a",
            "SPIFFE://td/a",
            "spiffe://TD/a",
            "spiffe://user@td/a",
            "spiffe://td:80/a",
            "spiffe://td/a?q",
            "spiffe://td/a#f",
            "spiffe://td?q",
            "spiffe://td#f",
            "spiffe://td/",
            "spiffe://td/a/",
            "spiffe://td//a",
            "spiffe://td/a//b",
            "spiffe://td/./a",
            "spiffe://td/../a",
            "spiffe://td/a/.",
            "spiffe://td/a/..",
            "spiffe://td/%61",
            "spiffe://%74d/a",
            "spiffe://[::1]/a",
            "spiffe://td/a,spiffe://td/b",
            " spiffe://td/a",
            "spiffe://td/a ",
            "spiffe://td/a\r\n",
            "spiffe://td/a\0",
            "spiffe://td/é",
        ];
        for id in refused {
            assert!(!accepted(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn an_id_holds_at_most_2048_bytes() {
        let id = |length: usize| format!("spiffe://td/{}", "a".repeat(length - "spiffe://td/".len()));
        assert!(accepted(id(2048).as_bytes()));
        assert_eq!(
            SpiffeId::parse(id(2049).as_bytes()),
            Err(SpiffeIdError::TooLong { bytes: 2049 })
        );
    }

    #[test]
    fn the_parts_are_those_of_the_text() {
        let id = SpiffeId::parse(b"spiffe://cluster.local/ns/shop/sa/orders").unwrap();
        assert_eq!(id.as_str(), "spiffe://cluster.local/ns/shop/sa/orders");
        assert_eq!(id.trust_domain().as_str(), "cluster.local");
        assert_eq!(id.path(), "/ns/shop/sa/orders");
        assert_eq!(SpiffeId::parse(b"spiffe://td").unwrap().path(), "");
    }

    #[test]
    fn an_error_shows_its_input_escaped() {
        let error = SpiffeId::parse(b"spiffe://td/a\r\nx").unwrap_err();
        assert!(error.to_string().contains(r"`spiffe://td/a\r\nx`"), "{error}");
    }
}
