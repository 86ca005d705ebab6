//! [`RenderError`]: why something cannot be rendered.

use std::path::PathBuf;

use spiffe_authz_envoy_config::{InvalidImage, InvalidPath};

/// What stands in the way.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    /// A flag that contradicts the policies, or another flag.
    #[error("{0}")]
    Use(String),
    /// A path that cannot stand in a bootstrap.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// An image that Istio would not take.
    #[error(transparent)]
    Image(#[from] InvalidImage),
    /// A file that cannot be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    Unwritable { path: PathBuf, reason: std::io::Error },
    /// A document that cannot be written as YAML.
    #[error("cannot be written as YAML: {0}")]
    Yaml(String),
    /// A document that no API server stores.
    #[error(
        "{kind} `{namespace}/{name}` for {sidecars} has {bytes} bytes, and an API server stores at most {limit}: render each \
         workload for itself, with `--namespace` and `--labels`, which leaves out what cannot apply to it; where that is one \
         workload already, it has more policies than one document holds"
    )]
    TooLarge {
        kind: String,
        namespace: String,
        name: String,
        sidecars: String,
        bytes: usize,
        limit: usize,
    },
    /// What the rendered form cannot say.
    #[error("{0}")]
    Unsayable(String),
}

impl RenderError {
    /// 3 for what lies in the configuration, else 1.
    pub(crate) fn is_of_the_configuration(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::Unsayable(_) => true,
            Self::Use(_) | Self::Path(_) | Self::Image(_) | Self::Unwritable { .. } | Self::Yaml(_) => false,
        }
    }
}
