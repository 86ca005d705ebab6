//! What can go wrong while issuing a certificate or writing it to disk.

use std::path::PathBuf;

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
