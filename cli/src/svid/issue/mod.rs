//! `svid issue`: an SVID of a development CA, where Envoy's SDS finds it.

mod rotation;
mod sds;
mod trust;

use std::io::Write as _;
use std::path::PathBuf;

use spiffe_authz_pki::{CaDirectory, Duration, LeafRequest, OffsetDateTime, SvidDirectory};
use spiffe_authz_policy::{LeafCertificate, SpiffeId};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::svid::issue::trust::Federated;
use crate::svid::{key_type::KeyType, moment::rfc3339, span};
use crate::terminal::Terminal;

/// Issue an SVID: `svid.pem`, `svid_key.pem` and `svid_bundle.pem`, replaced as one set
///
/// The three names are links through `..data`, so that a reader sees all of the old set or all of the new one, and Envoy's
/// file SDS reads it again when it changes.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder of the CA that `svid ca` made
    #[arg(long, value_name = "DIR")]
    ca: PathBuf,
    /// The SPIFFE ID of the workload, in the trust domain of the CA
    #[arg(long, value_name = "ID")]
    spiffe_id: String,
    /// The folder that the SVID is written to
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// How long it is valid, and never longer than the CA; 20m or more for an Envoy of `render envoy`
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = span::parse)]
    valid: Duration,
    /// The kind of its key
    #[arg(long, value_enum, value_name = "KIND", default_value = "ecdsa-p256")]
    key_type: KeyType,
    /// A DNS name beside the SPIFFE ID, as often as wanted
    #[arg(long, value_name = "NAME")]
    dns: Vec<String>,
    /// More authorities of the same trust domain, PEM, as often as wanted
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    /// The authorities of another trust domain, PEM, as often as wanted: adds `svid_bundles.json`, in which each vouches for
    /// its own trust domain alone
    #[arg(long, value_name = "TRUST_DOMAIN=FILE", value_parser = Federated::parse)]
    federate: Vec<Federated>,
    /// Also write the SDS documents that Envoy's bootstrap refers to: `svid.sds.json` and `trust-bundle.sds.json`
    #[arg(long)]
    sds: bool,
    /// Where Envoy finds the folder, if not where it is written
    #[arg(long, value_name = "DIR", requires = "sds")]
    sds_root: Option<PathBuf>,
    /// Keep running, and issue a new SVID in time; ends on SIGINT and SIGTERM
    #[arg(long)]
    watch: bool,
    /// How often a new SVID is issued [default: half of its validity]
    #[arg(long, value_name = "SPAN", value_parser = span::parse, requires = "watch")]
    every: Option<Duration>,
}

const EXAMPLES: &str = "\
EXAMPLES:
  An SVID for an hour, with the documents of Envoy's file SDS:
    spiffe-authz svid issue --ca ca --spiffe-id spiffe://cluster.local/ns/shop/sa/orders --out orders --sds

  A new one every ten minutes, until it is stopped:
    spiffe-authz svid issue --ca ca --spiffe-id spiffe://cluster.local/ns/shop/sa/orders --out orders \\
      --every 10m --watch

  Two trust domains, each vouching for itself:
    spiffe-authz svid issue --ca ca --spiffe-id spiffe://cluster.local/ns/shop/sa/orders --out orders \\
      --federate partner.example=partner-ca/ca.pem --sds

EXIT CODES:
  0 it was issued; 1 the CA, a bundle or a file cannot be used, or the SPIFFE ID is not one of the CA's trust domain";

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let every = if arguments.watch {
        Some(rotation::interval(arguments)?)
    } else {
        None
    };
    say(&issue(arguments, terminal)?)?;
    every.map_or(Ok(Outcome::Yes), |every| {
        rotation::run(arguments, every, terminal)
    })
}

/// Reads the CA, issues one set and replaces what is there; the line that says so.
fn issue(arguments: &Arguments, terminal: &Terminal) -> Result<String, Failure> {
    let ca = CaDirectory::new(&arguments.ca).load().map_err(Failure::Pki)?;
    let spiffe_id = workload_id(&arguments.spiffe_id, ca.trust_domain())?;
    let not_after = ca.end_of(arguments.valid).map_err(Failure::Pki)?;
    let request = LeafRequest {
        dns_sans: arguments.dns.clone(),
        not_after,
        ..LeafRequest::svid(spiffe_id.as_str())
    };
    let leaf = ca
        .issue_with_key(&request, arguments.key_type.algorithm())
        .map_err(Failure::Pki)?;
    let trust = trust::read(&ca, &arguments.bundle, &arguments.federate)?;
    let directory = SvidDirectory::new(&arguments.out);
    match &trust.bundle_map {
        Some(map) => directory.write_federated(&leaf, &trust.own_pem, map),
        None => directory.write(&leaf, &trust.own_pem),
    }
    .map_err(Failure::Pki)?;
    if arguments.sds {
        sds::write(arguments, &directory, trust.bundle_map.is_some())?;
    }
    if not_after == ca.not_after() {
        terminal.note(&format!(
            "warning: the SVID ends with its CA, at {}: make another CA with `spiffe-authz svid ca`",
            rfc3339(not_after)
        ));
    }
    Ok(format!(
        "{} issued {spiffe_id} serial {} until {} in {}",
        rfc3339(OffsetDateTime::now_utc()),
        serial(&leaf.certificate_pem),
        rfc3339(not_after),
        arguments.out.display()
    ))
}

fn say(line: &str) -> Result<(), Failure> {
    let mut answers = std::io::stdout().lock();
    writeln!(answers, "{line}")
        .and_then(|()| answers.flush())
        .map_err(Failure::Unwritable)
}

/// What a CA may vouch for: workloads of its own trust domain.
fn workload_id(text: &str, trust_domain: &str) -> Result<SpiffeId, Failure> {
    let refused = |reason: String| Failure::Use(format!("`--spiffe-id`: {reason}"));
    let id = SpiffeId::parse(text.as_bytes()).map_err(|error| refused(error.to_string()))?;
    if id.path().is_empty() {
        return Err(refused(format!(
            "`{id}` is a trust domain: a workload has a path, such as `{id}/ns/shop/sa/orders`"
        )));
    }
    if id.trust_domain().as_str() != trust_domain {
        return Err(refused(format!(
            "`{id}` is not in the trust domain of the CA, `{trust_domain}`: no peer would take it"
        )));
    }
    Ok(id)
}

/// As the deny list of a configuration takes it.
fn serial(certificate_pem: &str) -> String {
    let leaf = LeafCertificate::from_pem(certificate_pem.as_bytes());
    leaf.ok()
        .and_then(|leaf| leaf.facts().serial.as_deref().map(crate::svid::inspect::hex))
        .unwrap_or_default()
}
