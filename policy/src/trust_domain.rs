//! [`TrustDomain`]: the authority part of a SPIFFE ID (SPIFFE-ID standard, section 2.1).

use std::fmt;

/// A valid trust domain name in its only form: lower case, `[a-z0-9._-]`, 1 to 255 bytes.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TrustDomain(spiffe::TrustDomain);

impl TrustDomain {
    /// Reads a trust domain *name*, such as `cluster.local`.
    ///
    /// # Errors
    /// When the text is not a trust domain name in its canonical form. The standard calls trust domains
    /// case-insensitive; here an upper-case letter is refused and never folded, so that no two components
    /// can disagree on what a name means.
    pub fn parse(name: &str) -> Result<Self, TrustDomainError> {
        let error = |reason| TrustDomainError {
            input: name.to_owned(),
            reason,
        };
        // The parser underneath also takes a whole SPIFFE ID; a name never holds a colon.
        let parsed = spiffe::TrustDomain::new(name).map_err(|reason| error(reason.to_string()))?;
        if parsed.as_str() != name {
            return Err(error(
                "a trust domain name must be in lower case and bare".to_owned(),
            ));
        }
        Ok(Self(parsed))
    }

    pub(crate) fn from_parsed(parsed: spiffe::TrustDomain) -> Self {
        Self(parsed)
    }

    /// The name, such as `cluster.local`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text is not a trust domain name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{input}` is not a trust domain name: {reason}")]
pub struct TrustDomainError {
    input: String,
    reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_canonical_name_is_kept_as_it_is() {
        for name in ["cluster.local", "td-1", "a_b", "1.2.3.4", "example.org."] {
            assert_eq!(TrustDomain::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn anything_but_the_bare_lower_case_name_is_refused() {
        for name in [
            "",
            "Cluster.Local",
            "spiffe://cluster.local",
            "spiffe://cluster.local/a",
            "a/b",
            "a:80",
            "u@a",
            "a%20",
        ] {
            let error = TrustDomain::parse(name).unwrap_err();
            assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        }
    }

    #[test]
    fn a_name_holds_at_most_255_bytes() {
        assert!(TrustDomain::parse(&"a".repeat(255)).is_ok());
        assert!(TrustDomain::parse(&"a".repeat(256)).is_err());
    }
}
