//! What is refused as a module, and what one tells of itself.

use spiffe_authz_host_sim::{
    AbiVersion, Callback, Module, ModuleError, Outcome, Plugin, PluginFailure, PluginSetup, Properties, Trap,
    TrapCause,
};

use crate::guest::{Guest, get, simulator, wasm};

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const MARKER: &str = r#"(func (export "proxy_abi_version_0_2_1"))"#;
const ALLOCATOR: &str =
    r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))"#;

fn compile(bytes: &[u8]) -> Result<Module, ModuleError> {
    simulator().module(bytes)
}

/// The error for a module that is fine but for these fields.
fn refusal(fields: &str) -> String {
    compile(&wasm(fields))
        .expect_err("the module is refused")
        .to_string()
}

#[test]
fn every_version_of_the_abi_is_served() {
    for version in AbiVersion::ALL {
        let marker = format!("(func (export \"{}\"))", version.marker());
        let module = compile(&wasm(&[MEMORY, ALLOCATOR, &marker].concat())).unwrap();
        assert_eq!(module.abi(), version);
    }
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    for bytes in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0\xff", b"not wasm"] {
        assert!(
            matches!(compile(bytes), Err(ModuleError::Invalid { .. })),
            "{bytes:?}"
        );
    }
}

#[test]
fn a_module_without_a_marker_is_refused_with_the_fix() {
    assert_eq!(
        refusal(&[MEMORY, ALLOCATOR].concat()),
        "no proxy-wasm ABI marker: export a function `proxy_abi_version_0_2_1`, `.._0_2_0` or `.._0_1_0`"
    );
}

#[test]
fn a_marker_that_is_no_function_is_none() {
    let marker = r#"(global (export "proxy_abi_version_0_2_1") i32 (i32.const 0))"#;
    assert!(refusal(&[MEMORY, ALLOCATOR, marker].concat()).starts_with("no proxy-wasm ABI marker"));
}

#[test]
fn a_module_of_another_abi_is_refused_by_name() {
    let marker = r#"(func (export "proxy_abi_version_0_3_0"))"#;
    let error = refusal(&[MEMORY, ALLOCATOR, marker].concat());
    assert!(
        error.starts_with("ABI `proxy_abi_version_0_3_0` is not served"),
        "{error}"
    );
}

#[test]
fn a_missing_export_is_named() {
    assert_eq!(refusal(&[MARKER, ALLOCATOR].concat()), "missing export `memory`");
    assert_eq!(
        refusal(&[MARKER, MEMORY].concat()),
        "missing export `malloc` or `proxy_on_memory_allocate`"
    );
}

#[test]
fn an_export_of_another_shape_is_named_with_the_shape_it_ought_to_have() {
    let base = [MARKER, MEMORY, ALLOCATOR].concat();
    let wrong = r#"(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0))"#;
    assert_eq!(
        refusal(&[&base, wrong].concat()),
        "export `proxy_on_request_headers` is not a function of 3 i32 that returns 1 i32"
    );
    let wrong = r#"(func (export "proxy_on_log") (param i64))"#;
    assert!(refusal(&[&base, wrong].concat()).starts_with("export `proxy_on_log` is not"));
    let wrong = [
        MARKER,
        ALLOCATOR,
        r#"(global (export "memory") i32 (i32.const 0))"#,
    ]
    .concat();
    assert_eq!(refusal(&wrong), "export `memory` is not a 32-bit memory");
}

#[test]
fn memories_that_no_pointer_of_the_abi_reaches_are_refused_as_the_exported_one() {
    let base = [MARKER, ALLOCATOR].concat();
    let wide = r#"(memory (export "memory") i64 1)"#;
    assert_eq!(
        refusal(&[&base, wide].concat()),
        "export `memory` is not a 32-bit memory"
    );
    let imported = r#"(import "env" "memory" (memory 1)) (export "memory" (memory 0))"#;
    assert_eq!(
        refusal(&[imported, &base].concat()),
        "unknown import `env::memory`"
    );
}

#[test]
fn a_memory_beside_the_exported_one_may_be_of_any_kind() {
    let other = "(memory $other i64 1)";
    assert!(compile(&wasm(&[MARKER, ALLOCATOR, MEMORY, other].concat())).is_ok());
}

#[test]
fn data_that_does_not_fit_its_memory_is_no_plugin() {
    let data = r#"(data (i32.const 65535) "ab")"#;
    let module = compile(&wasm(&[MARKER, ALLOCATOR, MEMORY, data].concat())).unwrap();
    let error = Plugin::start(&module, PluginSetup::default()).unwrap_err();
    let trap = Trap {
        callback: Callback::Instantiate,
        cause: TrapCause::MemoryOutOfBounds,
    };
    assert_eq!(error.failure, PluginFailure::Trapped(trap));
}

#[test]
fn a_module_may_export_what_it_imports() {
    let import = r#"(import "env" "proxy_get_header_map_pairs" (func $pairs (param i32 i32 i32) (result i32)))
        (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))"#;
    let exports = r#"(export "proxy_on_request_headers" (func $pairs)) (export "malloc" (func $continue))"#;
    let module = compile(&wasm(&[import, MARKER, MEMORY, exports].concat())).unwrap();
    let mut plugin = Plugin::start(&module, PluginSetup::default()).unwrap();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Continue);
    assert_eq!(stream.hostcalls()["proxy_get_header_map_pairs"], 1);
}

#[test]
fn malloc_is_preferred_to_the_allocator_of_the_abi() {
    let malloc = r#"(func (export "malloc") (param i32) (result i32) (unreachable))"#;
    let body = "(drop (call $get_pairs (i32.const 0) (i32.const 0) (i32.const 4)))";
    let mut plugin = Guest::new().with(malloc).on_request(body).start();
    let outcome = get(&mut plugin.http_stream(Properties::new()));
    assert!(matches!(outcome, Outcome::Trapped(_)), "{outcome:?}");
}

#[test]
fn what_emscripten_imports_is_there_in_every_version() {
    let imports = r#"(import "env" "pthread_equal" (func $equal (param i32 i32) (result i32)))
        (import "env" "emscripten_notify_memory_growth" (func $grown (param i32)))"#;
    let callback = r#"(func (export "proxy_on_tick") (param i32)
        (call $grown (call $equal (local.get 0) (local.get 0))))"#;
    for version in AbiVersion::ALL {
        let marker = format!("(func (export \"{}\"))", version.marker());
        let fields = [imports, &marker, ALLOCATOR, MEMORY, callback].concat();
        assert!(compile(&wasm(&fields)).is_ok(), "{version:?}");
    }
}

#[test]
fn an_unknown_import_is_named() {
    let import = r#"(import "env" "proxy_make_coffee" (func))"#;
    assert_eq!(
        refusal(&[import, MARKER, MEMORY, ALLOCATOR].concat()),
        "unknown import `env::proxy_make_coffee`"
    );
}

#[test]
fn an_import_of_another_shape_is_named() {
    let import = r#"(import "env" "proxy_log" (func (param i64)))"#;
    let error = refusal(&[import, MARKER, MEMORY, ALLOCATOR].concat());
    assert!(error.contains("env::proxy_log"), "{error}");
}

#[test]
fn the_imports_of_a_module_are_listed() {
    let module = Guest::new().module();
    assert_eq!(module.imports().next(), Some(("env", "proxy_log")));
    assert!(
        module
            .imports()
            .any(|import| import == ("wasi_snapshot_preview1", "fd_write"))
    );
}

#[test]
fn the_exports_of_a_module_are_listed() {
    let module = Guest::new().module();
    let exports: Vec<_> = module.export_names().take(2).collect();
    assert_eq!(exports, ["memory", "proxy_abi_version_0_2_1"]);
}

#[test]
fn the_most_memory_of_a_module_is_its_own_bound() {
    let with_memory = |memory| {
        let module = compile(&wasm(&[MARKER, ALLOCATOR, memory].concat()));
        module.unwrap().maximum_memory_bytes()
    };
    assert_eq!(with_memory(MEMORY), None);
    assert_eq!(with_memory(r#"(memory (export "memory") 1 2)"#), Some(128 << 10));
}
