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

/// 256 MiB in pages of 64 KiB: a VM never grows past this.
const MOST_MEMORY_PAGES: u32 = 4096;
const MEMORY_SECTION: u8 = 5;
/// The limits of a memory that has a maximum.
const WITH_MAXIMUM: u8 = 1;

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

/// An unsigned number of WebAssembly's binary format (LEB128), and what follows it.
fn number(bytes: &[u8]) -> (u32, &[u8]) {
    let length = 1 + bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    let (number, rest) = bytes.split_at(length);
    let bits = number
        .iter()
        .rev()
        .fold(0, |bits, byte| bits << 7 | u32::from(byte & 0x7f));
    (bits, rest)
}

/// The content of the first section of this kind.
fn section(wasm: &[u8], kind: u8) -> Option<&[u8]> {
    let mut rest = wasm.strip_prefix(b"\0asm\x01\0\0\0")?;
    while let [found, after @ ..] = rest {
        let (length, after) = number(after);
        let (content, next) = after.split_at(usize::try_from(length).unwrap());
        if *found == kind {
            return Some(content);
        }
        rest = next;
    }
    None
}

#[test]
fn the_filter_declares_one_memory_that_never_grows_past_256_mebibytes() {
    let wasm = std::fs::read(workspace::filter_wasm().unwrap()).unwrap();
    let [1, WITH_MAXIMUM, limits @ ..] = section(&wasm, MEMORY_SECTION).unwrap() else {
        panic!("the module has no memory, several, or one without a maximum")
    };
    let (_, limits) = number(limits);
    assert_eq!(number(limits), (MOST_MEMORY_PAGES, &[][..]));
}
