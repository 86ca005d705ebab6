//! TCP streams. What is expected of the chronicles was measured on Envoy 1.40 with these same plugins.

use spiffe_authz_host_sim::{
    Callback, Connection, EndOfStream, PeerCertificate, PeerType, Plugin, Properties, TcpOutcome, TcpStream,
    Trap, TrapCause,
};

use crate::guest::{Guest, SLOT, said, say_status};

const CALLBACKS: [(&str, usize, bool); 9] = [
    ("context_create", 2, false),
    ("new_connection", 1, true),
    ("downstream_data", 3, true),
    ("upstream_data", 3, true),
    ("downstream_connection_close", 2, false),
    ("upstream_connection_close", 2, false),
    ("log", 1, false),
    ("done", 1, true),
    ("delete", 1, false),
];

/// What a callback does behind its line in the chronicle, and the action that it returns.
type Does<'b> = (&'b str, &'b str, &'b str);

/// A plugin that logs every callback of a stream with its arguments, and does these things besides.
fn chronicler(mut guest: Guest, does: &[Does<'_>]) -> Plugin {
    for (name, arguments, returns) in CALLBACKS {
        let text = guest.bytes(name.as_bytes());
        let own = does.iter().find(|(callback, ..)| *callback == name);
        let (body, action) = own.map_or(("", "(i32.const 0)"), |(_, body, action)| (*body, *action));
        let arguments_said: String = (0..arguments)
            .map(|argument| format!("(call $say_number (local.get {argument}))"))
            .collect();
        let (result, action) = if returns {
            ("(result i32)", action)
        } else {
            ("", "")
        };
        let signature = format!("(param {}) {result}", "i32 ".repeat(arguments));
        let body = format!("(call $say {text}) {arguments_said} {body} {action}");
        guest = guest.export(&format!("proxy_on_{name}"), &signature, &body);
    }
    let mut plugin = guest.start();
    plugin.take_logs();
    plugin
}

/// One line a callback: its name, and the numbers and bytes that it logged.
fn chronicle(plugin: &Plugin) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in said(plugin) {
        match lines.last_mut() {
            Some(last) if CALLBACKS.iter().all(|(name, ..)| *name != line) => {
                *last = format!("{last} {line}")
            }
            Some(_) | None => lines.push(line),
        }
    }
    lines
}

fn connected(plugin: &mut Plugin) -> TcpStream {
    let mut stream = plugin.tcp_stream(Properties::new());
    assert_eq!(stream.new_connection(), TcpOutcome::Continue);
    stream
}

const PASS: &str = "(i32.const 0)";
const HOLD: &str = "(i32.const 1)";
/// Holds until there are ten bytes.
const HOLD_TEN: &str = "(i32.lt_u (local.get 1) (i32.const 10))";
const CLOSE: &str = "(call $say_number (call $close (i32.const 2)))";

/// The status of reading a buffer, and its bytes.
fn say_buffer(buffer: u32) -> String {
    let call = format!("(call $get_buffer (i32.const {buffer}) (i32.const 0) (i32.const 99) {SLOT})");
    say_status(&call) + "(call $say_slot)"
}

#[test]
fn a_stream_is_told_of_its_connection_its_bytes_and_its_ends() {
    let mut plugin = chronicler(Guest::new(), &[]);
    let mut stream = plugin.tcp_stream(Properties::new());
    assert_eq!(stream.new_connection(), TcpOutcome::Continue);
    assert_eq!(
        stream.downstream_data("ping", EndOfStream::No),
        TcpOutcome::Continue
    );
    assert_eq!(
        stream.upstream_data("pong!", EndOfStream::No),
        TcpOutcome::Continue
    );
    assert_eq!(stream.downstream_data("", EndOfStream::Yes), TcpOutcome::Continue);
    assert_eq!(stream.upstream_data("", EndOfStream::Yes), TcpOutcome::Continue);
    stream.close(PeerType::Local).unwrap();
    stream.finish().unwrap();
    drop(stream);
    let expected = [
        "context_create 02 01",
        "new_connection 02",
        "downstream_data 02 04 00",
        "upstream_data 02 05 00",
        "downstream_data 02 00 01",
        "upstream_data 02 00 01",
        "upstream_connection_close 02 00",
        "downstream_connection_close 02 01",
        "done 02",
        "log 02",
        "delete 02",
    ];
    assert_eq!(chronicle(&plugin), expected);
}

#[test]
fn what_passes_the_plugin_reaches_the_other_peer() {
    let mut plugin = Guest::new().start();
    let mut stream = connected(&mut plugin);
    stream.downstream_data("ab", EndOfStream::No);
    stream.downstream_data("cd", EndOfStream::No);
    stream.upstream_data(b"\xff\0", EndOfStream::No);
    assert_eq!(stream.sent_upstream(), b"abcd");
    assert_eq!(stream.sent_downstream(), b"\xff\0");
    assert!(stream.runs().is_empty());
}

#[test]
fn a_stream_that_is_dropped_is_closed_by_its_client() {
    let mut plugin = chronicler(Guest::new(), &[]);
    drop(connected(&mut plugin));
    assert_eq!(chronicle(&plugin)[2], "downstream_connection_close 02 02");
    assert_eq!(chronicle(&plugin).len(), 6);
}

#[test]
fn a_stream_without_a_connection_never_reaches_the_guest() {
    let mut plugin = chronicler(Guest::new(), &[]);
    let mut stream = plugin.tcp_stream(Properties::new());
    assert_eq!(
        stream.downstream_data("x", EndOfStream::No),
        TcpOutcome::OutOfOrder
    );
    assert_eq!(stream.upstream_data("x", EndOfStream::No), TcpOutcome::OutOfOrder);
    stream.finish().unwrap();
    assert_eq!(stream.new_connection(), TcpOutcome::OutOfOrder);
    assert_eq!(said(&plugin), [""; 0]);
}

#[test]
fn a_plugin_that_closes_the_connection_is_told_of_it_and_ended_at_once() {
    let mut plugin = chronicler(Guest::new(), &[("downstream_data", CLOSE, PASS)]);
    let mut stream = connected(&mut plugin);
    assert_eq!(
        stream.downstream_data("ping", EndOfStream::No),
        TcpOutcome::Closed
    );
    assert_eq!(
        stream.sent_upstream(),
        b"",
        "nothing passes, whatever it returned"
    );
    assert_eq!(stream.upstream_data("x", EndOfStream::No), TcpOutcome::OutOfOrder);
    stream.finish().unwrap();
    let expected = [
        "context_create 02 01",
        "new_connection 02",
        "downstream_data 02 04 00 00",
        "downstream_connection_close 02 01",
        "done 02",
        "log 02",
        "delete 02",
    ];
    assert_eq!(chronicle(&plugin), expected);
}

#[test]
fn a_connection_can_be_closed_when_it_is_new_or_bytes_come_by_either_of_its_sides() {
    for side in [2, 3] {
        let close = format!("(call $say_number (call $close (i32.const {side})))");
        let outcome = |callback: &str, event: fn(&mut TcpStream) -> TcpOutcome| {
            let mut plugin = chronicler(Guest::new(), &[(callback, close.as_str(), HOLD)]);
            event(&mut plugin.tcp_stream(Properties::new()))
        };
        let new = outcome("new_connection", TcpStream::new_connection);
        let upstream = outcome("upstream_data", |stream| {
            stream.new_connection();
            stream.upstream_data("x", EndOfStream::No)
        });
        assert_eq!(
            [new, upstream],
            [TcpOutcome::Closed, TcpOutcome::Closed],
            "side {side}"
        );
    }
}

#[test]
fn the_end_of_the_upstream_is_told_to_a_deleted_context_if_the_plugin_closed_on_its_last_bytes() {
    let mut plugin = chronicler(Guest::new(), &[("upstream_data", CLOSE, HOLD)]);
    let mut stream = connected(&mut plugin);
    assert_eq!(
        stream.upstream_data("hello", EndOfStream::Yes),
        TcpOutcome::Closed
    );
    let expected = [
        "upstream_data 02 05 01 00",
        "downstream_connection_close 02 01",
        "done 02",
        "log 02",
        "delete 02",
        "upstream_connection_close 02 00",
    ];
    assert_eq!(chronicle(&plugin)[2..], expected);
}

#[test]
fn a_plugin_that_closes_when_it_is_told_the_end_of_the_upstream_hears_nothing_behind_its_own() {
    let mut plugin = chronicler(
        Guest::new(),
        &[
            ("upstream_data", "", HOLD),
            ("upstream_connection_close", CLOSE, ""),
        ],
    );
    let mut stream = connected(&mut plugin);
    assert_eq!(
        stream.upstream_data("hello", EndOfStream::Yes),
        TcpOutcome::Closed
    );
    assert_eq!(stream.sent_downstream(), b"");
    let expected = [
        "upstream_data 02 05 01",
        "upstream_connection_close 02 00 00",
        "downstream_connection_close 02 01",
        "done 02",
        "log 02",
        "delete 02",
    ];
    assert_eq!(chronicle(&plugin)[2..], expected);
}

#[test]
fn bytes_that_are_held_come_again_with_those_that_follow() {
    let (downstream, upstream) = (say_buffer(2), [say_buffer(2), say_buffer(3)].concat());
    let mut plugin = chronicler(
        Guest::new(),
        &[
            ("downstream_data", downstream.as_str(), HOLD_TEN),
            ("upstream_data", upstream.as_str(), HOLD_TEN),
        ],
    );
    let mut stream = connected(&mut plugin);
    assert_eq!(
        stream.downstream_data("12345", EndOfStream::No),
        TcpOutcome::Pause
    );
    assert_eq!(stream.sent_upstream(), b"");
    assert_eq!(stream.upstream_data("hello", EndOfStream::No), TcpOutcome::Pause);
    assert_eq!(
        stream.downstream_data("67890", EndOfStream::No),
        TcpOutcome::Continue
    );
    assert_eq!(stream.sent_upstream(), b"1234567890");
    assert_eq!(
        stream.upstream_data("world", EndOfStream::No),
        TcpOutcome::Continue
    );
    assert_eq!(stream.sent_downstream(), b"helloworld");
    let expected = [
        "downstream_data 02 05 00 00 12345",
        "upstream_data 02 05 00 00 12345 00 hello",
        "downstream_data 02 10 00 00 1234567890",
        "upstream_data 02 10 00 00  00 helloworld",
    ];
    assert_eq!(
        chronicle(&plugin)[2..],
        expected,
        "what passed is no longer there"
    );
}

#[test]
fn a_new_connection_that_is_held_gets_no_bytes() {
    let mut plugin = chronicler(Guest::new(), &[("new_connection", "", HOLD)]);
    let mut stream = plugin.tcp_stream(Properties::new());
    assert_eq!(stream.new_connection(), TcpOutcome::Pause);
    assert_eq!(
        stream.downstream_data("x", EndOfStream::No),
        TcpOutcome::OutOfOrder
    );
    stream.close(PeerType::Remote).unwrap();
    assert_eq!(chronicle(&plugin).len(), 6);
}

#[test]
fn a_plugin_that_continues_the_downstream_side_lets_its_bytes_go() {
    let go_on = "(call $say_number (call $continue (i32.const 2)))";
    let does = [("downstream_data", "", HOLD), ("upstream_data", go_on, HOLD)];
    let mut plugin = chronicler(Guest::new(), &does);
    let mut stream = connected(&mut plugin);
    assert_eq!(stream.downstream_data("abcd", EndOfStream::No), TcpOutcome::Pause);
    assert_eq!(stream.upstream_data("x", EndOfStream::No), TcpOutcome::Pause);
    assert_eq!(stream.sent_upstream(), b"abcd");
    assert_eq!(stream.sent_downstream(), b"", "the upstream side is held");

    for callback in ["new_connection", "downstream_data"] {
        let mut plugin = chronicler(Guest::new(), &[(callback, go_on, HOLD)]);
        let mut stream = connected(&mut plugin);
        assert_eq!(
            stream.downstream_data("abcd", EndOfStream::No),
            TcpOutcome::Continue
        );
        assert_eq!(stream.sent_upstream(), b"abcd", "{callback}");
    }
}

#[test]
fn each_type_of_stream_answers_as_envoy_does() {
    let table = [
        ("continue", 0, "00"),
        ("continue", 1, "00"),
        ("continue", 2, "00"),
        ("continue", 3, "12"),
        ("continue", 4, "02"),
        ("close", 0, "00"),
        ("close", 1, "00"),
        ("close", 2, "00"),
        ("close", 3, "00"),
        ("close", 4, "02"),
    ];
    for (call, stream, status) in table {
        let body = say_status(&format!("(call ${call} (i32.const {stream}))"));
        let mut plugin = chronicler(Guest::new(), &[("downstream_data", body.as_str(), PASS)]);
        connected(&mut plugin).downstream_data("", EndOfStream::No);
        let line = format!("downstream_data 02 00 00 {status}");
        assert_eq!(chronicle(&plugin)[2], line, "{call} {stream}");
    }
}

#[test]
fn a_root_context_has_no_stream_to_continue_or_close() {
    let body: String = (0..3)
        .map(|stream| say_status(&format!("(call $close (i32.const {stream}))")))
        .collect();
    assert_eq!(
        said(&Guest::new().on_configure(&body).start()),
        ["00", "00", "00"]
    );
}

#[test]
fn a_plugin_can_change_the_bytes_that_it_was_given() {
    let mut guest = Guest::new();
    let data = guest.bytes(b"XYZ");
    let body: String = [
        (2, 0, 2),
        (2, 1, 2),
        (2, 99, 2),
        (3, 0, 0),
        (6, 0, 0),
        (7, 0, 0),
        (9, 0, 0),
    ]
    .map(|(buffer, start, length)| {
        let place = format!("(i32.const {buffer}) (i32.const {start}) (i32.const {length})");
        say_status(&format!("(call $set_buffer {place} {data})"))
    })
    .concat();
    let body = body + &say_buffer(2);
    let mut plugin = chronicler(guest, &[("downstream_data", body.as_str(), PASS)]);
    let mut stream = connected(&mut plugin);
    stream.downstream_data("abcd", EndOfStream::No);
    assert_eq!(stream.sent_upstream(), b"XYZcdXYZ");
    assert_eq!(
        chronicle(&plugin)[2],
        "downstream_data 02 04 00 00 02 00 02 02 01 02 00 XYZcdXYZ"
    );
}

#[test]
fn bytes_that_are_not_the_guests_change_nothing() {
    let body = "(call $say_number (call $set_buffer (i32.const 2) (i32.const 0) (i32.const 9)
        (i32.const -16) (i32.const 15)))";
    let mut plugin = chronicler(Guest::new(), &[("downstream_data", body, PASS)]);
    let mut stream = connected(&mut plugin);
    stream.downstream_data("abcd", EndOfStream::No);
    assert_eq!(stream.sent_upstream(), b"abcd");
    assert_eq!(chronicle(&plugin)[2], "downstream_data 02 04 00 06");
}

#[test]
fn a_peer_that_has_ended_sends_no_more() {
    let mut plugin = Guest::new().start();
    let mut stream = connected(&mut plugin);
    assert_eq!(stream.new_connection(), TcpOutcome::OutOfOrder, "a second one");
    for _ in 0..2 {
        stream.downstream_data("a", EndOfStream::Yes);
        stream.upstream_data("b", EndOfStream::Yes);
    }
    assert_eq!(stream.sent_upstream(), b"a");
    assert_eq!(stream.sent_downstream(), b"b");
    assert_eq!(stream.upstream_data("", EndOfStream::No), TcpOutcome::OutOfOrder);
}

#[test]
fn the_identity_is_there_when_the_handshake_is_done() {
    let mut guest = Guest::new();
    let path = guest.path(&["connection", "uri_san_peer_certificate"]);
    let (key, value) = (guest.path(&["spiffe_authz"]), guest.bytes(b"allow"));
    let read = say_status(&format!("(call $get_property {path} {SLOT})"));
    let set = say_status(&format!("(call $set_property {key} {value})"));
    let body = format!("{read} (call $say_slot) {set}");
    let mut plugin = chronicler(
        guest,
        &[
            ("new_connection", read.as_str(), PASS),
            ("downstream_data", body.as_str(), PASS),
        ],
    );
    let addresses = ("10.0.0.7:4242".parse().unwrap(), "10.0.0.9:9000".parse().unwrap());
    let mut stream = plugin.tcp_stream(Connection::plaintext(addresses.0, addresses.1).properties());
    stream.new_connection();
    let peer = PeerCertificate::valid("spiffe://cluster.local/ns/shop/sa/a");
    stream.set_properties(Connection::mtls(addresses.0, addresses.1, peer).properties());
    stream.downstream_data("", EndOfStream::No);
    let expected = [
        "new_connection 02 01",
        "downstream_data 02 00 00 00 spiffe://cluster.local/ns/shop/sa/a 00",
    ];
    assert_eq!(chronicle(&plugin)[1..], expected);
    assert_eq!(stream.filter_state("wasm.spiffe_authz"), Some(b"allow".to_vec()));
    assert_eq!(stream.property_set("spiffe_authz"), Some(b"allow".to_vec()));
    assert_eq!(stream.all_filter_state().len(), 1);
}

#[test]
fn a_trap_is_an_outcome_and_the_end_of_every_stream() {
    let mut plugin = chronicler(
        Guest::new(),
        &[("upstream_connection_close", "(unreachable)", "")],
    );
    let (mut stream, mut other) = (connected(&mut plugin), connected(&mut plugin));
    let trap = Trap {
        callback: Callback::UpstreamConnectionClose,
        cause: TrapCause::Unreachable,
    };
    let outcome = stream.upstream_data("x", EndOfStream::Yes);
    assert_eq!(outcome, TcpOutcome::Trapped(trap.clone()));
    assert_eq!(plugin.failure(), Some(trap));
    assert_eq!(other.downstream_data("x", EndOfStream::No), TcpOutcome::Failed);
    assert_eq!(
        plugin.tcp_stream(Properties::new()).new_connection(),
        TcpOutcome::Failed
    );
    let callbacks = chronicle(&plugin).len();
    stream.finish().unwrap();
    assert_eq!(chronicle(&plugin).len(), callbacks);
}

#[test]
fn an_older_configuration_lives_until_its_last_connection_is_gone() {
    let mut plugin = chronicler(Guest::new(), &[]);
    let mut stream = connected(&mut plugin);
    plugin.reconfigure("x").unwrap();
    plugin.take_logs();
    stream.finish().unwrap();
    assert_eq!(
        chronicle(&plugin)[1..],
        ["done 02", "log 02", "delete 02", "done 01"]
    );
}

#[test]
fn callbacks_of_a_tcp_stream_are_metered() {
    let mut plugin = chronicler(Guest::new(), &[("downstream_data", CLOSE, PASS)]);
    let mut stream = connected(&mut plugin);
    stream.downstream_data("x", EndOfStream::No);
    assert!(stream.fuel(Callback::DownstreamData) > 0);
    assert_eq!(stream.fuel(Callback::UpstreamData), 0);
    assert_eq!(stream.hostcalls()["proxy_close_stream"], 1);
    assert_eq!(stream.runs().len(), 7);
}
