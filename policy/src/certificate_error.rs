//! [`CertificateError`]: why bytes are not one certificate that can be read.

/// The largest certificate that is read, as PEM or DER.
pub(crate) const MAX_BYTES: usize = 64 << 10;

/// Why bytes are not one certificate that can be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// More bytes than are read.
    #[error("{0} bytes, at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
    /// URL-encoded PEM with an invalid escape.
    #[error("a `%` without two hexadecimal digits")]
    Escape,
    /// What stands in the text is not PEM.
    #[error("not PEM: {0}")]
    Pem(String),
    /// None or more than one block of PEM.
    #[error("{0} blocks of PEM, expected one")]
    Blocks(usize),
    /// A block of PEM that holds something else.
    #[error("the PEM holds a `{0}`, expected a `CERTIFICATE`")]
    Label(String),
    /// The bytes are not an X.509 certificate.
    #[error("not X.509: {0}")]
    X509(String),
    /// Bytes after the certificate.
    #[error("{0} bytes after the certificate")]
    TrailingBytes(usize),
    /// An extension that is there twice or does not parse.
    #[error("{extension}: {reason}")]
    Extension {
        /// The extension's name.
        extension: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}
