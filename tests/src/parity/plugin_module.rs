//! The modules that both sides load.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::parity::script::Script;
use crate::workspace;

/// The bytes of the script's plugin.
///
/// # Errors
/// When it cannot be built or its text is no module.
pub fn module(script: &Script) -> Result<Vec<u8>, String> {
    match &script.wat {
        Some(text) => wat::parse_str(text).map_err(|error| error.to_string()),
        None => {
            let path = plugin("probe")?;
            std::fs::read(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
        }
    }
}

/// The built plugin of this name of `host-sim/plugins`.
///
/// # Errors
/// When the plugins cannot be built.
pub fn plugin(name: &str) -> Result<PathBuf, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = BUILT.get_or_init(build).clone()?;
    Ok(folder.join(format!("{name}.wasm")))
}

/// Cargo itself sees whether anything is to be done.
fn build() -> Result<PathBuf, String> {
    let target = workspace::root().join("target/plugins");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--release", "--target", "wasm32-wasip1"])
        .arg("--manifest-path")
        .arg(workspace::root().join("host-sim/plugins/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        // Flags of the build that this test is part of are for another target.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        Ok(target.join("wasm32-wasip1/release"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
