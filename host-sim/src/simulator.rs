//! The compiler and what it shares between tests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use wasmtime::{Config, Engine};

use crate::hostcalls::Linkers;
use crate::limits::Limits;
use crate::module::{Module, ModuleError};
use crate::module_cache::{ModuleCache, OpenCache};
use crate::ticker;

/// Compiles modules, each only once; cheap to clone, and clones share the cache, over threads too.
///
/// A test binary is best served by one simulator in a `static LazyLock`.
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

struct Shared {
    cache: Option<OpenCache>,
    engine: Engine,
    linkers: Linkers,
    limits: Limits,
    modules: Mutex<HashMap<Vec<u8>, Module>>,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("limits", &self.shared.limits)
            .finish_non_exhaustive()
    }
}

/// Why there can be no simulator on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("wasmtime cannot be set up: {reason}")]
pub struct SimulatorError {
    /// What wasmtime said.
    pub reason: String,
}

impl Simulator {
    /// A simulator whose plugins are all bound by these limits, with compiled modules in the build directory
    /// ([`ModuleCache::BuildDirectory`]).
    ///
    /// # Errors
    /// [`SimulatorError`] where wasmtime does not support the machine or the limits.
    pub fn new(limits: Limits) -> Result<Self, SimulatorError> {
        Self::with_cache(limits, &ModuleCache::default())
    }

    /// A simulator that keeps compiled modules elsewhere, or not at all.
    ///
    /// # Errors
    /// [`SimulatorError`] likewise, or where the directory cannot be made.
    pub fn with_cache(limits: Limits, cache: &ModuleCache) -> Result<Self, SimulatorError> {
        Shared::new(limits, cache)
            .map(|shared| Self {
                shared: Arc::new(shared),
            })
            .map_err(|error| SimulatorError {
                reason: format!("{error:#}"),
            })
    }

    /// How many modules came from the cache on disk instead of the compiler.
    #[must_use]
    pub fn cache_hits(&self) -> usize {
        let cache = self.shared.cache.as_ref();
        cache.map_or(0, |open| open.cache.cache_hits())
    }

    /// Compiles and checks a plugin module; the same bytes are compiled only once.
    ///
    /// # Errors
    /// [`ModuleError`] when the bytes are no module that speaks proxy-wasm.
    pub fn module(&self, wasm: &[u8]) -> Result<Module, ModuleError> {
        let mut modules = self.shared.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(wasm) {
            return Ok(module.clone());
        }
        let module = self.shared.compile(wasm)?;
        modules.insert(wasm.to_vec(), module.clone());
        Ok(module)
    }
}

impl Shared {
    fn new(limits: Limits, cache: &ModuleCache) -> wasmtime::Result<Self> {
        let cache = cache.open()?;
        let engine = Engine::new(&configuration(&limits, cache.as_ref())?)?;
        if let Some(limit) = limits.time_per_callback {
            ticker::start(&engine, limit)?;
        }
        Ok(Self {
            linkers: Linkers::new(&engine)?,
            cache,
            engine,
            limits,
            modules: Mutex::default(),
        })
    }

    fn compile(&self, wasm: &[u8]) -> Result<Module, ModuleError> {
        let compiled =
            wasmtime::Module::from_binary(&self.engine, wasm).map_err(|error| ModuleError::Invalid {
                reason: format!("{error:#}"),
            })?;
        if let Some(cache) = &self.cache {
            cache.seal();
        }
        Module::link(&compiled, |abi| self.linkers.of(abi), self.limits)
    }
}

fn configuration(limits: &Limits, cache: Option<&OpenCache>) -> wasmtime::Result<Config> {
    let stack = limits.stack_bytes;
    if stack > Limits::MOST_STACK_BYTES {
        wasmtime::bail!("a stack of `{stack}` bytes is too large");
    }
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(limits.time_per_callback.is_some())
        .max_wasm_stack(stack)
        .cache(cache.map(|open| open.cache.clone()));
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"(module
        (memory (export "memory") 1)
        (func (export "malloc") (param i32) (result i32) (i32.const 0))
        (func (export "proxy_abi_version_0_2_0")))"#;

    #[test]
    fn the_same_bytes_are_compiled_once_for_all_clones() {
        let simulator = Simulator::new(Limits::default()).unwrap();
        let wasm = wat::parse_str(SMALLEST).unwrap();
        let [first, second] = [simulator.clone(), simulator].map(|clone| clone.module(&wasm).unwrap());
        assert!(wasmtime::Module::same(
            first.instance.module(),
            second.instance.module()
        ));
    }
}
