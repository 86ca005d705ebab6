//! `svid inspect`: what X509-SVID says of a certificate, rule by rule, as the engine has it.

mod chain;
mod human;
mod input;
mod key;
mod report;

use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use spiffe_authz_pki::{Duration, OffsetDateTime};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::svid::inspect::report::Report;
use crate::svid::{moment, span};
use crate::terminal::Terminal;

pub(crate) use crate::svid::inspect::report::hex;

/// Judge a certificate by the rules of X509-SVID: which hold, which are broken, and how long it lives
///
/// The rules are those by which the filter takes a peer's certificate for an SVID in profile zero-trust.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The certificate, or the chain with the leaf first: PEM, PEM as Envoy URL-encodes it, or DER; `-` is standard input
    #[arg(value_name = "FILE")]
    certificate: PathBuf,
    /// The trust bundle that the chain must end in, PEM; without it no signature is verified
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Warn where it ends within this span
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    warn_within: Option<Duration>,
    /// Judge as of this moment (RFC 3339) instead of now
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    at: Option<OffsetDateTime>,
    /// How the verdict is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

const EXAMPLES: &str = "\
EXAMPLES:
    spiffe-authz svid inspect orders/svid.pem
    spiffe-authz svid inspect orders/svid.pem --bundle ca/ca.pem --warn-within 7d

  What a running server shows:
    openssl s_client -connect orders:8443 -showcerts </dev/null | spiffe-authz svid inspect -

  Would it still be valid in a month?
    spiffe-authz svid inspect orders/svid.pem --at 2027-01-01T00:00:00Z --format json

EXIT CODES:
  0 it is a valid SVID; 1 a file cannot be read, or holds no certificate;
  2 it is no SVID, not in force, or its chain does not end in the bundle";

/// How the verdict is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let now = arguments.at.unwrap_or_else(OffsetDateTime::now_utc);
    let certificates = input::certificates(&arguments.certificate)?;
    for label in &certificates.passed_over {
        terminal.note(&format!(
            "a block that is no certificate was passed over: {label}"
        ));
    }
    let chain = chain::verify(&certificates, arguments.bundle.as_deref(), now)?;
    let report = Report::of(&certificates.leaf, chain, now, arguments.warn_within);
    print(&report, arguments.format, terminal).map_err(Failure::Unwritable)?;
    for warning in &report.warnings {
        terminal.note(&format!("warning: {warning}"));
    }
    Ok(if report.valid { Outcome::Yes } else { Outcome::No })
}

fn print(report: &Report, format: Format, terminal: &Terminal) -> std::io::Result<()> {
    let mut answers = std::io::stdout().lock();
    match format {
        Format::Human => answers.write_all(human::text(report, terminal.stdout_has_colour()).as_bytes())?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut answers, report)?;
            answers.write_all(b"\n")?;
        }
    }
    answers.flush()
}
