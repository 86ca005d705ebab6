//! Reading certificates: one or a chain, PEM or DER.

use std::io::Read as _;
use std::path::Path;

use spiffe_authz_policy::LeafCertificate;
use x509_parser::pem::Pem;

use crate::failure::Failure;

/// A chain is a few KiB; whatever is larger is something else.
const MAX_BYTES: u64 = 1 << 20;
/// How Envoy's URL-encoded PEM begins.
const URL_ENCODED: &[u8] = b"-----BEGIN%20";
/// How every certificate begins in DER: a SEQUENCE whose length has two bytes or fewer.
const DER: [&[u8]; 3] = [&[0x30, 0x82], &[0x30, 0x81], &[0x30, 0x83]];

/// The certificates of a file, DER each.
pub(crate) struct Certificates {
    /// The first.
    pub(crate) leaf: Vec<u8>,
    /// Those behind it, which vouch for it.
    pub(crate) intermediates: Vec<Vec<u8>>,
    /// The labels of other blocks, as they stand there but without control characters.
    pub(crate) passed_over: Vec<String>,
}

/// Reads the certificates of a file.
pub(crate) fn certificates(path: &Path) -> Result<Certificates, Failure> {
    let bytes = read(path)?;
    let refused = |reason: String| Failure::Use(format!("`{}`: {reason}", path.display()));
    if DER.iter().any(|beginning| bytes.starts_with(beginning)) {
        return Ok(alone(bytes));
    }
    if bytes.starts_with(URL_ENCODED) {
        let der = LeafCertificate::der_of_pem(bytes.trim_ascii_end());
        return der.map(alone).map_err(|error| refused(error.to_string()));
    }
    chain(&bytes).map_err(refused)
}

/// Reads a file that is not large; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let mut bytes = Vec::new();
    let limit = MAX_BYTES.saturating_add(1);
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    }
    .map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(Failure::Use(format!(
            "`{}`: more than {MAX_BYTES} bytes: no certificate chain is so long",
            path.display()
        )));
    }
    Ok(bytes)
}

fn alone(leaf: Vec<u8>) -> Certificates {
    Certificates {
        leaf,
        intermediates: Vec::new(),
        passed_over: Vec::new(),
    }
}

fn chain(bytes: &[u8]) -> Result<Certificates, String> {
    let mut certificates = Vec::new();
    let mut passed_over = Vec::new();
    for block in Pem::iter_from_buffer(bytes) {
        let block = block.map_err(|error| format!("not PEM: {error}"))?;
        if block.label == "CERTIFICATE" {
            certificates.push(block.contents);
        } else {
            passed_over.push(block.label.escape_debug().to_string());
        }
    }
    let mut certificates = certificates.into_iter();
    let leaf = certificates
        .next()
        .ok_or("no certificate in it: give PEM that begins with `-----BEGIN CERTIFICATE-----`, or DER")?;
    Ok(Certificates {
        leaf,
        intermediates: certificates.collect(),
        passed_over,
    })
}
