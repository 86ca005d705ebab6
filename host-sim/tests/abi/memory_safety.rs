//! Whatever numbers a guest gives: a status or a trap.

use spiffe_authz_host_sim::{
    Callback, Limits, Outcome, PluginFailure, PluginSetup, Properties, Trap, TrapCause,
};

use crate::guest::{Guest, SLOT, WILD, get, said, said_on_get, say_status};

/// A span inside memory, and a slot and an address outside.
const INSIDE: &str = "(i32.const 1024) (i32.const 1)";
const WILD_ADDRESS: &str = "(i32.const -3)";
const COMPRESS: &str = "(i32.const 1041) (i32.const 8)";
const NOTHING: &str = "(i32.const 0) (i32.const 0)";

/// Every served hostcall, with each of its pointers wild in turn.
fn wild_calls() -> Vec<String> {
    let map = "(i32.const 0)";
    let both = |call: &str| {
        [
            format!("(call {call} {WILD} {INSIDE})"),
            format!("(call {call} {INSIDE} {WILD})"),
        ]
    };
    let mut calls = vec![
        format!("(call $log (i32.const 2) {WILD})"),
        format!("(call $log (i32.const 2) (i32.const -16) (i32.const 0))"),
        format!("(call $get_log_level {WILD_ADDRESS})"),
        format!("(call $get_time {WILD_ADDRESS})"),
        format!("(call $get_buffer (i32.const 6) (i32.const 0) (i32.const 9) {WILD})"),
        format!("(call $get_buffer_status (i32.const 6) {WILD_ADDRESS} (i32.const 0))"),
        format!("(call $get_buffer_status (i32.const 6) (i32.const 0) {WILD_ADDRESS})"),
        format!("(call $get_size {map} {WILD_ADDRESS})"),
        format!("(call $get_pairs {map} {WILD})"),
        format!("(call $set_pairs {map} {WILD})"),
        format!("(call $get_value {map} {WILD} {INSIDE})"),
        format!("(call $get_value {map} (i32.const 1024) (i32.const 5) {WILD})"),
        format!("(call $remove_value {map} {WILD})"),
        format!("(call $get_property {WILD} {INSIDE})"),
        format!("(call $get_property (i32.const 1030) (i32.const 11) {WILD})"),
        format!("(call $define_metric (i32.const 0) {WILD} (i32.const 0))"),
        format!("(call $define_metric (i32.const 0) {INSIDE} {WILD_ADDRESS})"),
        format!("(call $get_metric (i32.const 4) {WILD_ADDRESS})"),
        format!("(call $get_shared_data {WILD} {INSIDE} (i32.const 0))"),
        format!("(call $get_shared_data {INSIDE} {WILD} (i32.const 0))"),
        format!("(call $get_shared_data {INSIDE} {SLOT} {WILD_ADDRESS})"),
        format!("(call $set_shared_data {WILD} {INSIDE} (i32.const 0))"),
        format!("(call $set_shared_data {INSIDE} {WILD} (i32.const 0))"),
        format!("(call $register_queue {WILD} (i32.const 0))"),
        format!("(call $register_queue {INSIDE} {WILD_ADDRESS})"),
        format!("(call $resolve_queue {WILD} {INSIDE} (i32.const 0))"),
        format!("(call $resolve_queue {INSIDE} {WILD} (i32.const 0))"),
        format!("(call $resolve_queue {NOTHING} {INSIDE} {WILD_ADDRESS})"),
        format!("(call $enqueue (i32.const 1) {WILD})"),
        format!("(call $dequeue (i32.const 1) {WILD})"),
        format!("(call $foreign {WILD} {INSIDE} {SLOT})"),
        format!("(call $foreign {INSIDE} {WILD} {SLOT})"),
        format!("(call $foreign {COMPRESS} {INSIDE} {WILD})"),
        format!("(call $foreign {COMPRESS} {INSIDE} (i32.const 0) {WILD_ADDRESS})"),
    ];
    calls.extend(both(&format!("$add_value {map}")));
    calls.extend(both(&format!("$replace_value {map}")));
    calls.extend(both("$set_property"));
    calls.extend(
        [
            [WILD, INSIDE, INSIDE],
            [INSIDE, WILD, INSIDE],
            [INSIDE, INSIDE, WILD],
        ]
        .map(|spans| format!("(call $reply (i32.const 403) {} (i32.const -1))", spans.join(" "))),
    );
    calls
}

#[test]
fn a_wild_pointer_is_answered_with_status_6_at_every_served_hostcall() {
    for call in wild_calls() {
        let mut guest = Guest::new();
        guest.bytes(b":path\0plugin_namecompress");
        let there = format!(
            "(drop (call $define_metric (i32.const 0) {INSIDE} (i32.const 0)))
            (drop (call $set_shared_data {INSIDE} {INSIDE} (i32.const 0)))
            (drop (call $register_queue {INSIDE} (i32.const 0)))
            (drop (call $enqueue (i32.const 1) {INSIDE}))"
        );
        let mut plugin = guest.on_configure(&there).on_request(&say_status(&call)).start();
        assert_eq!(said_on_get(&mut plugin, Properties::new()), ["06"], "{call}");
        assert_eq!(plugin.failure(), None);
    }
}

#[test]
fn a_length_that_overflows_the_address_space_is_status_6() {
    for span in [
        "(i32.const 1) (i32.const -1)",
        "(i32.const -1) (i32.const -1)",
        "(i32.const -1) (i32.const 0)",
    ] {
        let mut plugin = Guest::new()
            .on_request(&say_status(&format!("(call $log (i32.const 2) {span})")))
            .start();
        assert_eq!(said_on_get(&mut plugin, Properties::new()), ["06"], "{span}");
    }
}

#[test]
fn bytes_up_to_the_very_end_of_memory_are_readable() {
    let end = 2 * 65_536;
    let last = format!("(call $log (i32.const 2) (i32.const {}) (i32.const 2))", end - 2);
    let none = format!("(call $log (i32.const 2) (i32.const {end}) (i32.const 0))");
    let over = format!("(call $log (i32.const 2) (i32.const {}) (i32.const 2))", end - 1);
    let body = [say_status(&last), say_status(&none), say_status(&over)].concat();
    let mut plugin = Guest::new().on_request(&body).start();
    let lines = said_on_get(&mut plugin, Properties::new());
    assert_eq!(lines, [r"\x00\x00", "00", "", "00", "06"]);
}

/// A plugin that reads the list of request headers into memory from this allocator, and says the status.
fn reader(allocator: &'static str) -> Guest {
    let body = say_status("(call $get_pairs (i32.const 0) (i32.const 0) (i32.const 4))");
    Guest::new().allocator(allocator).on_request(&body)
}

#[test]
fn an_allocator_that_gives_nothing_or_a_wild_pointer_is_status_6() {
    let allocators = [
        r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))"#,
        r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const -8))"#,
        r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 131071))"#,
    ];
    for allocator in allocators {
        assert_eq!(
            said_on_get(&mut reader(allocator).start(), Properties::new()),
            ["06"],
            "{allocator}"
        );
    }
}

#[test]
fn malloc_serves_where_there_is_no_allocator_of_the_abi() {
    let malloc = r#"(func (export "malloc") (param i32) (result i32) (i32.const 70000))"#;
    assert_eq!(
        said_on_get(&mut reader(malloc).start(), Properties::new()),
        ["00"]
    );
}

#[test]
fn an_allocator_is_called_for_the_vm_and_not_for_the_stream() {
    let allocator = r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32)
        (call $say_number (i32.const 1)) (i32.const 70000))"#;
    let read = say_status("(call $get_pairs (i32.const 0) (i32.const 0) (i32.const 4))");
    let mut plugin = Guest::new().allocator(allocator).on_request(&read).start();
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["01", "00"]);
    let contexts: Vec<_> = plugin.logs().iter().map(|line| line.context).collect();
    assert_eq!(contexts, [0, 2]);
}

/// The trap of a reader with this allocator, and what the reader said before its VM was lost.
fn lost(allocator: &'static str) -> (Trap, Vec<String>) {
    let mut plugin = reader(allocator).start();
    let outcome = get(&mut plugin.http_stream(Properties::new()));
    let Outcome::Trapped(trap) = outcome else {
        panic!("no trap but {outcome:?}")
    };
    (trap, said(&plugin))
}

#[test]
fn an_allocator_that_traps_is_no_memory_for_the_hostcall_and_the_end_of_the_vm() {
    let allocator = r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32) (unreachable))"#;
    let trap = Trap {
        callback: Callback::Allocate,
        cause: TrapCause::Unreachable,
    };
    assert_eq!(lost(allocator), (trap, vec!["06".to_owned()]));
}

#[test]
fn an_allocator_makes_few_hostcalls() {
    let allocator = r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32)
        (call $get_pairs (i32.const 0) (i32.const 0) (i32.const 4)))"#;
    let hostcall = "proxy_get_header_map_pairs";
    let trap = Trap {
        callback: Callback::Allocate,
        cause: TrapCause::NotAllowed { hostcall },
    };
    assert_eq!(lost(allocator), (trap, vec!["06".to_owned()]));
}

#[test]
fn a_module_that_initializes_itself_makes_few_hostcalls() {
    let asks = |body: &str| {
        let guest = Guest::new().export("_initialize", "", body);
        guest
            .try_start(PluginSetup::default())
            .map_err(|error| error.failure)
    };
    let allowed = "(drop (call $random_get (i32.const 0) (i32.const 8))) (call $say_number (i32.const 1))";
    assert!(asks(allowed).is_ok());
    let trap = Trap {
        callback: Callback::Initialize,
        cause: TrapCause::NotAllowed {
            hostcall: "proxy_get_current_time_nanoseconds",
        },
    };
    let refused = "(drop (call $get_time (i32.const 0)))";
    assert_eq!(asks(refused).unwrap_err(), PluginFailure::Trapped(trap));
}

#[test]
fn a_guest_cannot_make_the_host_keep_without_end() {
    let mut guest = Guest::new();
    let text = guest.bytes(&[b'x'; 1_000]);
    let body = format!("(loop (drop (call $log (i32.const 2) {text})) (br 0))");
    let limits = Limits {
        host_bytes_per_callback: 1 << 20,
        ..Limits::default()
    };
    let mut plugin = guest.on_request(&body).start_within(limits).unwrap();
    let outcome = get(&mut plugin.http_stream(Properties::new()));
    let Outcome::Trapped(trap) = outcome else {
        panic!("no trap but {outcome:?}")
    };
    assert_eq!(trap.cause, TrapCause::OutOfHostBytes { limit: 1 << 20 });
    assert!(said(&plugin).len() < 1_048);
}

#[test]
fn each_callback_has_host_bytes_of_its_own() {
    let mut guest = Guest::new();
    let text = guest.bytes(&[b'x'; 600]);
    let limits = Limits {
        host_bytes_per_callback: 1_000,
        ..Limits::default()
    };
    let mut plugin = guest
        .on_request(&format!("(call $say {text})"))
        .start_within(limits)
        .unwrap();
    for _ in 0..3 {
        assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
    }
}

#[test]
fn memory_beyond_the_limit_fails_to_grow_inside_the_guest() {
    let grow = "(call $say_number (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))";
    let limits = Limits {
        memory_bytes: 2 << 16,
        ..Limits::default()
    };
    let mut plugin = Guest::new().on_request(grow).start_within(limits).unwrap();
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["01"]);
    assert_eq!(plugin.memory_bytes(), 2 << 16);
}

#[test]
fn a_module_whose_first_memory_is_beyond_the_limit_does_not_start() {
    let limits = Limits {
        memory_bytes: 1 << 16,
        ..Limits::default()
    };
    let error = Guest::new().start_within(limits).unwrap_err();
    let PluginFailure::Trapped(trap) = error.failure else {
        panic!("{error}")
    };
    assert_eq!(trap.callback, Callback::Instantiate);
}
