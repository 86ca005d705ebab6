//! `schema`: the JSON Schema of what is read, for editors and pipelines.

mod authorization_policy;
mod clause;
mod configuration;
mod metadata;
mod node;
mod peer_authentication;
#[cfg(test)]
mod tests;

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::Value;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::Terminal;

/// Print the JSON Schema (2020-12) of a kind of document
///
/// An editor that knows it completes field names and underlines what is not read. What a value means is for `check` to say.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Of which kind of document
    #[arg(
        long = "for",
        value_enum,
        value_name = "KIND",
        default_value = "plugin-configuration"
    )]
    document: Kind,
}

const EXAMPLES: &str = "\
EXAMPLES:
    spiffe-authz schema > spiffe-authz.schema.json
    spiffe-authz schema --for istio > istio.schema.json
    spiffe-authz schema --for policy-tests > policy-tests.schema.json

  At the head of a YAML file, for yaml-language-server:
    # yaml-language-server: $schema=spiffe-authz.schema.json

EXIT CODES:
  0 it was printed; 1 standard output cannot be written";

/// A kind of document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Kind {
    /// The plugin configuration, what a WasmPlugin's `pluginConfig` holds
    PluginConfiguration,
    /// One Istio document: an AuthorizationPolicy or a PeerAuthentication
    Istio,
    /// A file of policy unit tests, for `spiffe-authz test`
    PolicyTests,
}

pub(crate) fn run(arguments: &Arguments, _terminal: &Terminal) -> Result<Outcome, Failure> {
    let text = text(arguments.document);
    let mut answers = std::io::stdout().lock();
    answers
        .write_all(text.as_bytes())
        .and_then(|()| answers.flush())
        .map_err(Failure::Unwritable)?;
    Ok(Outcome::Yes)
}

/// Written by hand, and compared with what `test` reads by the tests of that verb.
const POLICY_TESTS: &str = include_str!("../../../docs/schema/policy-tests.schema.json");

fn text(kind: Kind) -> String {
    match kind {
        Kind::PluginConfiguration => printed(&configuration::schema()),
        Kind::Istio => printed(&configuration::istio()),
        Kind::PolicyTests => POLICY_TESTS.to_owned(),
    }
}

fn printed(schema: &Value) -> String {
    format!("{schema:#}\n")
}
