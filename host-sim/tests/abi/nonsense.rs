//! Hostcalls that are not answered with the truth.

use spiffe_authz_host_sim::{Lie, Nonsense, Plugin, PluginSetup, Properties, Told};

use crate::guest::{Guest, SLOT, get, said};

/// A plugin that logs, on each request, the status, the address, the size and the bytes of a property `a`.
fn reader() -> Guest {
    let mut guest = Guest::new();
    let path = guest.path(&["a"]);
    guest.on_request(&format!(
        "(i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 0))
         (call $say_number (call $get_property {path} {SLOT}))
         (call $say_number (i32.ne (i32.load (i32.const 0)) (i32.const 0)))
         (call $say_number (i32.load (i32.const 4)))
         (if (i32.load (i32.const 0)) (then (call $say_slot)))"
    ))
}

/// The lines of the reader in a host that answers so, where `a` is `true`.
fn read(nonsense: &[u8]) -> Vec<String> {
    let mut plugin = reader().start();
    plugin.set_nonsense(Nonsense::new(nonsense).except("proxy_log"));
    let mut stream = plugin.http_stream(Properties::new().string(["a"], "true"));
    get(&mut stream);
    said(&plugin)
}

#[test]
fn each_lie_is_what_the_guest_is_told() {
    let table: [(&[u8], &[&str]); 7] = [
        (&[], &["00", "01", "04", "true"]),
        (&[4, 7], &["07", "00", "00"]),
        (&[4, 0], &["00", "00", "00"]),
        (&[5, 2], &["02", "01", "04", "true"]),
        (&[6, 2, 1, b'n', b'o'], &["00", "01", "04", "nono"]),
        (&[7, 9], &["00", "00", "09"]),
        (&[7, 0], &["00", "00", "00"]),
    ];
    for (nonsense, expected) in table {
        assert_eq!(read(nonsense), expected, "{nonsense:?}");
    }
}

#[test]
fn numbers_are_replaced_too() {
    let guest = Guest::new()
        .on_request("(drop (call $get_log_level (i32.const 8))) (call $say_number (i32.load (i32.const 8)))");
    let mut plugin = guest.start();
    plugin.set_nonsense(Nonsense::new([6, 1, 0, 77]).except("proxy_log"));
    get(&mut plugin.http_stream(Properties::new()));
    assert_eq!(said(&plugin), ["77"]);
}

#[test]
fn a_hostcall_that_is_not_served_leaves_nothing_behind() {
    let mut guest = Guest::new();
    let key = guest.bytes(b"key");
    let body = format!("(drop (call $set_property {key} {key}))");
    let mut plugin = guest.on_request(&format!("{body} {body}")).start();
    plugin.set_nonsense(Nonsense::new([4, 0, 5, 2]));
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    let told = |lie| Told {
        hostcall: "proxy_set_property",
        lie,
    };
    assert_eq!(plugin.told(), [told(Lie::NotServed(0)), told(Lie::Status(2))]);
    assert_eq!(
        stream.property_set("key"),
        Some(b"key".to_vec()),
        "the second was served"
    );
}

#[test]
fn a_host_may_answer_nonsense_from_the_start() {
    let setup = PluginSetup {
        nonsense: Nonsense::new([6, 1, 0, 77]).except("proxy_log"),
        ..PluginSetup::default()
    };
    let body = "(drop (call $get_log_level (i32.const 8))) (call $say_number (i32.load (i32.const 8)))";
    let guest = Guest::new().on_configure(body);
    let plugin: Plugin = guest.try_start(setup).unwrap();
    assert_eq!(said(&plugin), ["77"]);
}
