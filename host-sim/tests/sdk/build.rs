//! Builds the plugins, once for each run of the tests; cargo itself keeps several at a time apart.

use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip1";

/// The bytes of a plugin of `host-sim/plugins`.
pub(crate) fn plugin(name: &str) -> Vec<u8> {
    let target = target_directory();
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--locked",
            "--quiet",
            "--release",
            "--target",
            TARGET,
            "-p",
            name,
        ])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        // Flags of the build that this test is part of are for another target.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{said}\n`rustup target add {TARGET}` gets the target if that is what is missing"
    );
    let wasm = target.join(TARGET).join("release").join(format!("{name}.wasm"));
    std::fs::read(&wasm).unwrap_or_else(|error| panic!("{}: {error}", wasm.display()))
}

/// Beside what cargo builds for the tests.
fn target_directory() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap_or(temporary).join("plugins")
}
