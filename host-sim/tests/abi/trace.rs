//! What a trace shows: callbacks, hostcalls, and what crossed.

use spiffe_authz_host_sim::{
    Action, Callback, CallbackEnd, Errno, HostcallEnd, HostcallEvent, Lie, LogLevel, MapType, Nonsense,
    Plugin, PluginSetup, Properties, Status, Trace, TraceValue, TrapCause,
};

use crate::guest::{GET, Guest, SLOT, WILD, get};

fn traced() -> PluginSetup {
    PluginSetup {
        trace: true,
        ..PluginSetup::default()
    }
}

/// The trace of one GET.
fn trace_of(guest: &Guest) -> Trace {
    let mut plugin = guest.try_start(traced()).unwrap();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    stream.trace()
}

/// The only hostcall of a trace.
fn only(trace: &Trace) -> &HostcallEvent {
    let hostcalls: Vec<_> = trace.hostcalls().collect();
    let [only] = &hostcalls[..] else { panic!("{trace}") };
    only
}

/// Reads the path of the request and logs it.
fn reader() -> Guest {
    let mut guest = Guest::new();
    let path = guest.bytes(b":path");
    guest.on_request(&format!(
        "(drop (call $get_value (i32.const 0) {path} {SLOT})) (call $say_slot)"
    ))
}

#[test]
fn nothing_is_kept_unless_a_test_asks_for_it() {
    let mut plugin = reader().start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(
        (plugin.trace(), stream.trace()),
        (Trace::default(), Trace::default())
    );
}

#[test]
fn a_callback_has_its_arguments_its_result_and_what_it_cost() {
    let trace = trace_of(&reader());
    let callback = trace.callbacks().next().unwrap();
    assert_eq!(
        (callback.callback, callback.context),
        (Callback::RequestHeaders, 2)
    );
    let headers = TraceValue::Number(i128::try_from(GET.len()).unwrap());
    assert_eq!(callback.argument("headers"), Some(&headers));
    assert_eq!(callback.argument("end_of_stream"), Some(&TraceValue::Bool(true)));
    assert_eq!(callback.result(), Some(&TraceValue::Action(Action::Continue)));
    assert!(callback.fuel > 0);
    assert_eq!(callback.memory_bytes, 2 * 65_536);
}

#[test]
fn a_hostcall_has_what_crossed_by_the_abis_names() {
    let trace = trace_of(&reader());
    let [get, log] = &trace.hostcalls().collect::<Vec<_>>()[..] else {
        panic!("{trace}")
    };
    let map = TraceValue::Map(MapType::HttpRequestHeaders);
    assert_eq!(
        (get.name, get.argument("map")),
        ("proxy_get_header_map_value", Some(&map))
    );
    assert_eq!(get.argument("name").unwrap().bytes(), Some(&b":path"[..]));
    assert_eq!(get.answer("value").unwrap().bytes(), Some(&b"/"[..]));
    assert_eq!(
        (get.status(), get.callback),
        (Some(Status::Ok), Callback::RequestHeaders)
    );
    assert_eq!(log.argument("level"), Some(&TraceValue::Level(LogLevel::Info)));
}

#[test]
fn the_text_has_a_line_for_each_event_and_hostcalls_stand_below_their_callback() {
    let trace = trace_of(&reader());
    let fuel = trace.callbacks().next().unwrap().fuel;
    let expected = format!(
        r#"[2] proxy_on_request_headers(headers: 2, end_of_stream: true) -> Continue: fuel {fuel}, memory 131072 B
  proxy_get_header_map_value(map: HttpRequestHeaders, name: ":path") -> Ok, value: "/"
  proxy_log(level: Info, message: "/") -> Ok
"#
    );
    assert_eq!(trace.to_string(), expected);
    assert!(
        format!("{trace:#}").lines().next().unwrap().ends_with('s'),
        "with its time"
    );
}

#[test]
fn each_line_of_the_json_is_an_object_of_one_event() {
    let trace = trace_of(&reader());
    let json = trace.to_json();
    let events: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len(), trace.events().len());
    assert_eq!(events[0]["name"], "proxy_on_request_headers");
    assert_eq!(
        (&events[0]["result"], &events[0]["fuel"]),
        (&"Continue".into(), &trace.callbacks().next().unwrap().fuel.into())
    );
    let expected = serde_json::json!({
        "event": "hostcall", "name": "proxy_get_header_map_value", "callback": "proxy_on_request_headers",
        "context": 2, "depth": 1, "returned": true, "status": "Ok", "lie": null,
        "arguments": { "map": "HttpRequestHeaders", "name": ":path" }, "answers": { "value": "/" },
    });
    assert_eq!(events[1], expected);
}

#[test]
fn bytes_that_are_no_text_are_hexadecimal_digits_in_json() {
    let mut guest = Guest::new();
    let text = guest.bytes(b"\xff\x00");
    let guest = guest.on_request(&format!("(drop (call $log (i32.const 2) {text}))"));
    assert!(trace_of(&guest).to_json().contains(r#""message":{"hex":"ff00"}"#));
}

#[test]
fn an_unknown_number_is_shown_as_such() {
    let guest = Guest::new().on_request("(drop (call $get_size (i32.const 99) (i32.const 0)))");
    let trace = trace_of(&guest);
    assert_eq!(
        only(&trace).to_string(),
        "  proxy_get_header_map_size(map: 99 (no MapType)) -> BadArgument"
    );
}

#[test]
fn memory_that_the_guest_does_not_have_is_shown_by_its_address() {
    let guest = Guest::new().on_request(&format!("(drop (call $log (i32.const 2) {WILD}))"));
    let trace = trace_of(&guest);
    let unread = TraceValue::Unread {
        pointer: u32::MAX - 15,
        length: 15,
    };
    let hostcall = only(&trace);
    assert_eq!(
        (hostcall.argument("message"), hostcall.status()),
        (Some(&unread), Some(Status::InvalidMemoryAccess))
    );
}

#[test]
fn a_list_of_pairs_is_shown_pair_by_pair() {
    let guest = Guest::new().on_request(&format!("(drop (call $get_pairs (i32.const 0) {SLOT}))"));
    let trace = trace_of(&guest);
    let pairs = GET.map(|(name, value)| (name.into(), value.into())).to_vec();
    assert_eq!(only(&trace).answer("pairs"), Some(&TraceValue::Pairs(pairs)));
}

#[test]
fn a_path_is_shown_by_its_segments() {
    let mut guest = Guest::new();
    let path = guest.path(&["connection", "mtls"]);
    let guest = guest.on_request(&format!("(drop (call $get_property {path} {SLOT}))"));
    let text = trace_of(&guest).to_string();
    assert!(
        text.contains("proxy_get_property(path: connection.mtls) -> NotFound"),
        "{text}"
    );
}

#[test]
fn a_wasi_function_is_shown_with_its_errno() {
    let guest = Guest::new().on_request(
        "(drop (call $clock_time_get (i32.const 7) (i64.const 1) (i32.const 0)))
         (drop (call $fd_seek (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0)))
         (drop (call $fd_fdstat_get (i32.const 1) (i32.const 0)))",
    );
    let trace = trace_of(&guest);
    let ends: Vec<_> = trace.hostcalls().map(|hostcall| hostcall.end.clone()).collect();
    let expected = [Errno::NotSupported, Errno::Success, Errno::Success].map(HostcallEnd::Errno);
    assert_eq!(ends, expected);
    assert!(trace.to_string().contains("clock_time_get(clock: 7) -> ENOTSUP"));
}

#[test]
fn a_lie_is_marked_and_the_truth_stands_beside_it() {
    let mut plugin = reader().try_start(traced()).unwrap();
    plugin.set_nonsense(Nonsense::new([5, 1, 4, 77]));
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    let trace = stream.trace();
    let ends: Vec<_> = trace.hostcalls().map(|hostcall| hostcall.end.clone()).collect();
    let lied = HostcallEnd::Lie {
        lie: Lie::Status(1),
        told: 1,
        honest: Some(Status::Ok),
    };
    let refused = HostcallEnd::Lie {
        lie: Lie::NotServed(77),
        told: 77,
        honest: None,
    };
    assert_eq!(ends, [lied, refused]);
    let text = trace.to_string();
    assert!(
        text.contains("-> NotFound (LIE: Status(1), in truth Ok), value: \"/\""),
        "{text}"
    );
    assert!(
        text.contains("-> 77 (no Status) (LIE: NotServed(77), not served)"),
        "{text}"
    );
}

#[test]
fn a_callback_that_trapped_is_shown_with_the_hostcall_that_did_not_return() {
    let guest = Guest::new().on_request("(call $proc_exit (i32.const 3))");
    let trace = trace_of(&guest);
    let callback = trace.callbacks().next().unwrap();
    assert_eq!(callback.end, CallbackEnd::Trapped(TrapCause::Exit { code: 3 }));
    assert_eq!(only(&trace).end, HostcallEnd::None);
    assert!(
        trace
            .to_string()
            .contains("\n  proc_exit(code: 3) did not return\n"),
        "{trace}"
    );
}

#[test]
fn a_hostcall_within_a_hostcall_stands_deeper() {
    const TALKATIVE: &str = r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32)
        (call $say_number (i32.const 1)) (i32.const 70000))"#;
    let guest = Guest::new().allocator(TALKATIVE).on_request(&format!(
        "(drop (call $get_pairs (i32.const 0) {SLOT})) (call $say_number (i32.const 2))"
    ));
    let trace = trace_of(&guest);
    let depths: Vec<_> = trace
        .hostcalls()
        .map(|hostcall| (hostcall.name, hostcall.depth))
        .collect();
    assert_eq!(
        depths,
        [
            ("proxy_get_header_map_pairs", 1),
            ("proxy_log", 2),
            ("proxy_log", 1)
        ]
    );
}

#[test]
fn a_hostcall_that_the_allocator_may_not_make_is_shown_where_it_was_made() {
    const ENDLESS: &str = r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32)
        (drop (call $get_pairs (i32.const 0) (i32.const 0) (i32.const 4))) (i32.const 0))"#;
    let guest = Guest::new()
        .allocator(ENDLESS)
        .on_request(&format!("(drop (call $get_pairs (i32.const 0) {SLOT}))"));
    let trace = trace_of(&guest);
    let callback = trace.callbacks().next().unwrap();
    let hostcall = "proxy_get_header_map_pairs";
    assert_eq!(
        callback.end,
        CallbackEnd::Trapped(TrapCause::NotAllowed { hostcall })
    );
    let depths: Vec<_> = trace.hostcalls().map(|hostcall| hostcall.depth).collect();
    assert_eq!(depths, [1, 2]);
    assert_eq!(trace.to_string().lines().count(), trace.events().len());
}

#[test]
fn a_trap_within_a_hostcall_is_no_memory_for_the_outer_one() {
    const DEADLY: &str = r#"(func (export "proxy_on_memory_allocate") (param i32) (result i32)
        (call $proc_exit (i32.const 1)) (i32.const 0))"#;
    let guest = Guest::new()
        .allocator(DEADLY)
        .on_request(&format!("(drop (call $get_pairs (i32.const 0) {SLOT}))"));
    let trace = trace_of(&guest);
    let outer = trace.hostcalls().next().unwrap();
    assert_eq!(
        outer.argument("map"),
        Some(&TraceValue::Map(MapType::HttpRequestHeaders))
    );
    let ends: Vec<_> = trace.hostcalls().map(|hostcall| &hostcall.end).collect();
    let refused = HostcallEnd::Status(Status::InvalidMemoryAccess);
    assert_eq!(ends, [&refused, &HostcallEnd::None]);
}

/// The context of every callback.
fn contexts(trace: &Trace) -> Vec<u32> {
    trace.callbacks().map(|callback| callback.context).collect()
}

#[test]
fn a_stream_shows_its_own_context_and_the_plugin_all_of_them() {
    let guest = Guest::new()
        .on_configure("(call $say_number (i32.const 1))")
        .on_request("(call $say_number (i32.const 2))");
    let mut plugin = guest.try_start(traced()).unwrap();
    let [mut first, mut second] = [(); 2].map(|()| plugin.http_stream(Properties::new()));
    get(&mut second);
    get(&mut first);
    assert_eq!(contexts(&first.trace()), [2]);
    assert_eq!(first.trace().hostcalls().count(), 1);
    assert_eq!(contexts(&plugin.trace()), [1, 3, 2]);
}

#[test]
fn a_trace_that_is_taken_is_not_kept() {
    let mut plugin = reader().try_start(traced()).unwrap();
    get(&mut plugin.http_stream(Properties::new()));
    assert_eq!(plugin.take_trace().events().len(), 3);
    assert_eq!(plugin.trace(), Trace::default());
    get(&mut plugin.http_stream(Properties::new()));
    assert_eq!(plugin.trace().events().len(), 3);
}

#[test]
fn tracing_can_begin_and_end_at_any_time() {
    let mut plugin = reader().start();
    let events = |plugin: &mut Plugin| {
        get(&mut plugin.http_stream(Properties::new()));
        plugin.trace().events().len()
    };
    assert_eq!(events(&mut plugin), 0);
    plugin.set_tracing(true);
    assert_eq!(events(&mut plugin), 3);
    plugin.set_tracing(false);
    assert_eq!(events(&mut plugin), 0);
}

#[test]
fn a_plugin_that_does_not_start_tells_what_happened() {
    let refuse = "(call $say_number (i32.const 7)) (i32.const 0)";
    let guest = Guest::new().export("proxy_on_configure", "(param i32 i32) (result i32)", refuse);
    let text = guest.try_start(traced()).unwrap_err().to_string();
    assert!(
        text.contains("\n[1] proxy_on_configure(configuration_size: 0) -> false: fuel "),
        "{text}"
    );
    assert!(
        text.contains("\n  proxy_log(level: Info, message: \"07\") -> Ok"),
        "{text}"
    );
}

#[test]
fn a_trace_costs_no_fuel() {
    let fuel = |setup| {
        let mut plugin = reader().try_start(setup).unwrap();
        let mut stream = plugin.http_stream(Properties::new());
        get(&mut stream);
        stream.fuel(Callback::RequestHeaders)
    };
    assert_eq!(fuel(traced()), fuel(PluginSetup::default()));
}

#[test]
fn the_costs_of_a_vm_know_streams_that_are_gone() {
    let grow = "(drop (memory.grow (i32.const 1))) (call $say_number (i32.const 1))";
    let mut plugin = Guest::new().on_request(grow).start();
    let before = plugin.memory_bytes();
    let fuel: u64 = (0..2)
        .map(|_| {
            let mut stream = plugin.http_stream(Properties::new());
            get(&mut stream);
            stream.fuel(Callback::RequestHeaders)
        })
        .sum();
    let costs = plugin.costs();
    let cost = costs.of(Callback::RequestHeaders);
    assert_eq!((cost.runs, cost.fuel, cost.hostcalls), (2, fuel, 2));
    assert_eq!(
        (cost.memory_growth, costs.memory_bytes()),
        (2 * 65_536, before + 2 * 65_536)
    );
    assert_eq!(costs.memory_bytes(), plugin.memory_bytes());
}

#[test]
fn a_run_knows_by_how_much_the_memory_grew() {
    let mut plugin = Guest::new()
        .on_request("(drop (memory.grow (i32.const 3)))")
        .start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    let run = &stream.runs()[0];
    assert_eq!((run.memory_growth, run.memory_bytes), (3 * 65_536, 5 * 65_536));
}
