//! What `run` and `up` are told.

use std::path::PathBuf;
use std::time::Duration;

use super::Folder;
use crate::error::DemoError;
use crate::mesh::MeshOptions;

/// A mesh that does not serve after this long will not.
pub(super) const START_PATIENCE: Duration = Duration::from_secs(60);

/// The options of `run` and `up`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct StartOptions {
    /// The Envoy binary, 1.40 or newer; without it, $ENVOY_BIN
    #[arg(long, value_name = "FILE")]
    pub(super) envoy: Option<PathBuf>,
    /// The filter
    #[arg(long, value_name = "FILE", default_value = "dist/spiffe_authz_filter.wasm")]
    pub(super) filter: PathBuf,
    #[command(flatten)]
    pub(super) folder: Folder,
}

impl StartOptions {
    /// The options with every path absolute: Envoy and the keeper may run in another folder.
    pub(super) fn mesh(&self) -> Result<MeshOptions, DemoError> {
        let inherited = std::env::var_os("ENVOY_BIN").filter(|path| !path.is_empty());
        let named = self.envoy.clone().or_else(|| inherited.map(PathBuf::from));
        Ok(MeshOptions {
            envoy: absolute(named.ok_or(DemoError::NoEnvoy)?)?,
            filter: absolute(self.filter.clone())?,
            application: std::env::current_exe().map_err(DemoError::OwnPath)?,
            layout: self.folder.layout()?,
        })
    }
}

fn absolute(path: PathBuf) -> Result<PathBuf, DemoError> {
    std::path::absolute(path).map_err(DemoError::OwnPath)
}
