//! `svid`: a development CA, the SVIDs it issues, and a judgement on any SVID.

mod ca;
mod inspect;
mod issue;
mod key_type;
mod moment;
mod span;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::Terminal;

/// A development CA, SVIDs for Envoy, and what X509-SVID says of a certificate
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
EXAMPLES:
  Make a CA, and an SVID that Envoy reads:
    spiffe-authz svid ca --trust-domain cluster.local --out ca
    spiffe-authz svid issue --ca ca --spiffe-id spiffe://cluster.local/ns/shop/sa/orders --out orders --sds

  Judge a certificate:
    spiffe-authz svid inspect orders/svid.pem --bundle ca/ca.pem";

#[derive(clap::Subcommand)]
enum Verb {
    Ca(ca::Arguments),
    Issue(issue::Arguments),
    Inspect(inspect::Arguments),
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    match &arguments.verb {
        Verb::Ca(arguments) => ca::run(arguments, terminal),
        Verb::Issue(arguments) => issue::run(arguments, terminal),
        Verb::Inspect(arguments) => inspect::run(arguments, terminal),
    }
}
