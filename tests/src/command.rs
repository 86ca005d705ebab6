//! The `spiffe-authz` command of this build.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the command; what it wrote to standard output.
///
/// # Errors
/// When its binary is not there, or it ends with another code than 0: what it wrote to standard error.
pub fn run(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(binary()?)
        .args(arguments)
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|error| error.to_string()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// It lies beside the folder of this test.
fn binary() -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = test.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let binary = folder.join("spiffe-authz");
    match binary.is_file() {
        true => Ok(binary),
        false => Err(format!(
            "`{}` is missing: run `cargo build -p spiffe-authz-cli`",
            binary.display()
        )),
    }
}
