//! What can go wrong while issuing a certificate or writing it to disk.

use std::path::PathBuf;

/// A hundred years: whatever is longer is a slip of the pen.
pub(crate) const MAX_VALIDITY_DAYS: i64 = 36_525;

/// Why a certificate was not issued or not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// The name is no SPIFFE trust domain (SPIFFE-ID, section 2.1).
    #[error("`{input}` is not a trust domain: use 1 to 255 of the characters a-z, 0-9, `.`, `-` and `_`")]
    TrustDomain {
        /// The name as it was given.
        input: String,
    },
    /// A subject alternative name is an IA5String, so it can hold ASCII only (RFC 5280, section 4.2.1.6).
    #[error("the {kind} SAN `{input}` is not ASCII: a certificate cannot carry it")]
    NotAscii {
        /// Which kind of name: `URI` or `DNS`.
        kind: &'static str,
        /// The name as it was given.
        input: String,
    },
    /// The identifier of an issuer's key is longer than any that is in use.
    #[error("a key identifier of {length} bytes is too long: give at most 64")]
    KeyIdTooLong {
        /// How long it is.
        length: usize,
    },
    /// A key could not be made.
    #[error("cannot make a key of the kind {algorithm}: {reason}")]
    Key {
        /// The kind of key.
        algorithm: &'static str,
        /// What the generator reported.
        reason: String,
    },
    /// What should be a development CA is none.
    #[error("`{}` holds no development CA: {reason}; make one with `spiffe-authz svid ca`", path.display())]
    NotACa {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is a CA already, and its key would be lost.
    #[error("`{}` is there already: choose another folder, or remove the CA first", path.display())]
    CaExists {
        /// The file that is there.
        path: PathBuf,
    },
    /// The CA's own certificate is no longer valid.
    #[error("the CA of `{trust_domain}` ended at {not_after}: make another with `spiffe-authz svid ca`")]
    CaEnded {
        /// The trust domain.
        trust_domain: String,
        /// Its last moment.
        not_after: time::OffsetDateTime,
    },
    /// A validity that no calendar holds.
    #[error(
        "a validity of {seconds} seconds is out of range: give at least 1 second and at most {MAX_VALIDITY_DAYS} days"
    )]
    Validity {
        /// The validity that was asked for.
        seconds: i64,
    },
    /// A trust bundle that is not PEM certificates.
    #[error("the trust bundle of `{trust_domain}`: {reason}")]
    Bundle {
        /// Whose bundle.
        trust_domain: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key could not be made or the certificate could not be signed.
    #[error("cannot issue `{name}`: {source}")]
    Issue {
        /// What was to be issued: the trust domain or the leaf's first name.
        name: String,
        /// What the signer reported.
        source: rcgen::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried, as a verb phrase.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system reported.
        source: std::io::Error,
    },
}
