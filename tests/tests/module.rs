//! The built filter as a module: what it asks of a proxy, and what a proxy may call.

use spiffe_authz_host_sim::{AbiVersion, Callback, Limits, Simulator};
use spiffe_authz_tests::workspace;

/// The hostcalls of the filter's own adapter, and the WASI functions of Rust's standard library.
const IMPORTS: &str = include_str!("module_imports.txt");

/// Without one of these a proxy would leave the filter out of its chain, let bytes of a TCP connection pass unjudged, never
/// configure the filter, or never free what it keeps for a request.
const NEEDED: [Callback; 9] = [
    Callback::Initialize,
    Callback::ContextCreate,
    Callback::VmStart,
    Callback::Configure,
    Callback::RequestHeaders,
    Callback::NewConnection,
    Callback::DownstreamData,
    Callback::UpstreamData,
    Callback::Delete,
];

/// What the filter has no use for: a proxy calls each that it finds.
const NOT_NEEDED: [Callback; 4] = [
    Callback::ResponseHeaders,
    Callback::DownstreamConnectionClose,
    Callback::UpstreamConnectionClose,
    Callback::Log,
];

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
fn the_filter_exports_every_callback_that_guards_a_request_or_a_connection_and_none_that_does_not() {
    let module = module();
    assert_eq!(module.abi(), AbiVersion::V0_2_1);
    for callback in NEEDED {
        assert!(module.exports(callback), "{callback:?}");
    }
    for callback in NOT_NEEDED {
        assert!(!module.exports(callback), "{callback:?}");
    }
}
