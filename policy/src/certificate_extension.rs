//! The extensions of a certificate, each read whole or not at all.

use x509_parser::asn1_rs::{Any, FromDer as _, Oid};
use x509_parser::error::X509Error;
use x509_parser::extensions::X509Extension;
use x509_parser::prelude::X509Certificate;

use crate::certificate_error::CertificateError;

/// The one extension of its kind and what stands in it, if there is one.
///
/// `read` picks the parsed form; an extension that stands twice, does not parse, or has bytes behind its value spoils the
/// certificate: which part of it counts would depend on who reads it.
pub(crate) fn only<'c, T>(
    certificate: &'c X509Certificate<'c>,
    oid: &Oid<'_>,
    name: &'static str,
    read: impl FnOnce(&'c X509Extension<'c>) -> Option<T>,
) -> Result<Option<T>, CertificateError> {
    let error = |reason: X509Error| CertificateError::Extension {
        extension: name,
        reason: reason.to_string(),
    };
    let Some(extension) = certificate.get_extension_unique(oid).map_err(error)? else {
        return Ok(None);
    };
    if !is_one_value(extension.value) {
        return Err(error(X509Error::InvalidExtensions));
    }
    read(extension)
        .map(Some)
        .ok_or_else(|| error(X509Error::InvalidExtensions))
}

fn is_one_value(value: &[u8]) -> bool {
    matches!(Any::from_der(value), Ok((b"", _)))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_value_has_nothing_behind_it() {
        for value in [&[0x30, 0][..], &[0x03, 2, 7, 0x80], &[0x30, 3, 0x80, 1, 9]] {
            assert!(is_one_value(value), "{value:?}");
        }
        for value in [&[][..], &[0x30], &[0x30, 1], &[0x30, 0, 0], &[0x30, 0, 0x30, 0]] {
            assert!(!is_one_value(value), "{value:?}");
        }
    }
}
