//! The first version of the ABI, as Envoy still serves it.

use spiffe_authz_host_sim::{AbiVersion, Outcome, Plugin, PluginSetup, Properties, Simulator};

use crate::guest::{get, said, simulator, wasm};

/// What Envoy registers for every version, and for the first one alone.
const KIT: &str = r#"
(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_header_map_value" (func $get_value (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_configuration" (func $get_configuration (param i32 i32) (result i32)))
(import "env" "proxy_continue_request" (func $continue_request (result i32)))
(import "env" "proxy_continue_response" (func $continue_response (result i32)))
(import "env" "proxy_clear_route_cache" (func $clear_route_cache (result i32)))
(import "wasi_unstable" "proc_exit" (func (param i32)))
(memory (export "memory") 2)
(global $heap (mut i32) (i32.const 65536))
(func (export "malloc") (param $size i32) (result i32)
  (global.set $heap (i32.add (global.get $heap) (local.get $size)))
  (i32.sub (global.get $heap) (local.get $size)))
(data (i32.const 100) "x-absent:path")
(func $say (param i32 i32) (drop (call $log (i32.const 2) (local.get 0) (local.get 1))))
(func $say_number (param i32)
  (i32.store8 (i32.const 16) (i32.add (i32.const 48) (local.get 0)))
  (call $say (i32.const 16) (i32.const 1)))
(func $say_slot (call $say (i32.load (i32.const 0)) (i32.load (i32.const 4))))
"#;

fn marked(marker: &str, fields: &str) -> Vec<u8> {
    wasm(&[KIT, &format!(r#"(func (export "{marker}"))"#), fields].concat())
}

/// A plugin of version 0.1.0 with this body in its request callback, of two parameters.
fn started(body: &str) -> Plugin {
    let callback = format!(
        r#"(func (export "proxy_on_request_headers") (param i32 i32) (result i32) {body} (i32.const 0))"#
    );
    let module = simulator()
        .module(&marked("proxy_abi_version_0_1_0", &callback))
        .unwrap();
    assert_eq!(module.abi(), AbiVersion::V0_1_0);
    let setup = PluginSetup {
        vm_configuration: b"of the VM".to_vec(),
        plugin_configuration: b"of the plugin".to_vec(),
        ..PluginSetup::default()
    };
    Plugin::start(&module, setup).unwrap()
}

fn said_on_get(body: &str) -> Vec<String> {
    let mut plugin = started(body);
    assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
    said(&plugin)
}

#[test]
fn headers_come_with_their_context_and_number_alone() {
    let body = "(call $say_number (local.get 0)) (call $say_number (local.get 1))";
    assert_eq!(said_on_get(body), ["2", "2"]);
}

#[test]
fn a_header_that_is_absent_reads_as_empty() {
    let read = |pointer, length| {
        format!(
            "(i32.store (i32.const 4) (i32.const 99))
             (call $say_number (call $get_value (i32.const 0) (i32.const {pointer}) (i32.const {length})
                (i32.const 0) (i32.const 4)))
             (call $say_slot)"
        )
    };
    assert_eq!(
        said_on_get(&[read(100, 8), read(108, 5)].concat()),
        ["0", "", "0", "/"]
    );
}

#[test]
fn outside_of_its_configuration_a_plugin_reads_that_of_the_vm() {
    let body = "(drop (call $get_configuration (i32.const 0) (i32.const 4))) (call $say_slot)";
    assert_eq!(said_on_get(body), ["of the VM"]);
}

#[test]
fn while_it_is_configured_a_plugin_reads_its_own_configuration() {
    let read = "(drop (call $get_configuration (i32.const 0) (i32.const 4))) (call $say_slot)";
    let callback =
        format!(r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) {read} (i32.const 1))"#);
    let module = simulator()
        .module(&marked("proxy_abi_version_0_1_0", &callback))
        .unwrap();
    let setup = PluginSetup {
        plugin_configuration: b"of the plugin".to_vec(),
        ..PluginSetup::default()
    };
    assert_eq!(said(&Plugin::start(&module, setup).unwrap()), ["of the plugin"]);
}

#[test]
fn the_route_cache_can_be_cleared() {
    let mut plugin = started("(call $say_number (call $clear_route_cache))");
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(
        (said(&plugin), stream.route_cache_clears()),
        (vec!["0".to_owned()], 1)
    );
}

/// Why this module cannot be linked.
fn refusal(marker: &str, import: &str) -> String {
    let fields = format!(
        r#"{import} (memory (export "memory") 1) (func (export "{marker}"))
           (func (export "malloc") (param i32) (result i32) (i32.const 0))"#
    );
    match simulator().module(&wasm(&fields)) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn each_version_has_its_own_hostcalls_and_no_other() {
    let table = [
        ("proxy_get_configuration", "(param i32 i32) (result i32)", "0_1_0"),
        ("proxy_continue_request", "(result i32)", "0_1_0"),
        ("proxy_continue_response", "(result i32)", "0_1_0"),
        ("proxy_clear_route_cache", "(result i32)", "0_1_0"),
        ("proxy_continue_stream", "(param i32) (result i32)", "0_2_0 0_2_1"),
        ("proxy_close_stream", "(param i32) (result i32)", "0_2_0 0_2_1"),
        ("proxy_get_log_level", "(param i32) (result i32)", "0_2_1"),
    ];
    for (hostcall, shape, versions) in table {
        for version in ["0_1_0", "0_2_0", "0_2_1"] {
            let import = format!(r#"(import "env" "{hostcall}" (func {shape}))"#);
            let error = if versions.contains(version) {
                String::new()
            } else {
                format!("unknown import `env::{hostcall}`")
            };
            let marker = format!("proxy_abi_version_{version}");
            assert_eq!(refusal(&marker, &import), error, "{version}");
        }
    }
}

#[test]
fn headers_of_another_version_are_of_another_shape() {
    let callback =
        r#"(func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (i32.const 0))"#;
    assert_eq!(
        refusal("proxy_abi_version_0_1_0", callback),
        "export `proxy_on_response_headers` is not a function of 2 i32 that returns 1 i32"
    );
}

#[test]
fn a_foreign_function_calls_back_in_later_versions_alone() {
    let callback = r#"(func (export "proxy_on_foreign_function") (param i64))"#;
    assert_eq!(
        refusal("proxy_abi_version_0_1_0", callback),
        "",
        "never called, so of any shape"
    );
    assert!(refusal("proxy_abi_version_0_2_0", callback).contains("proxy_on_foreign_function"));
}

#[test]
fn the_first_marker_counts() {
    let both = r#"(func (export "proxy_abi_version_0_1_0")) (func (export "proxy_abi_version_0_2_1"))"#;
    let fields = format!(
        r#"(memory (export "memory") 1) {both} (func (export "malloc") (param i32) (result i32) (i32.const 0))"#
    );
    let simulator: &Simulator = simulator();
    assert_eq!(
        simulator.module(&wasm(&fields)).unwrap().abi(),
        AbiVersion::V0_1_0
    );
}
