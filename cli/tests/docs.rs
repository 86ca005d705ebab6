//! The examples of the pages are real: every ```` ```console ```` block that has `$ spiffe-authz …` is run, and its output
//! compared.
//!
//! The commands run in a copy of `docs/cli/examples`, and what one writes the next one finds. An exit code other than 0
//! stands below the command as `? 3`. A block marked ```` ```console,ignore ```` is not run; a page without such blocks is
//! not read. `TRYCMD=overwrite cargo test -p spiffe-authz-cli --test docs` writes the output into the pages.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failed test panics")]

use std::path::{Path, PathBuf};

/// The folders of pages, from the root of the repository.
const FOLDERS: [&str; 3] = ["docs", "docs/cli", "docs/lints"];

#[test]
fn what_the_pages_show_is_what_the_command_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    copy(&root.join("docs/cli/examples"), scratch.path());
    // The one test of its process: nobody else minds where it is.
    std::env::set_current_dir(scratch.path()).unwrap();
    let cases = trycmd::TestCases::new();
    // What `simulate` runs, and where it keeps what it compiled.
    cases.env(
        "SPIFFE_AUTHZ_FILTER",
        root.join("dist/spiffe_authz_filter.wasm").display().to_string(),
    );
    cases.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    cases.register_bin("cat", PathBuf::from("/bin/cat"));
    for page in FOLDERS.iter().flat_map(|folder| pages(&root.join(folder))) {
        cases.case(page);
    }
    cases.run();
}

/// The pages of a folder that show the command at work.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    // These have a test of their own (`tutorial.rs`): their commands build on each other.
    let paths = paths.filter(|path| !path.ends_with("tutorial.md") && !path.ends_with("migration.md"));
    let mut pages: Vec<PathBuf> = paths.filter(|path| shows_the_command(path)).collect();
    pages.sort();
    pages
}

fn shows_the_command(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md") && {
        let text = std::fs::read_to_string(path).unwrap();
        text.contains("```console\n") && text.contains("\n$ spiffe-authz ")
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
