//! Buffers.

use spiffe_authz_host_sim::{PluginSetup, Properties};

use crate::guest::{Guest, SLOT, get, said, say_status};

/// The status of reading a whole buffer, its bytes, and the status and number of its length.
fn say_buffer(buffer: u32) -> String {
    let whole = format!("(call $get_buffer (i32.const {buffer}) (i32.const 0) (i32.const 99) {SLOT})");
    let length = format!("(call $get_buffer_status (i32.const {buffer}) (i32.const 8) (i32.const 12))");
    format!(
        "(i32.store (i32.const 4) (i32.const 0)) {} (call $say_slot)
         (i32.store (i32.const 8) (i32.const 0)) {} (call $say_number (i32.load (i32.const 8)))",
        say_status(&whole),
        say_status(&length)
    )
}

#[test]
fn the_plugin_configuration_is_there_when_a_root_is_created_and_configured_only() {
    let body = say_buffer(7);
    let plugin = Guest::new()
        .export("proxy_on_context_create", "(param i32 i32)", &body)
        .export(
            "proxy_on_vm_start",
            "(param i32 i32) (result i32)",
            &format!("{body} (i32.const 1)"),
        )
        .on_configure(&body);
    let setup = PluginSetup {
        plugin_configuration: b"hello".to_vec(),
        ..PluginSetup::default()
    };
    let mut plugin = plugin.on_request(&body).try_start(setup).unwrap();
    let (there, gone) = (["00", "hello", "00", "05"], ["01", "", "01", "00"]);
    assert_eq!(said(&plugin), [there, gone, there].concat());
    plugin.take_logs();
    get(&mut plugin.http_stream(Properties::new()));
    assert_eq!(
        said(&plugin),
        [gone, gone].concat(),
        "context create and request headers of a stream"
    );
}

#[test]
fn the_vm_configuration_is_always_there() {
    let setup = PluginSetup {
        vm_configuration: b"vm".to_vec(),
        ..PluginSetup::default()
    };
    let mut plugin = Guest::new().on_request(&say_buffer(6)).try_start(setup).unwrap();
    get(&mut plugin.http_stream(Properties::new()));
    assert_eq!(said(&plugin), ["00", "vm", "00", "02"]);
}

#[test]
fn a_part_of_a_buffer_is_cut_to_what_is_there() {
    let cut = |start: u32, max: u32| {
        say_status(&format!(
            "(call $get_buffer (i32.const 6) (i32.const {start}) (i32.const {max}) {SLOT})"
        )) + "(call $say_slot)"
    };
    let setup = PluginSetup {
        vm_configuration: b"abcd".to_vec(),
        ..PluginSetup::default()
    };
    let body = [cut(1, 2), cut(3, 9), cut(4, 9)].concat();
    let plugin = Guest::new().on_configure(&body).try_start(setup).unwrap();
    assert_eq!(said(&plugin), ["00", "bc", "00", "d", "00", ""]);
}

#[test]
fn a_buffer_that_nothing_fills_is_empty_and_one_without_a_source_is_not_found() {
    let table = [
        (0, "00"),
        (1, "00"),
        (2, "00"),
        (3, "00"),
        (4, "01"),
        (5, "00"),
        (8, "01"),
        (9, "02"),
        (99, "02"),
    ];
    for (buffer, status) in table {
        let mut plugin = Guest::new().on_request(&say_buffer(buffer)).start();
        get(&mut plugin.http_stream(Properties::new()));
        assert_eq!(said(&plugin), [status, "", status, "00"], "buffer {buffer}");
    }
}
