//! Bytes as a plugin module: random ones, valid ones that were changed, and valid ones of any make.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use spiffe_authz_host_sim::{ModuleCache, Simulator};

use crate::host::abi::{CALLBACKS, Callback, IMPORTS, INITIALIZERS, import, signature};
use crate::host::life::{limits, run as live};

/// More is compiled too slowly.
const MOST_BYTES: usize = 20_000;

/// A plugin that makes a hostcall in each callback, for changes to begin with.
static BASE: LazyLock<Vec<u8>> = LazyLock::new(|| wat::parse_str(base()).expect("a module"));

/// What modules of any make may import, and what they export.
static IMPORTS_OF_ANY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let imports: String = IMPORTS
        .iter()
        .enumerate()
        .map(|(number, each)| import(number, each))
        .collect();
    wat::parse_str(format!("(module {imports})")).expect("a module")
});
static EXPORTS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [exports(""), exports(&declared(&INITIALIZERS))].map(|text| wat::parse_str(text).expect("a module"))
});

/// How the module comes out of the bytes, by the first of them. It is refused, or lives; nothing panics, and an endless loop
/// or a growing memory ends at its limit.
pub fn run(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    let wasm = match kind % 4 {
        0 => bytes.to_vec(),
        1 => changed(bytes),
        rest => of_any_make(bytes, rest == 3, kind & 0x80 != 0).unwrap_or_default(),
    };
    if wasm.len() > MOST_BYTES {
        return;
    }
    // One for each input: a simulator keeps what it compiles.
    let simulator = Simulator::with_cache(limits(), &ModuleCache::Off).expect("a simulator");
    if let Ok(module) = simulator.module(&wasm) {
        assert!(module.imports().count() <= wasm.len());
        live(&module, b"configuration");
    }
}

/// The base, with bytes written over it: two for the place, one for the byte.
fn changed(bytes: &[u8]) -> Vec<u8> {
    let mut wasm = BASE.clone();
    for change in bytes.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % wasm.len();
        wasm[place] = change[2];
    }
    wasm
}

/// A valid module with the callbacks of the ABI, whatever they do; with or without something that runs first, and traps.
fn of_any_make(bytes: &[u8], initialized: bool, trapless: bool) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        available_imports: Some(IMPORTS_OF_ANY.clone()),
        exports: Some(EXPORTS[usize::from(initialized)].clone()),
        disallow_traps: trapless,
        allow_start_export: true,
        max_memories: 2,
        max_tables: 2,
        max_funcs: 32,
        max_instructions: 30,
        memory_max_size_required: false,
        compact_imports_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        reference_types_enabled: false,
        wide_arithmetic_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        custom_page_sizes_enabled: false,
        ..wasm_smith::Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(bytes));
    module.ok().map(|module| module.to_bytes())
}

fn exports(others: &str) -> String {
    let callbacks = declared(&CALLBACKS);
    format!(
        "(module (memory (export \"memory\") 1) (func (export \"proxy_abi_version_0_2_1\"))
            (func (export \"malloc\") (param i32) (result i32) unreachable) {others} {callbacks})"
    )
}

fn declared(callbacks: &[Callback]) -> String {
    let functions = callbacks.iter().map(|(name, parameters, result)| {
        let signature = signature(parameters, result);
        format!("(func (export \"{name}\") {signature} unreachable)")
    });
    functions.collect()
}

fn base() -> String {
    let imports: String = IMPORTS
        .iter()
        .enumerate()
        .map(|(number, each)| import(number, each))
        .collect();
    let callbacks = CALLBACKS
        .iter()
        .enumerate()
        .map(|(number, (name, parameters, result))| {
            let each = &IMPORTS[number];
            let arguments: String = each
                .parameters
                .chars()
                .map(|letter| argument(letter, number))
                .collect();
            let call = format!("(drop (call $f{number} {arguments}))");
            let answer = if result.is_empty() { "" } else { "(i32.const 1)" };
            format!(
                "(func (export \"{name}\") {} {call} {answer})",
                signature(parameters, result)
            )
        });
    format!(
        "(module {imports} (memory (export \"memory\") 1) (table 4 funcref) (global $heap (mut i32) (i32.const 4096))
            (func (export \"proxy_abi_version_0_2_1\"))
            (func (export \"malloc\") (param i32) (result i32)
                (global.set $heap (i32.add (global.get $heap) (local.get 0)))
                (i32.sub (global.get $heap) (local.get 0)))
            (data (i32.const 64) \":path\\00x-a\\00\\01\\00\\00\\00\\01\\00\\00\\00\\01\\00\\00\\00a\\00b\\00\") {})",
        callbacks.collect::<String>()
    )
}

fn argument(letter: char, number: usize) -> String {
    let values = [0, 64, 5, 16, 20];
    let value = values[number % values.len()];
    if letter == 'I' {
        format!("(i64.const {value})")
    } else {
        format!("(i32.const {value})")
    }
}

#[cfg(test)]
mod tests {
    use spiffe_authz_host_sim::{Plugin, PluginSetup};

    use super::*;

    #[test]
    fn what_changes_begin_with_is_a_plugin_that_starts() {
        let simulator = Simulator::with_cache(limits(), &ModuleCache::Off).unwrap();
        let module = simulator.module(&BASE).unwrap();
        let started = Plugin::start(&module, PluginSetup::default());
        assert!(started.is_ok(), "{started:?}");
    }

    #[test]
    fn modules_of_any_make_are_plugins() {
        let simulator = Simulator::with_cache(limits(), &ModuleCache::Off).unwrap();
        let bytes: Vec<u8> = (0..2_000_u32)
            .map(|number| (number.wrapping_mul(0x9e37_79b9) >> 24) as u8)
            .collect();
        for (initialized, trapless) in [(false, false), (false, true), (true, false), (true, true)] {
            let module = simulator.module(&of_any_make(&bytes, initialized, trapless).unwrap());
            assert!(module.is_ok(), "{module:?}");
        }
    }
}
