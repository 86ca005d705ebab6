//! [`Site`]: one Envoy with all the listeners that are compared.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::envoy_process::{EnvoyLaunch, EnvoyProcess};
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{FilePath, LoopbackAddress, admin};

use crate::envoy::cpu::Process;
use crate::envoy::identities::Identities;
use crate::envoy::listener::Listener;
use crate::envoy::problem::Problem as _;

/// How long Envoy may take until it has read the largest configurations.
const PATIENCE: Duration = Duration::from_secs(300);

/// The folder of a run, and the certificates in it.
pub struct Ground {
    folder: tempfile::TempDir,
    /// The certificates.
    pub identities: Identities,
}

/// An Envoy that serves. It ends with this value.
pub struct Site {
    _envoy: EnvoyProcess,
    /// The process.
    pub process: Process,
    addresses: HashMap<String, SocketAddr>,
}

impl Ground {
    /// A new folder below the system's temporary one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("spiffe-authz-bench-")
            .tempdir()
            .named("a temporary folder")?;
        let identities = Identities::new(folder.path())?;
        Ok(Self { folder, identities })
    }

    /// Writes a module, given as text.
    ///
    /// # Errors
    /// When it is no module or cannot be written.
    pub fn module(&self, name: &str, text: &str) -> Result<FilePath, String> {
        let path = self.folder.path().join(format!("{name}.wasm"));
        fs::write(&path, wat::parse_str(text).named(name)?).named(name)?;
        FilePath::new(path).named(name)
    }

    /// Starts an Envoy with one worker and these listeners and clusters.
    ///
    /// # Errors
    /// When there is no Envoy, or it does not serve.
    pub async fn start(&self, listeners: &[Listener], clusters: &[Value]) -> Result<Site, String> {
        let free = free_loopback_addresses(listeners.len() + 1).named("free ports")?;
        let (admin, free) = free.split_first().ok_or("no port is free")?;
        let placed: Vec<(&Listener, SocketAddr)> = listeners.iter().zip(free.iter().copied()).collect();
        let bootstrap = self.bootstrap(&placed, *admin, clusters)?;
        let binary = binary()?;
        let launch = EnvoyLaunch {
            name: "the measured Envoy",
            binary: &binary,
            bootstrap: &bootstrap,
            bootstrap_file: &self.folder.path().join("envoy.json"),
            log: &self.folder.path().join("envoy.log"),
            admin: *admin,
        };
        let envoy = EnvoyProcess::start(&launch, PATIENCE)
            .await
            .map_err(|error| error.to_string())?;
        let process = Process::new(envoy.process().id());
        let addresses = placed
            .iter()
            .map(|(listener, address)| (listener.name.clone(), *address));
        Ok(Site {
            process,
            addresses: addresses.collect(),
            _envoy: envoy,
        })
    }

    fn bootstrap(
        &self,
        placed: &[(&Listener, SocketAddr)],
        admin: SocketAddr,
        clusters: &[Value],
    ) -> Result<Value, String> {
        let listeners = placed
            .iter()
            .map(|(listener, address)| listener.render(*address, self.identities.paths()));
        Ok(json!({
            "node": {"id": "bench", "cluster": "bench"},
            "admin": admin::admin(LoopbackAddress::try_from(admin).named("the admin interface")?),
            "static_resources": {"listeners": listeners.collect::<Vec<_>>(), "clusters": clusters},
        }))
    }
}

impl Site {
    /// Where the listener of this name is.
    ///
    /// # Errors
    /// When there is none.
    pub fn address(&self, listener: &str) -> Result<SocketAddr, String> {
        let address = self.addresses.get(listener).copied();
        address.ok_or_else(|| format!("there is no listener `{listener}`"))
    }
}

/// Envoy's binary.
///
/// # Errors
/// When it is not there; the message names the command that fetches it.
pub fn binary() -> Result<PathBuf, String> {
    built("ENVOY_BIN", ".tools/envoy-1.40.0/envoy", "make envoy")
}

/// The version of Envoy's binary.
///
/// # Errors
/// When it does not say.
pub fn version() -> Result<String, String> {
    let output = Command::new(binary()?).arg("--version").output().named("Envoy")?;
    let text = String::from_utf8(output.stdout).named("Envoy's version")?;
    version_in(&text)
        .map(str::to_owned)
        .ok_or_else(|| format!("`{text}` is no version of Envoy"))
}

/// The version stands behind the commit.
fn version_in(text: &str) -> Option<&str> {
    let (_, build) = text.split_once("version: ")?;
    build.split('/').nth(1)
}

/// The built filter.
///
/// # Errors
/// When it is not there; the message names the command that makes it.
pub fn filter() -> Result<FilePath, String> {
    let path = built("SPIFFE_AUTHZ_WASM", "dist/spiffe_authz_filter.wasm", "make wasm")?;
    FilePath::new(path).named("the filter")
}

/// The filter that does nothing, written with the Rust SDK.
///
/// # Errors
/// When it is not there; the message names the command that makes it.
pub fn sdk_no_op() -> Result<FilePath, String> {
    let path = built("NO_OP_WASM", "target/bench/no_op.wasm", "make no-op")?;
    FilePath::new(path).named("the no-op filter")
}

fn built(variable: &str, default: &str, make: &str) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = env::var_os(variable).map_or_else(|| root.join(default), PathBuf::from);
    let path = path
        .canonicalize()
        .map_err(|_absent| format!("`{}` is missing: run `{make}`, or set {variable}", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_stands_behind_the_commit() {
        let text = "\n/tools/envoy  version: 9e558093/1.40.0/Clean/RELEASE/BoringSSL\n\n";
        assert_eq!(version_in(text), Some("1.40.0"));
        assert_eq!(version_in("/tools/envoy 1.40.0"), None);
    }
}
