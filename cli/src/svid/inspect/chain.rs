//! Whether a chain ends in a trust bundle, as a TLS library verifies it.

use std::path::Path;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use spiffe_authz_pki::OffsetDateTime;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::failure::Failure;
use crate::svid::inspect::input::{self, Certificates};

/// What is known of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Chain {
    /// No bundle was given: no signature was looked at.
    NotVerified,
    /// It ends in the bundle of this file.
    Verified { bundle: String },
    /// It does not.
    Refused { bundle: String, reason: String },
}

/// Verifies the chain against the bundle, where there is one.
pub(crate) fn verify(
    certificates: &Certificates,
    bundle: Option<&Path>,
    now: OffsetDateTime,
) -> Result<Chain, Failure> {
    let Some(path) = bundle else {
        return Ok(Chain::NotVerified);
    };
    let bundle = path.display().to_string();
    let anchors = anchors(path)?;
    Ok(match ends_in(certificates, &anchors, now) {
        Ok(()) => Chain::Verified { bundle },
        Err(reason) => Chain::Refused { bundle, reason },
    })
}

/// Every certificate of the bundle; one that is no trust anchor is an error, since it could be the one that counts.
fn anchors(path: &Path) -> Result<Vec<TrustAnchor<'static>>, Failure> {
    let read = input::certificates(path)?;
    std::iter::once(read.leaf)
        .chain(read.intermediates)
        .map(|der| {
            let der = CertificateDer::from(der);
            let anchor = anchor_from_trusted_cert(&der).map(|anchor| anchor.to_owned());
            anchor.map_err(|error| {
                Failure::Use(format!(
                    "`{}`: a certificate is no trust anchor: {error}",
                    path.display()
                ))
            })
        })
        .collect()
}

fn ends_in(
    certificates: &Certificates,
    anchors: &[TrustAnchor<'_>],
    now: OffsetDateTime,
) -> Result<(), String> {
    let seconds = u64::try_from(now.unix_timestamp()).map_err(|_| "a time before 1970".to_owned())?;
    let leaf = CertificateDer::from(certificates.leaf.as_slice());
    let intermediates: Vec<CertificateDer<'_>> = certificates
        .intermediates
        .iter()
        .map(|der| CertificateDer::from(der.as_slice()))
        .collect();
    let leaf = EndEntityCert::try_from(&leaf).map_err(|error| error.to_string())?;
    let verified = leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        anchors,
        &intermediates,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        KeyUsage::client_auth(),
        None,
        None,
    );
    verified.map(|_| ()).map_err(|error| error.to_string())
}
