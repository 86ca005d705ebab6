//! The part of WASI that plugins import.

use spiffe_authz_host_sim::{LogLevel, PluginSetup};

use crate::guest::{Guest, said, say_status};

/// A plugin that writes two vectors, `one` and `two\n`, to a descriptor, and says the answer and the length.
fn writer(descriptor: u32) -> Guest {
    let mut guest = Guest::new();
    guest.bytes(b"onetwo\n");
    let vectors = [1024_u32, 3, 1027, 4].map(u32::to_le_bytes).concat();
    guest.bytes(&vectors);
    let call =
        format!("(call $fd_write (i32.const {descriptor}) (i32.const 1031) (i32.const 2) (i32.const 8))");
    guest.on_configure(&format!(
        "{} (call $say_number (i32.load (i32.const 8)))",
        say_status(&call)
    ))
}

#[test]
fn output_and_errors_go_to_the_log_without_the_last_newline() {
    for (descriptor, level) in [(1, LogLevel::Info), (2, LogLevel::Error)] {
        let plugin = writer(descriptor).start();
        assert_eq!(said(&plugin), ["onetwo", "00", "07"], "descriptor {descriptor}");
        assert_eq!(plugin.logs()[0].level, level);
    }
}

#[test]
fn any_other_descriptor_is_a_bad_one() {
    for descriptor in [0, 3, u32::MAX] {
        assert_eq!(
            said(&writer(descriptor).start()),
            ["08", "00"],
            "descriptor {descriptor}"
        );
    }
}

#[test]
fn wild_pointers_are_faults() {
    let wild = "(i32.const -8)";
    let mut guest = Guest::new();
    let vector = guest.bytes(&[&(-16_i32).to_le_bytes()[..], &[9, 0, 0, 0]].concat());
    let address = vector.split(") ").next().unwrap();
    let calls = [
        format!("(call $fd_write (i32.const 1) {wild} (i32.const 1) (i32.const 8))"),
        format!("(call $fd_write (i32.const 1) {address}) (i32.const 1) (i32.const 8))"),
        format!("(call $fd_write (i32.const 1) (i32.const 8) (i32.const 0) {wild})"),
        "(call $fd_write (i32.const 1) (i32.const 40) (i32.const -1) (i32.const 8))".to_owned(),
        format!("(call $random_get {wild} (i32.const 16))"),
        format!("(call $clock_time_get (i32.const 0) (i64.const 0) {wild})"),
        format!("(call $environ_get {wild} (i32.const 8))"),
        format!("(call $environ_get (i32.const 8) {wild})"),
        format!("(call $environ_sizes_get {wild} (i32.const 8))"),
        format!("(call $environ_sizes_get (i32.const 8) {wild})"),
    ];
    let body: String = calls.iter().map(|call| say_status(call)).collect();
    let setup = PluginSetup {
        environment: vec![("NAME".to_owned(), "value".to_owned())],
        ..PluginSetup::default()
    };
    let plugin = guest.on_configure(&body).try_start(setup).unwrap();
    assert_eq!(said(&plugin), ["21"; 10]);
}

#[test]
fn random_bytes_repeat_with_their_seed_and_end_at_the_limit() {
    let body = [
        say_status("(call $random_get (i32.const 1024) (i32.const 8))"),
        "(call $say (i32.const 1024) (i32.const 8))".to_owned(),
        say_status("(call $random_get (i32.const 1024) (i32.const 65536))"),
        say_status("(call $random_get (i32.const 1024) (i32.const 65537))"),
    ];
    let guest = Guest::new().on_configure(&body.concat());
    let with_seed = |random_seed| {
        let setup = PluginSetup {
            random_seed,
            ..PluginSetup::default()
        };
        said(&guest.try_start(setup).unwrap())
    };
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1)[1], with_seed(2)[1]);
    assert_eq!(with_seed(1)[2..], ["00", "28"]);
}

#[test]
fn the_environment_is_what_the_setup_says() {
    let body = [
        say_status("(call $environ_sizes_get (i32.const 0) (i32.const 4))"),
        "(call $say_number (i32.load (i32.const 0))) (call $say_number (i32.load (i32.const 4)))".to_owned(),
        say_status("(call $environ_get (i32.const 1024) (i32.const 2048))"),
        "(call $say (i32.const 1024) (i32.const 8)) (call $say (i32.const 2048) (i32.const 8))".to_owned(),
    ];
    let setup = PluginSetup {
        environment: vec![("A".to_owned(), "1".to_owned()), ("B".to_owned(), String::new())],
        ..PluginSetup::default()
    };
    let plugin = Guest::new()
        .on_configure(&body.concat())
        .try_start(setup)
        .unwrap();
    let pointers = r"\x00\x08\x00\x00\x04\x08\x00\x00";
    assert_eq!(
        said(&plugin),
        ["00", "02", "07", "00", pointers, r"A=1\x00B=\x00\x00"]
    );
}

#[test]
fn what_there_is_not_is_answered_as_envoy_does() {
    let table = [
        ("(call $fd_prestat_get (i32.const 3) (i32.const 0))", "08"),
        (
            "(call $fd_seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0))",
            "00",
        ),
        ("(call $fd_fdstat_get (i32.const 1) (i32.const 0))", "00"),
        ("(call $fd_fdstat_get (i32.const 1) (i32.const -1))", "00"),
        ("(call $fd_fdstat_get (i32.const 3) (i32.const 0))", "08"),
        (
            "(call $clock_time_get (i32.const 2) (i64.const 0) (i32.const 0))",
            "58",
        ),
    ];
    for (call, errno) in table {
        assert_eq!(
            said(&Guest::new().on_configure(&say_status(call)).start()),
            [errno],
            "{call}"
        );
    }
}
