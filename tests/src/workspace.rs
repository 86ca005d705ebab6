//! Where the things lie that the tests run: the workspace, the built filter, Envoy.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
        .to_owned()
}

/// The folder of the corpus.
#[must_use]
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The built filter.
///
/// # Errors
/// When it is not there; the message names the command that makes it.
pub fn filter_wasm() -> Result<PathBuf, String> {
    built("SPIFFE_AUTHZ_WASM", "dist/spiffe_authz_filter.wasm", "make wasm")
}

/// Envoy's binary.
///
/// # Errors
/// When it is not there; the message names the command that fetches it.
pub fn envoy() -> Result<PathBuf, String> {
    built("ENVOY_BIN", ".tools/envoy-1.40.0/envoy", "make envoy")
}

fn built(variable: &str, default: &str, make: &str) -> Result<PathBuf, String> {
    let path = env::var_os(variable).map_or_else(|| root().join(default), PathBuf::from);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!(
            "`{}` is missing: run `{make}`, or set {variable}",
            path.display()
        ))
    }
}
