//! What is refused as a module, and what one tells of itself.

use spiffe_authz_host_sim::{AbiVersion, Limits, Module, ModuleError, Simulator};

use crate::guest::{Guest, wasm};

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const MARKER: &str = r#"(func (export "proxy_abi_version_0_2_1"))"#;
const ALLOCATOR: &str =
    r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))"#;

fn compile(bytes: &[u8]) -> Result<Module, ModuleError> {
    Simulator::new(Limits::default()).unwrap().module(bytes)
}

/// The error for a module that is fine but for these fields.
fn refusal(fields: &str) -> String {
    compile(&wasm(fields))
        .expect_err("the module is refused")
        .to_string()
}

#[test]
fn both_versions_of_the_abi_are_served() {
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
        "no proxy-wasm ABI marker: export `proxy_abi_version_0_2_0` or `proxy_abi_version_0_2_1`"
    );
}

#[test]
fn a_module_of_another_abi_is_refused_by_name() {
    let marker = r#"(func (export "proxy_abi_version_0_1_0"))"#;
    let error = refusal(&[MEMORY, ALLOCATOR, marker].concat());
    assert!(
        error.starts_with("ABI `proxy_abi_version_0_1_0` is not served"),
        "{error}"
    );
}

#[test]
fn a_missing_export_is_named() {
    assert_eq!(refusal(&[MARKER, ALLOCATOR].concat()), "missing export `memory`");
    assert_eq!(
        refusal(&[MARKER, MEMORY].concat()),
        "missing export `proxy_on_memory_allocate` or `malloc`"
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
