//! Every limit: what a plugin meets at it, and the name of the trap.

use std::time::Duration;

use spiffe_authz_host_sim::{
    Callback, Limits, Outcome, Plugin, PluginError, PluginFailure, Properties, Simulator, Trap, TrapCause,
};

use crate::guest::{Guest, get, said_on_get};

/// More than any of these tests needs before its own limit.
const PLENTY: u64 = u64::MAX / 2;

fn within(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

/// Why a plugin of these fields does not start.
fn no_start(fields: &str, limits: Limits) -> Trap {
    let error: PluginError = Guest::new().with(fields).start_within(limits).unwrap_err();
    let PluginFailure::Trapped(trap) = error.failure else {
        panic!("{error}")
    };
    trap
}

fn request_trap(plugin: &mut Plugin) -> TrapCause {
    let outcome = get(&mut plugin.http_stream(Properties::new()));
    let Outcome::Trapped(trap) = outcome else {
        panic!("no trap but {outcome:?}")
    };
    trap.cause
}

#[test]
fn a_callback_that_takes_too_long_ends_at_its_deadline() {
    let limit = Duration::from_millis(5);
    let limits = within(|limits| {
        limits.fuel_per_callback = PLENTY;
        limits.time_per_callback = Some(limit);
    });
    let mut plugin = Guest::new()
        .on_request("(loop (br 0))")
        .start_within(limits)
        .unwrap();
    let cause = request_trap(&mut plugin);
    assert_eq!(cause, TrapCause::Deadline { limit });
    assert_eq!(cause.to_string(), "out of time: more than 5ms in one callback");
}

#[test]
fn a_callback_that_only_makes_hostcalls_ends_at_its_deadline() {
    let limits = within(|limits| {
        limits.fuel_per_callback = PLENTY;
        limits.host_bytes_per_callback = PLENTY;
        limits.time_per_callback = Some(Duration::from_millis(5));
    });
    let body = "(loop (drop (call $get_time (i32.const 0))) (br 0))";
    let mut plugin = Guest::new().on_request(body).start_within(limits).unwrap();
    let cause = request_trap(&mut plugin);
    assert!(matches!(cause, TrapCause::Deadline { .. }), "{cause}");
}

#[test]
fn the_deadline_holds_for_a_start_section_too() {
    let limits = within(|limits| {
        limits.fuel_per_callback = PLENTY;
        limits.time_per_callback = Some(Duration::from_millis(5));
    });
    let trap = no_start("(func $spin (loop (br 0))) (start $spin)", limits);
    assert_eq!(trap.callback, Callback::Instantiate);
    assert!(matches!(trap.cause, TrapCause::Deadline { .. }), "{trap}");
}

#[test]
fn a_deadline_that_nothing_reaches_changes_nothing() {
    let limits = within(|limits| limits.time_per_callback = Some(Duration::from_secs(3_600)));
    let guest = Guest::new().on_request("(call $say_number (i32.const 7))");
    let mut plugin = guest.start_within(limits).unwrap();
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["07"]);
}

#[test]
fn memories_add_up_to_the_limit() {
    let limits = within(|limits| limits.memory_bytes = 4 << 16);
    let grow = "(call $say_number (i32.eq (memory.grow $other (i32.const 1)) (i32.const -1)))";
    let guest = Guest::new()
        .with("(memory $other 1)")
        .on_request(&[grow, grow].concat());
    let mut plugin = guest.start_within(limits).unwrap();
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["00", "01"]);
}

#[test]
fn a_module_that_begins_with_too_much_memory_is_told_so() {
    let limits = within(|limits| limits.memory_bytes = 4 << 16);
    let trap = no_start("(memory 3)", limits);
    assert_eq!(
        trap.to_string(),
        "`(start section)` trapped: too much memory: the module begins with more than `262144` bytes"
    );
    assert_eq!(trap.cause, TrapCause::TooMuchMemory { limit: 4 << 16 });
}

#[test]
fn tables_beyond_the_limit_fail_to_grow_inside_the_guest() {
    let limits = within(|limits| limits.table_elements = 10);
    let tables = "(table $first 4 funcref) (table $second 4 funcref)";
    let grow = |table| {
        format!(
            "(call $say_number (i32.eq (table.grow ${table} (ref.null func) (i32.const 1)) (i32.const -1)))"
        )
    };
    let body = [grow("first"), grow("second"), grow("first")].concat();
    let mut plugin = Guest::new()
        .with(tables)
        .on_request(&body)
        .start_within(limits)
        .unwrap();
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["00", "00", "01"]);
}

#[test]
fn a_module_that_begins_with_too_large_tables_is_told_so() {
    let limits = within(|limits| limits.table_elements = 10);
    let trap = no_start("(table 4 funcref) (table 7 funcref)", limits);
    assert_eq!(trap.cause, TrapCause::TooManyTableElements { limit: 10 });
    assert!(
        trap.to_string()
            .ends_with("the module begins with more than `10`"),
        "{trap}"
    );
}

#[test]
fn a_trap_of_a_start_section_is_not_taken_for_the_growth_that_was_refused_before() {
    let limits = within(|limits| limits.memory_bytes = 2 << 16);
    let start = "(func $grow (drop (memory.grow (i32.const 1))) (unreachable)) (start $grow)";
    assert_eq!(no_start(start, limits).cause, TrapCause::Unreachable);
}

/// Fuel that a plugin uses until its stack is at an end: its depth, in calls.
fn depth(stack_bytes: usize) -> u64 {
    let recurse = "(func $recurse (call $recurse) (drop (i32.load (i32.const 0))))";
    let guest = Guest::new().with(recurse).on_request("(call $recurse)");
    let limits = within(|limits| limits.stack_bytes = stack_bytes);
    let mut plugin = guest.start_within(limits).unwrap();
    let mut stream = plugin.http_stream(Properties::new());
    let outcome = get(&mut stream);
    let trap = Trap {
        callback: Callback::RequestHeaders,
        cause: TrapCause::StackOverflow,
    };
    assert_eq!(outcome, Outcome::Trapped(trap));
    stream.fuel(Callback::RequestHeaders)
}

#[test]
fn twice_the_stack_is_twice_as_deep() {
    let (shallow, deep) = (depth(128 << 10), depth(256 << 10));
    assert!(
        (deep * 9..deep * 11).contains(&(shallow * 20)),
        "{shallow} {deep}"
    );
}

#[test]
fn the_largest_stack_comes_to_its_end_too() {
    assert!(depth(Limits::MOST_STACK_BYTES) > depth(256 << 10));
}

#[test]
fn a_stack_of_nothing_or_of_too_much_is_no_simulator() {
    for stack_bytes in [0, Limits::MOST_STACK_BYTES + 1, usize::MAX] {
        let limits = within(|limits| limits.stack_bytes = stack_bytes);
        let error = Simulator::new(limits).unwrap_err();
        assert!(error.to_string().contains("stack"), "{error}");
    }
}

/// The status of a list of two pairs, as the request's new headers.
fn pairs_status(limits: Limits) -> Vec<String> {
    let mut guest = Guest::new();
    let two = guest.bytes(b"\x02\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0a\0b\0c\0d\0");
    let body = format!("(call $say_number (call $set_pairs (i32.const 0) {two}))");
    let mut plugin = guest.on_request(&body).start_within(limits).unwrap();
    said_on_get(&mut plugin, Properties::new())
}

#[test]
fn a_list_beyond_the_limits_on_pairs_is_a_parse_failure() {
    assert_eq!(pairs_status(within(|limits| limits.pairs_count = 2)), ["00"]);
    assert_eq!(pairs_status(within(|limits| limits.pairs_count = 1)), ["02"]);
    assert_eq!(pairs_status(within(|limits| limits.pairs_bytes = 27)), ["02"]);
}

#[test]
fn a_list_that_claims_more_pairs_than_memory_holds_is_a_parse_failure() {
    let mut guest = Guest::new();
    let claim = guest.bytes(b"\xff\xff\xff\xff\x01\0\0\0\x01\0\0\0a\0b\0");
    let body = format!("(call $say_number (call $set_pairs (i32.const 0) {claim}))");
    let limits = within(|limits| {
        limits.pairs_count = usize::MAX;
        limits.pairs_bytes = usize::MAX;
    });
    let mut plugin = guest.on_request(&body).start_within(limits).unwrap();
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["02"]);
}

#[test]
fn a_plugin_that_does_nothing_costs_nothing_but_its_callbacks() {
    let guest = Guest::new()
        .on_request("")
        .export("proxy_on_log", "(param i32)", "");
    let mut plugin = guest.start();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Continue);
    stream.finish().unwrap();
    let fuel: Vec<_> = stream.runs().iter().map(|run| (run.callback, run.fuel)).collect();
    assert_eq!(fuel, [(Callback::RequestHeaders, 2), (Callback::Log, 1)]);
    assert!(stream.hostcalls().is_empty());
}
