//! [`PolicyArguments`]: which policies, and what of the mesh the documents themselves do not say.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::failure::Failure;
use crate::policies::Loaded;

/// Which policies: a plugin configuration, or Istio documents.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct PolicyArguments {
    /// The plugin configuration, JSON or YAML: what a WasmPlugin's `pluginConfig` holds
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "file",
        required_unless_present = "file"
    )]
    config: Option<PathBuf>,
    /// Istio documents, a file or a folder of them, as often as wanted; `-` is standard input
    #[arg(short, long, value_name = "FILE_OR_DIR")]
    file: Vec<PathBuf>,
    #[command(flatten)]
    mesh: MeshArguments,
}

/// What Istio documents do not say themselves. Beside a plugin configuration each replaces what stands there.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Mesh and workload")]
pub(crate) struct MeshArguments {
    /// The profile of the decision
    #[arg(long, value_enum)]
    pub(crate) profile: Option<ProfileName>,
    /// The trust domain of the mesh [default: cluster.local]
    #[arg(long, value_name = "NAME")]
    pub(crate) trust_domain: Option<String>,
    /// Another name of the trust domain, as often as wanted
    #[arg(long, value_name = "NAME")]
    pub(crate) trust_domain_alias: Vec<String>,
    /// The namespace whose policies hold for the whole mesh [default: istio-system]
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) root_namespace: Option<String>,
    /// The namespace of the guarded workload
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// The labels of the guarded workload, such as `app=orders,version=v1`
    #[arg(short, long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = label, requires = "namespace")]
    pub(crate) labels: Vec<(String, String)>,
    /// What becomes of CUSTOM policies, which an external authorizer serves [default: refuse]
    #[arg(long, value_enum)]
    pub(crate) custom: Option<CustomName>,
}

/// A profile, by its name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProfileName {
    /// Deny what no policy allows; a peer without a verified SVID is nobody
    ZeroTrust,
    /// As Istio's sidecar decides
    Istio,
}

impl ProfileName {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ZeroTrust => "zero-trust",
            Self::Istio => "istio",
        }
    }
}

/// What becomes of CUSTOM policies.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CustomName {
    /// The configuration is invalid
    Refuse,
    /// They are passed over
    Ignore,
}

impl CustomName {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Ignore => "ignore",
        }
    }
}

fn label(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = parts.ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}

impl PolicyArguments {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be read, or is neither JSON nor YAML. What the documents mean is not looked at.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        match &self.config {
            Some(path) => Loaded::from_configuration(path, &self.mesh),
            None => Loaded::from_istio(&self.file, &self.mesh),
        }
    }
}
