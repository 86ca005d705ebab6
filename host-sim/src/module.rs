//! A module that has been checked against the ABI and compiled.

use std::fmt;

use thiserror::Error;
use wasmtime::{ExternType, FuncType, InstancePre, Linker, UnknownImportError, ValType};

use crate::abi_version::AbiVersion;
use crate::limits::Limits;
use crate::vm::callback::{Callback, Shape};
use crate::vm::exports::MAIN_VOID;
use crate::vm::state::State;

/// The export that every module must have for its memory.
const MEMORY: &str = "memory";

/// The exports by which the host asks the guest for memory; one is mandatory, the first is preferred, as in Envoy.
pub(crate) const ALLOCATORS: [&str; 2] = ["malloc", "proxy_on_memory_allocate"];

/// A compiled plugin module; cheap to clone, and any number of plugins start from it.
#[derive(Clone)]
pub struct Module {
    pub(crate) instance: InstancePre<State>,
    pub(crate) limits: Limits,
    abi: AbiVersion,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("abi", &self.abi)
            .finish_non_exhaustive()
    }
}

/// Why bytes are no module that this host can run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModuleError {
    /// Not a valid WebAssembly module, or one that wasmtime cannot compile.
    #[error("not a WebAssembly module that can be compiled: {reason}")]
    Invalid {
        /// What wasmtime said.
        reason: String,
    },
    /// No export says which version of the proxy-wasm ABI the module speaks.
    #[error(
        "no proxy-wasm ABI marker: export a function `proxy_abi_version_0_2_1`, `.._0_2_0` or `.._0_1_0`"
    )]
    NoAbiMarker,
    /// The module speaks another version of the ABI.
    #[error("ABI `{marker}` is not served: export `proxy_abi_version_0_2_1`, `.._0_2_0` or `.._0_1_0`")]
    UnsupportedAbi {
        /// The marker that the module exports.
        marker: String,
    },
    /// The module imports what no host of its version of the ABI has.
    #[error("unknown import `{module}::{name}`")]
    UnknownImport {
        /// The imported module.
        module: String,
        /// The imported name.
        name: String,
    },
    /// The module imports a function in another shape than the ABI's.
    #[error("an import has another shape than the ABI's: {reason}")]
    ImportShape {
        /// What wasmtime said, with the import's name.
        reason: String,
    },
    /// The module lacks an export without which no host can work with it.
    #[error("missing export `{name}`")]
    MissingExport {
        /// The missing export, or the alternatives.
        name: String,
    },
    /// An export has another shape than the ABI's.
    #[error("export `{name}` is not {expected}")]
    ExportShape {
        /// The export.
        name: String,
        /// What it ought to be.
        expected: String,
    },
}

impl Module {
    /// The version of the ABI that the module's marker tells.
    #[must_use]
    pub const fn abi(&self) -> AbiVersion {
        self.abi
    }

    /// Whether the module exports this callback; one that it does not export is passed over, as in Envoy.
    #[must_use]
    pub fn exports(&self, callback: Callback) -> bool {
        self.instance.module().get_export(callback.export()).is_some()
    }

    /// The name of every import, as `(module, name)`, in the module's order.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &str)> {
        self.instance
            .module()
            .imports()
            .map(|import| (import.module(), import.name()))
    }

    /// The name of every export, in the module's order.
    pub fn export_names(&self) -> impl Iterator<Item = &str> {
        self.instance.module().exports().map(|export| export.name())
    }

    /// The most linear memory that the module lets itself grow to, in bytes; `None` where it sets no bound.
    #[must_use]
    pub fn maximum_memory_bytes(&self) -> Option<u64> {
        let export = self.instance.module().get_export(MEMORY)?;
        let memory = export.memory()?;
        memory.maximum()?.checked_mul(memory.page_size())
    }

    /// Checks and links a compiled module.
    pub(crate) fn link<'l>(
        compiled: &wasmtime::Module,
        linker_of: impl Fn(AbiVersion) -> &'l Linker<State>,
        limits: Limits,
    ) -> Result<Self, ModuleError> {
        let abi = abi_of(compiled)?;
        check_memory(compiled)?;
        check_allocator(compiled)?;
        check_main_void(compiled)?;
        Callback::ALL
            .into_iter()
            .try_for_each(|callback| check_callback(compiled, callback, abi))?;
        let instance = linker_of(abi)
            .instantiate_pre(compiled)
            .map_err(|error| import_error(&error))?;
        Ok(Self {
            instance,
            limits,
            abi,
        })
    }
}

/// The first marker that is known, in the module's order, as in Envoy; only a function is one.
fn abi_of(module: &wasmtime::Module) -> Result<AbiVersion, ModuleError> {
    let functions = module.exports().filter(|export| export.ty().func().is_some());
    let names = functions.map(|export| export.name());
    let markers: Vec<_> = names
        .filter(|name| name.starts_with(AbiVersion::MARKER_PREFIX))
        .collect();
    let known = markers.iter().find_map(|marker| AbiVersion::of_marker(marker));
    match (known, markers.first()) {
        (Some(version), _) => Ok(version),
        (None, Some(marker)) => Err(ModuleError::UnsupportedAbi {
            marker: (*marker).to_owned(),
        }),
        (None, None) => Err(ModuleError::NoAbiMarker),
    }
}

fn check_memory(module: &wasmtime::Module) -> Result<(), ModuleError> {
    match module.get_export(MEMORY) {
        None => Err(ModuleError::MissingExport {
            name: MEMORY.to_owned(),
        }),
        Some(export) if export.memory().is_some_and(|memory| !memory.is_64()) => Ok(()),
        Some(_) => Err(shape_error(MEMORY, "a 32-bit memory".to_owned())),
    }
}

fn check_allocator(module: &wasmtime::Module) -> Result<(), ModuleError> {
    let found = ALLOCATORS
        .into_iter()
        .find_map(|name| Some((name, module.get_export(name)?)));
    let Some((name, export)) = found else {
        return Err(ModuleError::MissingExport {
            name: ALLOCATORS.join("` or `"),
        });
    };
    check_shape(
        name,
        &export,
        Shape {
            parameters: 1,
            results: 1,
        },
    )
}

fn check_main_void(module: &wasmtime::Module) -> Result<(), ModuleError> {
    let shape = Shape {
        parameters: 0,
        results: 1,
    };
    match module.get_export(MAIN_VOID) {
        Some(export) => check_shape(MAIN_VOID, &export, shape),
        None => Ok(()),
    }
}

fn check_callback(
    module: &wasmtime::Module,
    callback: Callback,
    version: AbiVersion,
) -> Result<(), ModuleError> {
    match (module.get_export(callback.export()), callback.shape(version)) {
        (Some(export), Some(shape)) => check_shape(callback.export(), &export, shape),
        (None, _) | (_, None) => Ok(()),
    }
}

fn check_shape(name: &str, export: &ExternType, shape: Shape) -> Result<(), ModuleError> {
    if export.func().is_some_and(|function| has_shape(function, shape)) {
        return Ok(());
    }
    let Shape { parameters, results } = shape;
    Err(shape_error(
        name,
        format!("a function of {parameters} i32 that returns {results} i32"),
    ))
}

fn has_shape(function: &FuncType, shape: Shape) -> bool {
    let all_i32 = function
        .params()
        .chain(function.results())
        .all(|value| matches!(value, ValType::I32));
    all_i32 && function.params().len() == shape.parameters && function.results().len() == shape.results
}

fn shape_error(name: &str, expected: String) -> ModuleError {
    ModuleError::ExportShape {
        name: name.to_owned(),
        expected,
    }
}

fn import_error(error: &wasmtime::Error) -> ModuleError {
    match error.downcast_ref::<UnknownImportError>() {
        Some(import) => ModuleError::UnknownImport {
            module: import.module().to_owned(),
            name: import.name().to_owned(),
        },
        None => ModuleError::ImportShape {
            reason: format!("{error:#}"),
        },
    }
}
