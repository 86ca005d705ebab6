//! What a request document says of a certificate, as a certificate is asked for it.

use spiffe_authz_pki::{AltName, Criticality, RawExtension, SerialNumber};

/// The URI SANs, then the DNS SANs, in any bytes; no extension where there is no name.
#[must_use]
pub fn alt_names<U, D>(uri_sans: &[U], dns_sans: &[D]) -> Option<RawExtension>
where
    U: AsRef<[u8]>,
    D: AsRef<[u8]>,
{
    let uris = uri_sans.iter().map(|san| AltName::Uri(san.as_ref().to_vec()));
    let dns = dns_sans.iter().map(|san| AltName::Dns(san.as_ref().to_vec()));
    let names: Vec<AltName> = uris.chain(dns).collect();
    (!names.is_empty()).then(|| RawExtension::subject_alt_names(&names, Criticality::Critical))
}

/// Leading zeros are left out, and zero is nothing but those.
#[must_use]
pub fn serial_number(bytes: Option<&[u8]>) -> SerialNumber {
    match bytes {
        None => SerialNumber::Random,
        Some([]) => SerialNumber::Chosen(vec![0]),
        Some(bytes) => SerialNumber::Chosen(bytes.to_vec()),
    }
}
