//! [`PluginImage`]: where Istio's agent takes the filter's code from.

/// The address of the filter's code, and the digest that it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginImage {
    url: String,
    sha256: Option<String>,
}

/// Why an image cannot be named so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidImage {
    /// Istio takes no other address.
    #[error(
        "`{0}` is no address of an image: write `oci://REGISTRY/NAME:TAG`, `https://...` or `file:///...`"
    )]
    Scheme(String),
    /// Istio refuses the document.
    #[error("`{0}` is no SHA-256 digest: write its 64 digits, `0` to `9` and `a` to `f`")]
    Digest(String),
}

impl PluginImage {
    /// An address, and the digest: of an OCI image that of its manifest, else of the file.
    ///
    /// # Errors
    /// [`InvalidImage`] for an address of another kind, or a digest that is none.
    pub fn new(url: &str, sha256: Option<&str>) -> Result<Self, InvalidImage> {
        let schemes = ["oci://", "https://", "http://", "file://"];
        let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
        if rest.is_none_or(str::is_empty) {
            return Err(InvalidImage::Scheme(url.to_owned()));
        }
        match sha256 {
            Some(digest) if !is_digest(digest) => Err(InvalidImage::Digest(digest.to_owned())),
            Some(_) | None => Ok(Self {
                url: url.to_owned(),
                sha256: sha256.map(str::to_owned),
            }),
        }
    }

    /// Whether the code is fixed by a digest, so that nobody who can write to the registry can put another in its place.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.sha256.is_some() || self.url.contains("@sha256:")
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }
}

fn is_digest(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 64 && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_is_refused() {
        for url in ["registry.example/filter:1", "oci://", "ftp://a/b", ""] {
            assert_eq!(
                PluginImage::new(url, None),
                Err(InvalidImage::Scheme(url.to_owned()))
            );
        }
    }

    #[test]
    fn a_digest_has_64_digits_in_lower_case() {
        let url = "oci://registry.example/filter:1";
        for digest in ["", "abc", &"A".repeat(64), &"g".repeat(64), &"a".repeat(63)] {
            assert!(PluginImage::new(url, Some(digest)).is_err(), "{digest}");
        }
        assert!(PluginImage::new(url, Some(&"0a".repeat(32))).unwrap().is_pinned());
    }
}
