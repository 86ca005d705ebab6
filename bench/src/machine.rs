//! What figures depend on beside the code: the machine, the compiler, the versions.

use std::path::Path;
use std::process::Command;
use std::{fs, thread};

use serde_json::{Value, json};

/// Cores, model of the processor, operating system, memory, compiler and commit; `versions` are of what was measured.
#[must_use]
pub fn facts(versions: &[(&str, String)]) -> Value {
    let versions: serde_json::Map<String, Value> = versions
        .iter()
        .map(|(name, version)| ((*name).to_owned(), json!(version)))
        .collect();
    json!({
        "cores": thread::available_parallelism().map_or(1, usize::from),
        "processor": processor(),
        "memoryGiB": memory_gib(),
        "system": first_line("uname", &["-srm"]),
        "rustc": first_line("rustc", &["--version"]),
        "commit": commit(),
        "versions": versions,
    })
}

/// One line of the facts, to stand above a table.
#[must_use]
pub fn line(facts: &Value) -> String {
    let text = |name: &str| facts[name].as_str().unwrap_or("unknown").to_owned();
    let mut parts = vec![
        format!("{} cores of {}", facts["cores"], text("processor")),
        text("system"),
        text("rustc"),
        format!("commit {}", text("commit")),
    ];
    let versions = facts["versions"].as_object().into_iter().flatten();
    parts.extend(versions.map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or("unknown"))));
    parts.join(", ")
}

/// The version of a package, as a lock file names it.
#[must_use]
pub fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    Some(version.trim_end_matches('"').to_owned())
}

fn processor() -> Option<String> {
    field(Path::new("/proc/cpuinfo"), "model name").or_else(|| first_line("uname", &["-m"]))
}

fn memory_gib() -> Option<u64> {
    let memory = field(Path::new("/proc/meminfo"), "MemTotal")?;
    let kib: u64 = memory.strip_suffix(" kB")?.parse().ok()?;
    Some(kib >> 20)
}

/// The first `name: value` of a file.
fn field(file: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let value = |line: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    };
    text.lines().find_map(value)
}

/// The commit, and whether files differ from it.
fn commit() -> Option<String> {
    let root = env!("CARGO_MANIFEST_DIR");
    let commit = first_line("git", &["-C", root, "rev-parse", "--short=12", "HEAD"])?;
    let changed = first_line(
        "git",
        &["-C", root, "status", "--porcelain", "--untracked-files=no"],
    );
    Some(match changed {
        None => commit,
        Some(_) => format!("{commit} with changes"),
    })
}

/// What a command says first, if it runs and says anything.
fn first_line(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_name_processor_and_compiler() {
        let facts = facts(&[("peer", "1.2.3".to_owned())]);
        assert!(facts["cores"].as_u64().unwrap() > 0);
        assert!(facts["rustc"].as_str().unwrap().starts_with("rustc 1."));
        assert!(line(&facts).ends_with(", peer 1.2.3"));
    }

    #[test]
    fn a_version_is_read_from_the_lock_file() {
        let lock = include_str!("../../Cargo.lock");
        assert_eq!(
            locked_version(lock, "spiffe-authz-bench").as_deref(),
            Some("0.1.0")
        );
        assert_eq!(locked_version(lock, "no-such-package"), None);
    }
}
