//! `render`: what a deployment needs, from the policies.

mod document_set;
mod envoy;
mod error;
mod format;
mod image;
mod istio;
mod kubernetes_size;
mod outbound;
mod plugin_configuration;
mod rbac;

pub(crate) use error::RenderError;

use clap::Subcommand;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::Terminal;

/// Render what a deployment needs: an Envoy bootstrap, Istio documents, the filter's image, or native RBAC.
///
/// Exit codes: 0 it was rendered, 1 a file cannot be read or written, 3 the configuration is invalid, or says what the
/// rendered form cannot say.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    target: Target,
}

const EXAMPLES: &str = "\
EXAMPLES:
    spiffe-authz render envoy --help
    spiffe-authz render istio --help
    spiffe-authz render image --help
    spiffe-authz render rbac --help";

#[derive(Subcommand)]
enum Target {
    Envoy(Box<envoy::Arguments>),
    Istio(Box<istio::Arguments>),
    Image(image::Arguments),
    Rbac(rbac::Arguments),
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    match &arguments.target {
        Target::Envoy(arguments) => envoy::run(arguments, terminal),
        Target::Istio(arguments) => istio::run(arguments, terminal),
        Target::Image(arguments) => image::run(arguments, terminal),
        Target::Rbac(arguments) => rbac::run(arguments),
    }
}
