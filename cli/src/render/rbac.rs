//! `render rbac`: the policies as the native RBAC filters that Istio would give Envoy.

use clap::ValueEnum;
use serde_json::{Value, json};
use spiffe_authz_policy::NativeRbac;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::PolicyArguments;
use crate::render::document_set::print;
use crate::render::format::Format;

/// Render the policies of profile istio as native RBAC filters of Envoy, in their order: AUDIT, DENY, ALLOW.
///
/// What native RBAC cannot say is an error with its place.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    /// Which filters [default: both, as `httpFilters` and `networkFilters`]
    #[arg(long, value_enum)]
    chain: Option<Chain>,
    /// How the document is written
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz render rbac --config orders.yaml --profile istio
  spiffe-authz render rbac -f policies/ -n shop -l app=orders --profile istio --chain http --format json";

/// The filters of a chain.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Chain {
    /// Those of an HTTP connection manager, as a list
    Http,
    /// Those of a chain that carries anything else, as a list
    Network,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let loaded = arguments.policies.load()?;
    let NativeRbac {
        http_filters,
        network_filters,
    } = loaded.native_rbac()?;
    let document: Value = match arguments.chain {
        None => json!({"httpFilters": http_filters, "networkFilters": network_filters}),
        Some(Chain::Http) => http_filters.into(),
        Some(Chain::Network) => network_filters.into(),
    };
    print(&arguments.format.write(&document)?)?;
    Ok(Outcome::Yes)
}
