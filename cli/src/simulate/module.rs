//! The built filter: where it lies, and how it is compiled.

use std::env;
use std::path::{Path, PathBuf};

use spiffe_authz_host_sim::{Limits, Module, ModuleCache, Simulator};

use crate::failure::Failure;
use crate::simulate::error::SimulateError;

/// The variable that names the file.
const VARIABLE: &str = "SPIFFE_AUTHZ_FILTER";
/// Where it is looked for otherwise.
const PLACES: [&str; 2] = ["./spiffe_authz_filter.wasm", "./dist/spiffe_authz_filter.wasm"];

/// Reads and compiles the filter; `named` is the file that was asked for.
///
/// # Errors
/// When there is none, or it cannot be read, or is none.
pub(crate) fn load(named: Option<&Path>) -> Result<Module, Failure> {
    let path = path(named)?;
    let wasm = std::fs::read(&path).map_err(|reason| Failure::Unreadable {
        path: path.clone(),
        reason,
    })?;
    let module = simulator()?.module(&wasm);
    Ok(module.map_err(|error| SimulateError::NotAFilter {
        path,
        reason: on_one_line(&error.to_string()),
    })?)
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn path(named: Option<&Path>) -> Result<PathBuf, SimulateError> {
    let variable = env::var_os(VARIABLE).filter(|path| !path.is_empty());
    let named = named.map(Path::to_owned).or_else(|| variable.map(PathBuf::from));
    if let Some(path) = named {
        return Ok(path);
    }
    let places = PLACES.map(PathBuf::from);
    let found = places.iter().find(|path| path.is_file());
    found.cloned().ok_or_else(|| SimulateError::NoModule {
        looked_at: places.to_vec(),
    })
}

/// With compiled modules kept in the user's cache. One that cannot be written to only costs the time of the compiler.
fn simulator() -> Result<Simulator, SimulateError> {
    let cached = cache_directory().and_then(|directory| {
        Simulator::with_cache(Limits::default(), &ModuleCache::Directory(directory)).ok()
    });
    match cached {
        Some(simulator) => Ok(simulator),
        None => Simulator::with_cache(Limits::default(), &ModuleCache::Off)
            .map_err(|error| SimulateError::NoSimulator(error.to_string())),
    }
}

/// As the XDG Base Directory Specification has it: a relative path is no path there.
fn cache_directory() -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("spiffe-authz").join("modules"))
}
