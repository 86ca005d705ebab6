//! The compiler and its cache.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use wasmtime::{Config, Engine, Linker};

use crate::hostcalls;
use crate::limits::Limits;
use crate::module::{Module, ModuleError};
use crate::vm::state::State;

/// Compiles modules, each only once; cheap to clone, and clones share the cache, over threads too.
///
/// A test binary is best served by one simulator in a `static LazyLock`.
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    linker: Linker<State>,
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
    /// A simulator whose plugins are all bound by these limits.
    ///
    /// # Errors
    /// [`SimulatorError`] where wasmtime does not support the machine.
    pub fn new(limits: Limits) -> Result<Self, SimulatorError> {
        let failed = |error: wasmtime::Error| SimulatorError {
            reason: format!("{error:#}"),
        };
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).map_err(failed)?;
        let linker = hostcalls::linker(&engine).map_err(failed)?;
        let modules = Mutex::default();
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                linker,
                limits,
                modules,
            }),
        })
    }

    /// Compiles and checks a plugin module; the same bytes are compiled only once.
    ///
    /// # Errors
    /// [`ModuleError`] when the bytes are no module that speaks proxy-wasm 0.2.
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
    fn compile(&self, wasm: &[u8]) -> Result<Module, ModuleError> {
        let compiled =
            wasmtime::Module::from_binary(&self.engine, wasm).map_err(|error| ModuleError::Invalid {
                reason: format!("{error:#}"),
            })?;
        Module::link(&compiled, &self.linker, self.limits)
    }
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
