//! Foreign functions: Envoy's own, those of a test, and the callback.

use spiffe_authz_host_sim::{
    Callback, ForeignFunctions, Limits, Outcome, Plugin, PluginSetup, Properties, Status, TrapCause,
};

use crate::guest::{Guest, WILD, get, said, said_on_get, say_status};

/// Where the results are wanted: address 0 would say that they are not.
const WANTED: &str = "(i32.const 40) (i32.const 44)";

/// Logs the results, as bytes.
const SAY_RESULTS: &str = "(call $say (i32.load (i32.const 40)) (i32.load (i32.const 44)))";

/// Says 1 for a pointer that is not null, and then the size.
const SAY_SLOT: &str = "(call $say_number (i32.ne (i32.load (i32.const 40)) (i32.const 0)))
    (call $say_number (i32.load (i32.const 44)))";

/// Puts into the slot what no host would write.
const SPOIL: &str = "(i64.store (i32.const 40) (i64.const 0x0000000900000009))";

const HELLO: &[u8] = b"\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15";
const NOTHING: &[u8] = b"\x78\x9c\x03\x00\x00\x00\x00\x01";

/// A call of a function by its name, with these arguments.
fn call_into(guest: &mut Guest, name: &str, arguments: &[u8], slot: &str) -> String {
    let (name, arguments) = (guest.bytes(name.as_bytes()), guest.bytes(arguments));
    let call = say_status(&format!("(call $foreign {name} {arguments} {slot})"));
    format!("{SPOIL} {call}")
}

fn call(guest: &mut Guest, name: &str, arguments: &[u8]) -> String {
    call_into(guest, name, arguments, WANTED)
}

/// What a plugin says that makes one call at configure.
fn said_of(name: &str, arguments: &[u8], say: &str) -> Vec<String> {
    let mut guest = Guest::new();
    let body = call(&mut guest, name, arguments);
    said(&guest.on_configure(&format!("{body} {say}")).start())
}

/// What a plugin says that makes these calls in one request.
fn said_in_stream(calls: &[(&str, Vec<u8>)]) -> Vec<String> {
    let mut guest = Guest::new();
    let body: String = calls
        .iter()
        .map(|(name, arguments)| call(&mut guest, name, arguments))
        .collect();
    said_on_get(&mut guest.on_request(&body).start(), Properties::new())
}

/// A protobuf field of text.
fn text(number: u8, value: &str) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap();
    [&[number << 3 | 2, length], value.as_bytes()].concat()
}

fn filter_state(key: &str, value: &str) -> Vec<u8> {
    [text(1, key), text(2, value)].concat()
}

fn doubling() -> ForeignFunctions {
    ForeignFunctions::new().with("double", |bytes| Ok([bytes, bytes].concat()))
}

fn start_with(guest: &Guest, foreign: ForeignFunctions) -> Plugin {
    let setup = PluginSetup {
        foreign,
        ..PluginSetup::default()
    };
    guest.try_start(setup).unwrap()
}

#[test]
fn a_function_of_the_test_is_called_with_bytes_and_gives_bytes() {
    let mut guest = Guest::new();
    let body = call(&mut guest, "double", b"ab");
    let plugin = start_with(&guest.on_configure(&format!("{body} {SAY_RESULTS}")), doubling());
    assert_eq!(said(&plugin), ["00", "abab"]);
}

#[test]
fn a_function_that_gives_no_bytes_writes_a_null_pointer() {
    let mut guest = Guest::new();
    let body = call(&mut guest, "double", b"");
    let plugin = start_with(&guest.on_configure(&format!("{body} {SAY_SLOT}")), doubling());
    assert_eq!(said(&plugin), ["00", "00", "00"]);
}

#[test]
fn the_status_of_a_function_that_refuses_is_the_answer() {
    let foreign = ForeignFunctions::new().with("refuse", |_| Err(Status::BadExpression));
    let mut guest = Guest::new();
    let body = call(&mut guest, "refuse", b"");
    let plugin = start_with(&guest.on_configure(&format!("{body} {SAY_SLOT}")), foreign);
    assert_eq!(
        said(&plugin),
        ["05", "00", "00"],
        "the slot says that nothing was given"
    );
}

#[test]
fn a_function_of_the_test_takes_the_place_of_envoys() {
    let foreign = ForeignFunctions::new().with("compress", |_| Ok(b"mine".to_vec()));
    let mut guest = Guest::new();
    let body = call(&mut guest, "compress", b"hello");
    let plugin = start_with(&guest.on_configure(&format!("{body} {SAY_RESULTS}")), foreign);
    assert_eq!(said(&plugin), ["00", "mine"]);
}

#[test]
fn a_function_that_nobody_gave_is_not_found_and_writes_nothing() {
    assert_eq!(said_of("nobody", b"x", SAY_SLOT), ["01", "01", "09"]);
}

#[test]
fn compress_and_uncompress_speak_zlib() {
    let hello = HELLO.escape_ascii().to_string();
    assert_eq!(said_of("compress", b"hello", SAY_RESULTS), ["00", &hello]);
    assert_eq!(said_of("uncompress", HELLO, SAY_RESULTS), ["00", "hello"]);
    assert_eq!(said_of("uncompress", b"junk", SAY_SLOT), ["03", "00", "00"]);
}

#[test]
fn what_is_uncompressed_to_nothing_has_an_address_of_its_own() {
    assert_eq!(said_of("uncompress", NOTHING, SAY_SLOT), ["00", "01", "00"]);
}

#[test]
fn results_are_written_only_where_they_are_wanted() {
    let table = [
        ("(i32.const 0) (i32.const 0)", ["00", "01", "09"]),
        ("(i32.const 0) (i32.const 44)", ["00", "01", "13"]),
        ("(i32.const 40) (i32.const 0)", ["00", "01", "09"]),
    ];
    for (slot, expected) in table {
        let mut guest = Guest::new();
        let body = call_into(&mut guest, "compress", b"hello", slot);
        let plugin = guest.on_configure(&format!("{body} {SAY_SLOT}")).start();
        assert_eq!(said(&plugin), expected, "{slot}");
    }
}

#[test]
fn wild_pointers_are_invalid_memory() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"compress");
    let body = [
        say_status(&format!("(call $foreign {WILD} {name} {WANTED})")),
        say_status(&format!("(call $foreign {name} {WILD} {WANTED})")),
        say_status(&format!(
            "(call $foreign {name} {name} (i32.const -2) (i32.const 44))"
        )),
        say_status(&format!(
            "(call $foreign {name} {name} (i32.const 40) (i32.const -2))"
        )),
    ];
    assert_eq!(said(&guest.on_configure(&body.concat()).start()), ["06"; 4]);
}

#[test]
fn more_than_the_host_budget_does_not_come_out_of_uncompress() {
    let mut guest = Guest::new();
    let zeros = "(memory.fill (i32.const 65536) (i32.const 0) (i32.const 60000))";
    let (compress, uncompress) = (guest.bytes(b"compress"), guest.bytes(b"uncompress"));
    let body = format!(
        "{zeros} (global.set $heap (i32.const 130000))
        (drop (call $foreign {compress} (i32.const 65536) (i32.const 60000) {WANTED}))
        (drop (call $foreign {uncompress} (i32.load (i32.const 40)) (i32.load (i32.const 44)) {WANTED}))"
    );
    let limits = Limits {
        host_bytes_per_callback: 100_000,
        ..Limits::default()
    };
    let error = guest.on_configure(&body).start_within(limits).unwrap_err();
    assert!(error.to_string().contains("out of host memory"), "{error}");
}

#[test]
fn a_function_of_envoy_that_is_not_served_ends_the_callback_with_its_name() {
    for name in [
        "sign",
        "verify_signature",
        "expr_create",
        "expr_evaluate",
        "expr_delete",
    ] {
        let mut guest = Guest::new();
        let body = call(&mut guest, name, b"");
        let mut plugin = guest.on_request(&body).start();
        let outcome = get(&mut plugin.http_stream(Properties::new()));
        let Outcome::Trapped(trap) = outcome else {
            panic!("no trap")
        };
        assert!(matches!(trap.cause, TrapCause::NotServed { hostcall } if hostcall.ends_with(name)));
    }
}

#[test]
fn clear_route_cache_is_counted_by_stream() {
    let mut guest = Guest::new();
    let body = call(&mut guest, "clear_route_cache", b"").repeat(2);
    let mut plugin = guest.on_request(&body).start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(said(&plugin), ["00", "00"]);
    assert_eq!(stream.route_cache_clears(), 2);
    assert_eq!(plugin.http_stream(Properties::new()).route_cache_clears(), 0);
}

#[test]
fn clear_route_cache_does_nothing_in_a_root_context() {
    assert_eq!(said_of("clear_route_cache", b"", SAY_SLOT), ["00", "00", "00"]);
}

#[test]
fn set_envoy_filter_state_sets_envoys_own_keys() {
    let mut guest = Guest::new();
    let set = call(
        &mut guest,
        "set_envoy_filter_state",
        &filter_state("envoy.upstream.dynamic_port", " 80"),
    );
    let path = guest.path(&["filter_state", "envoy.upstream.dynamic_port"]);
    let read = say_status(&format!("(call $get_property {path} {WANTED})"));
    let mut plugin = guest.on_request(&format!("{set} {read} {SAY_RESULTS}")).start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(said(&plugin), ["00", "00", "80"]);
    assert_eq!(
        stream.filter_state("envoy.upstream.dynamic_port"),
        Some(b"80".to_vec())
    );
}

#[test]
fn set_envoy_filter_state_says_what_is_wrong() {
    let set = "set_envoy_filter_state";
    let calls = [
        (set, filter_state("unknown", "v")),
        (set, Vec::new()),
        (set, filter_state("envoy.upstream.dynamic_port", "http")),
        (set, b"\xff".to_vec()),
    ];
    assert_eq!(said_in_stream(&calls), ["01", "01", "02", "02"]);
}

#[test]
fn filter_state_is_not_found_outside_a_stream_but_its_value_is_checked_first() {
    let set = |value: &str| {
        let arguments = filter_state("envoy.bool", value);
        said_of("set_envoy_filter_state", &arguments, "")
    };
    assert_eq!(
        (set("true"), set("7")),
        (vec!["01".to_owned()], vec!["02".to_owned()])
    );
}

#[test]
fn a_property_that_is_declared_read_only_is_set_once() {
    let mut guest = Guest::new();
    let readonly = [text(1, "once"), vec![2 << 3, 1]].concat();
    let declare = [
        call(&mut guest, "declare_property", &readonly),
        call(&mut guest, "declare_property", &readonly),
        call(&mut guest, "declare_property", &text(1, "often")),
        call(&mut guest, "declare_property", b"\xff"),
    ];
    let [once, often, value] = [&b"once"[..], b"often", b"v"].map(|bytes| guest.bytes(bytes));
    let set: String = [&once, &once, &often, &often]
        .map(|path| say_status(&format!("(call $set_property {path} {value})")))
        .concat();
    let mut plugin = guest.on_configure(&declare.concat()).on_request(&set).start();
    assert_eq!(said(&plugin), ["00", "02", "00", "02"]);
    for _ in 0..2 {
        let said = said_on_get(&mut plugin, Properties::new());
        assert_eq!(said, ["00", "02", "00", "00"], "each stream sets it once");
    }
}

#[test]
fn what_a_stream_declares_has_no_effect() {
    let mut guest = Guest::new();
    let readonly = [text(1, "once"), vec![2 << 3, 1]].concat();
    let declare = call(&mut guest, "declare_property", &readonly);
    let [once, value] = [&b"once"[..], b"v"].map(|bytes| guest.bytes(bytes));
    let set = say_status(&format!("(call $set_property {once} {value})")).repeat(2);
    let mut plugin = guest.on_request(&format!("{declare} {declare} {set}")).start();
    let expected = ["00", "02", "00", "00"];
    assert_eq!(said_on_get(&mut plugin, Properties::new()), expected);
}

#[test]
fn a_function_calls_back_with_arguments_to_read() {
    let read = |start: u32| {
        say_status(&format!(
            "(call $get_buffer (i32.const 8) (i32.const {start}) (i32.const 99) {WANTED})"
        ))
    };
    let body = format!(
        "(call $say_number (local.get 0)) (call $say_number (local.get 1)) (call $say_number (local.get 2))
        {} {SAY_RESULTS} {}",
        read(1),
        read(99)
    );
    let guest = Guest::new()
        .export("proxy_on_foreign_function", "(param i32 i32 i32)", &body)
        .on_request(&read(0));
    let mut plugin = guest.start();
    plugin.call_foreign(7, *b"hello").unwrap();
    assert_eq!(said(&plugin), ["01", "07", "05", "00", "ello", "00"]);
    assert_eq!(plugin.runs().last().unwrap().callback, Callback::ForeignFunction);
    let outside = said_on_get(&mut plugin, Properties::new());
    assert_eq!(outside, ["01"], "there are none outside the callback");
}

#[test]
fn a_plugin_without_the_callback_is_not_called_back() {
    let mut plugin = Guest::new().start();
    let runs = plugin.runs().len();
    plugin.call_foreign(7, *b"hello").unwrap();
    assert_eq!(plugin.runs().len(), runs);
}
