//! `svid ca`: a development CA in a folder.

use std::path::PathBuf;

use spiffe_authz_pki::{CaDirectory, CaRequest, DevelopmentCa, Duration};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::svid::{key_type::KeyType, moment::rfc3339, span};
use crate::terminal::Terminal;

/// Make a CA for development: `ca.pem` is the trust bundle, `ca_key.pem` the key
///
/// The key lies unprotected in a file that only its owner can read. In production, SVIDs come from SPIRE, Istio or another
/// SPIFFE issuer.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The trust domain that it speaks for, such as `cluster.local`
    #[arg(long, value_name = "NAME")]
    trust_domain: String,
    /// The folder that it is written to; a CA that is there stays
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// The kind of its key
    #[arg(long, value_enum, value_name = "KIND", default_value = "ecdsa-p256")]
    key_type: KeyType,
    /// How long it is valid
    #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = span::parse)]
    valid: Duration,
}

const EXAMPLES: &str = "\
EXAMPLES:
    spiffe-authz svid ca --trust-domain cluster.local --out ca
    spiffe-authz svid ca --trust-domain partner.example --out partner-ca --key-type rsa-2048 --valid 7d

EXIT CODES:
  0 it was made; 1 a CA is there already, or a file cannot be written";

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let directory = CaDirectory::new(&arguments.out);
    let ca = DevelopmentCa::create(&CaRequest {
        trust_domain: arguments.trust_domain.clone(),
        key_algorithm: arguments.key_type.algorithm(),
        valid_for: arguments.valid,
    })
    .map_err(Failure::Pki)?;
    directory.create(&ca).map_err(Failure::Pki)?;
    terminal.note(&format!(
        "{}: the trust bundle of `{}`, until {}",
        directory.certificate().display(),
        ca.trust_domain(),
        rfc3339(ca.not_after())
    ));
    terminal.note(&format!(
        "warning: {} is for development: whoever reads it can be any workload of `{}`",
        directory.private_key().display(),
        ca.trust_domain()
    ));
    Ok(Outcome::Yes)
}
