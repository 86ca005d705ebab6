//! The built filter as a module: what it asks of a proxy, and what a proxy may call.

use spiffe_authz_host_sim::{AbiVersion, Limits, Simulator};
use spiffe_authz_tests::workspace;

/// The hostcalls of the filter's own adapter, and the WASI functions of Rust's standard library.
const IMPORTS: &str = include_str!("module_imports.txt");

/// The callbacks without one of which a proxy would leave the filter out of its chain, let bytes or trailers pass unjudged,
/// never configure the filter, or never free what it keeps for a request; beside them the memory and its allocator. A proxy
/// calls each that it finds, so there is none that does nothing.
const EXPORTS: &str = include_str!("module_exports.txt");

/// What one VM may take of the proxy's memory.
const MOST_MEMORY: u64 = 256 << 20;

fn module() -> spiffe_authz_host_sim::Module {
    let wasm = std::fs::read(workspace::filter_wasm().unwrap()).unwrap();
    Simulator::new(Limits::default()).unwrap().module(&wasm).unwrap()
}

#[test]
fn the_filter_imports_what_is_on_the_list_and_nothing_else() {
    let module = module();
    let mut imports: Vec<String> = module
        .imports()
        .map(|(module, name)| format!("{module} {name}"))
        .collect();
    imports.sort();
    assert_eq!(imports, IMPORTS.lines().collect::<Vec<_>>());
}

#[test]
fn the_filter_exports_what_is_on_the_list_and_nothing_else() {
    let module = module();
    assert_eq!(module.abi(), AbiVersion::V0_2_1);
    let mut exports: Vec<&str> = module.export_names().collect();
    exports.sort_unstable();
    assert_eq!(exports, EXPORTS.lines().collect::<Vec<_>>());
}

#[test]
fn the_filter_never_takes_more_than_256_mib_of_memory() {
    assert_eq!(module().maximum_memory_bytes(), Some(MOST_MEMORY));
}
