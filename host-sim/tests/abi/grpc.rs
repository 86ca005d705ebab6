//! gRPC calls and streams that a plugin makes, and what it hears of them.

use std::time::Duration;

use spiffe_authz_host_sim::{
    CallKind, Callback, Clusters, EventError, GrpcAnswer, GrpcReceived, GrpcStatus, GrpcTarget, Headers,
    Plugin, PluginFailure, PluginSetup, Trap, TrapCause,
};

use crate::guest::{Guest, SLOT, WILD, said, say_status};

/// Where the number of a call is written.
const ID: &str = "(i32.const 32)";
const SAY_ID: &str = "(call $say_number (i32.load (i32.const 32)))";
/// `GrpcService` with `envoy_grpc`.
const SERVICE: &[u8] = b"\x0a\x08\x0a\x06signer";
const NO_SERVICE: &[u8] = b"\x0a\x07\x0a\x05other";

const SAY_ARGUMENTS: &str = "(call $say_number (local.get 0)) (call $say_number (local.get 1)) \
    (call $say_number (local.get 2))";
const SAY_CALL_STATUS: &str = "(call $say_number (call $get_status (i32.const 40) (i32.const 0) (i32.const 4))) \
    (call $say_number (i32.load (i32.const 40))) (call $say_slot)";

fn say_message() -> String {
    say_status(&format!(
        "(call $get_buffer (i32.const 5) (i32.const 0) (i32.const 99) {SLOT})"
    )) + "(call $say_slot)"
}

fn say_metadata(map: u32, name: &str) -> String {
    say_status(&format!("(call $get_value (i32.const {map}) {name} {SLOT})")) + "(call $say_slot)"
}

/// The first five of the arguments of a call, and all but the last of a stream.
fn head(guest: &mut Guest, target: &[u8]) -> String {
    let target = guest.bytes(target);
    let [service, method] = ["sign.Signer", "Sign"].map(|name| guest.bytes(name.as_bytes()));
    let metadata = guest.pairs(&[("k", "v")]);
    format!("{target} {service} {method} {metadata}")
}

fn call(guest: &mut Guest, target: &[u8], timeout: u32) -> String {
    let head = head(guest, target);
    let message = guest.bytes(b"ping");
    say_status(&format!(
        "(call $grpc_call {head} {message} (i32.const {timeout}) {ID})"
    )) + SAY_ID
}

fn stream(guest: &mut Guest, target: &[u8]) -> String {
    let head = head(guest, target);
    say_status(&format!("(call $grpc_stream {head} {ID})")) + SAY_ID
}

/// A plugin that does this when it is configured, and tells everything that it receives by a letter and numbers.
fn receiver(mut guest: Guest, does: &str) -> Plugin {
    let callbacks = [
        ("i", "receive_initial_metadata", 4),
        ("m", "receive", 0),
        ("t", "receive_trailing_metadata", 5),
    ];
    let name = guest.bytes(b"k");
    for (letter, callback, map) in callbacks {
        let letter = guest.bytes(letter.as_bytes());
        let content = match map {
            0 => say_message(),
            map => say_metadata(map, &name),
        };
        let body = format!("(call $say {letter}) {SAY_ARGUMENTS} {content}");
        guest = guest.export(&format!("proxy_on_grpc_{callback}"), "(param i32 i32 i32)", &body);
    }
    let letter = guest.bytes(b"c");
    let close = format!("(call $say {letter}) {SAY_ARGUMENTS} {SAY_CALL_STATUS}");
    let guest = guest.export("proxy_on_grpc_close", "(param i32 i32 i32)", &close);
    let setup = PluginSetup {
        clusters: Clusters::new().with("signer").with_no_host("no-host"),
        ..PluginSetup::default()
    };
    guest.on_configure(does).try_start(setup).unwrap()
}

fn caller(target: &[u8], timeout: u32) -> Plugin {
    let mut guest = Guest::new();
    let call = call(&mut guest, target, timeout);
    receiver(guest, &call)
}

/// A plugin with a stream, which does these hostcalls besides.
fn streamer(does: impl FnOnce(&mut Guest) -> String) -> Plugin {
    let mut guest = Guest::new();
    let stream = stream(&mut guest, SERVICE);
    let does = does(&mut guest);
    receiver(guest, &format!("{stream} {does}"))
}

fn send(guest: &mut Guest, id: u32, message: &str, end: u32) -> String {
    let message = guest.bytes(message.as_bytes());
    say_status(&format!(
        "(call $grpc_send (i32.const {id}) {message} (i32.const {end}))"
    ))
}

fn end(how: &str, id: u32) -> String {
    say_status(&format!("(call ${how} (i32.const {id}))"))
}

#[test]
fn a_call_waits_with_everything_that_the_plugin_gave() {
    for target in [SERVICE, b"signer"] {
        let plugin = caller(target, 250);
        assert_eq!(said(&plugin), ["00", "05"]);
        let [call] = plugin.grpc_calls().try_into().unwrap();
        assert_eq!((call.id, call.context), (5, 1));
        assert_eq!(call.request.target, GrpcTarget::Cluster("signer".to_owned()));
        assert_eq!(call.request.path(), "/sign.Signer/Sign");
        assert_eq!(call.request.initial_metadata, Headers::from_iter([("k", "v")]));
        assert_eq!(call.message_text(), "ping");
        assert_eq!(call.timeout, Some(Duration::from_millis(250)));
    }
}

#[test]
fn a_service_that_is_neither_message_nor_cluster_is_a_parse_failure() {
    let plugin = caller(b"grpc", 0);
    assert_eq!(said(&plugin), ["04", "00"]);
    assert_eq!(plugin.grpc_calls(), []);
}

#[test]
fn a_call_to_a_cluster_that_is_not_there_fails_and_is_closed_besides() {
    let plugin = caller(NO_SERVICE, 0);
    let closed = ["c", "01", "05", "14", "00", "14", "Cluster not available"];
    assert_eq!(said(&plugin), [&["10", "00"][..], &closed].concat());
}

#[test]
fn a_call_is_told_of_its_message_alone() {
    let mut plugin = caller(SERVICE, 0);
    plugin.take_logs();
    plugin.answer_grpc_call(5, GrpcAnswer::message("pong")).unwrap();
    assert_eq!(said(&plugin), ["m", "01", "05", "04", "00", "pong"]);
    let over = EventError::NotPending {
        kind: CallKind::GrpcCall,
        id: 5,
    };
    assert_eq!(plugin.answer_grpc_call(5, GrpcAnswer::message("")), Err(over));
}

#[test]
fn a_failed_call_is_told_of_its_status_alone() {
    let mut plugin = caller(SERVICE, 0);
    plugin.take_logs();
    let denied = GrpcAnswer::failed(GrpcStatus::PermissionDenied, "no key");
    plugin.answer_grpc_call(5, denied).unwrap();
    assert_eq!(
        said(&plugin),
        ["c", "01", "05", "07", "00", "07", "no key{via_upstream}"]
    );
    assert_eq!(plugin.grpc_calls(), []);
}

#[test]
fn an_answer_of_status_0_without_message_is_an_internal_failure() {
    let mut plugin = caller(SERVICE, 0);
    plugin.take_logs();
    plugin
        .answer_grpc_call(5, GrpcAnswer::failed(GrpcStatus::Ok, "fine"))
        .unwrap();
    assert_eq!(said(&plugin), ["c", "01", "05", "13", "00", "13", ""]);
}

#[test]
fn a_call_without_answer_in_time_is_unavailable() {
    let mut plugin = caller(SERVICE, 30);
    plugin.take_logs();
    plugin.advance(Duration::from_millis(29)).unwrap();
    assert_eq!(said(&plugin), [""; 0]);
    plugin.advance(Duration::from_millis(1)).unwrap();
    assert_eq!(
        said(&plugin),
        [
            "c",
            "01",
            "05",
            "14",
            "00",
            "14",
            "upstream request timeout{response_timeout}"
        ]
    );
}

#[test]
fn a_call_can_be_given_up_once() {
    for how in ["grpc_cancel", "grpc_close"] {
        let mut guest = Guest::new();
        let does = call(&mut guest, SERVICE, 0) + &end(how, 5) + &end(how, 5);
        let plugin = receiver(guest, &does);
        assert_eq!(said(&plugin), ["00", "05", "00", "01"], "{how}");
        assert_eq!(plugin.grpc_calls(), []);
    }
}

#[test]
fn a_stream_sends_messages_until_it_ends() {
    let plugin = streamer(|guest| {
        [("one", 0), ("two", 1), ("three", 0)]
            .map(|(message, end)| send(guest, 6, message, end))
            .concat()
    });
    assert_eq!(said(&plugin), ["00", "06", "00", "00", "00"]);
    let [stream] = plugin.grpc_streams().try_into().unwrap();
    assert_eq!((stream.id, stream.context, stream.ended), (6, 1, true));
    assert_eq!(stream.request.path(), "/sign.Signer/Sign");
    assert_eq!(stream.sent, [b"one", b"two"]);
}

#[test]
fn a_number_of_another_kind_is_a_bad_argument_and_one_of_no_stream_is_not_found() {
    let plugin = streamer(|guest| {
        let sends = [4, 5, 7, 10].map(|id| send(guest, id, "", 0)).concat();
        let ends = ["grpc_close", "grpc_cancel"].map(|how| [4, 5, 7, 10].map(|id| end(how, id)).concat());
        sends + &ends.concat()
    });
    let sent = ["02", "02", "02", "01"];
    let ended = ["02", "01", "02", "01"];
    assert_eq!(said(&plugin)[2..], [sent, ended, ended].concat());
}

#[test]
fn a_stream_receives_metadata_messages_and_its_end() {
    let mut plugin = streamer(|_| String::new());
    plugin.take_logs();
    let events = [
        GrpcReceived::initial_metadata(&[("k", "first"), ("l", "")]),
        GrpcReceived::message("pong"),
        GrpcReceived::message(""),
        GrpcReceived::Closed {
            trailing_metadata: Headers::from_iter([("k", "last")]),
            status: GrpcStatus::DataLoss,
            message: b"lost".to_vec(),
        },
    ];
    for event in events {
        plugin.receive_grpc(6, event).unwrap();
    }
    let messages = [
        "m", "01", "06", "04", "00", "pong", "m", "01", "06", "00", "00", "",
    ];
    let initial = ["i", "01", "06", "02", "00", "first"];
    let trailing = ["t", "01", "06", "01", "00", "last"];
    let closed = ["c", "01", "06", "15", "00", "15", "lost{via_upstream}"];
    assert_eq!(
        said(&plugin),
        [&initial[..], &messages, &trailing, &closed].concat()
    );
    let over = EventError::NotPending {
        kind: CallKind::GrpcStream,
        id: 6,
    };
    assert_eq!(plugin.receive_grpc(6, GrpcReceived::message("")), Err(over));
}

#[test]
fn a_stream_that_the_plugin_closed_still_receives_and_a_cancelled_one_does_not() {
    let mut closed = streamer(|_| end("grpc_close", 6));
    let ended: Vec<_> = closed.grpc_streams().iter().map(|stream| stream.ended).collect();
    assert_eq!(ended, [true]);
    closed.receive_grpc(6, GrpcReceived::message("pong")).unwrap();
    closed
        .receive_grpc(6, GrpcReceived::closed(GrpcStatus::Ok, ""))
        .unwrap();

    let mut cancelled = streamer(|_| end("grpc_cancel", 6) + &end("grpc_cancel", 6));
    assert_eq!(said(&cancelled)[2..], ["00", "01"]);
    assert!(cancelled.receive_grpc(6, GrpcReceived::message("pong")).is_err());
}

#[test]
fn a_stream_is_known_until_both_sides_have_closed_it() {
    let mut guest = Guest::new();
    let begin = stream(&mut guest, SERVICE);
    let on_tick = send(&mut guest, 6, "late", 0) + &end("grpc_close", 6) + &end("grpc_close", 6);
    let guest = guest.export("proxy_on_tick", "(param i32)", &on_tick);
    let mut plugin = receiver(guest, &format!("{begin} (drop (call $set_period (i32.const 1)))"));
    plugin
        .receive_grpc(6, GrpcReceived::closed(GrpcStatus::Ok, ""))
        .unwrap();
    plugin.take_logs();
    plugin.tick().unwrap();
    assert_eq!(said(&plugin), ["00", "00", "01"]);
}

#[test]
fn a_stream_to_a_cluster_without_host_fails_and_hears_of_an_answer_besides() {
    let mut guest = Guest::new();
    let begin = stream(&mut guest, b"no-host");
    let plugin = receiver(guest, &begin);
    assert_eq!(said(&plugin)[..2], ["10", "00"]);
    assert_eq!(
        said(&plugin)[2..],
        [
            "i",
            "01",
            "06",
            "00",
            "01",
            "",
            "t",
            "01",
            "06",
            "04",
            "01",
            "",
            "c",
            "01",
            "06",
            "14",
            "00",
            "14",
            "no healthy upstream{no_healthy_upstream}"
        ]
    );
}

#[test]
fn every_argument_is_checked_against_memory() {
    let mut guest = Guest::new();
    let good: [String; 5] = [SERVICE, b"s", b"m", b"", b"message"].map(|bytes| guest.bytes(bytes));
    let arguments = |wild: usize, count: usize| -> String {
        let given = (0..count).map(|place| if place == wild { WILD } else { &good[place] });
        given.collect::<Vec<_>>().join(" ")
    };
    let mut calls = String::new();
    for wild in 0..5 {
        let call = format!("(call $grpc_call {} (i32.const 0) {ID})", arguments(wild, 5));
        calls += &say_status(&call);
    }
    for wild in 0..4 {
        calls += &say_status(&format!("(call $grpc_stream {} {ID})", arguments(wild, 4)));
    }
    calls += &say_status(&format!("(call $grpc_send (i32.const 6) {WILD} (i32.const 0))"));
    let plugin = receiver(guest, &calls);
    assert_eq!(said(&plugin), ["06"; 10]);
    assert_eq!((plugin.grpc_calls(), plugin.grpc_streams()), (vec![], vec![]));
}

#[test]
fn a_service_that_names_no_target_is_not_served() {
    let mut guest = Guest::new();
    let call = call(&mut guest, b"", 0);
    let error = guest
        .on_configure(&call)
        .try_start(PluginSetup::default())
        .unwrap_err();
    let hostcall = "proxy_grpc_call";
    let trap = Trap {
        callback: Callback::Configure,
        cause: TrapCause::NotServed { hostcall },
    };
    assert_eq!(error.failure, PluginFailure::Trapped(trap));
}

#[test]
fn a_message_can_be_changed_during_its_callback_alone() {
    let mut guest = Guest::new();
    let call = call(&mut guest, SERVICE, 0);
    let front = guest.bytes(b"<");
    let set = say_status(&format!(
        "(call $set_buffer (i32.const 5) (i32.const 0) (i32.const 0) {front})"
    ));
    let read = say_message();
    let setup = PluginSetup {
        clusters: Clusters::new().with("signer"),
        ..PluginSetup::default()
    };
    let receives = format!("{set} {read}");
    let mut plugin = guest
        .on_configure(&format!("{call} {set}"))
        .export("proxy_on_grpc_receive", "(param i32 i32 i32)", &receives)
        .try_start(setup)
        .unwrap();
    plugin.answer_grpc_call(5, GrpcAnswer::message("pong")).unwrap();
    assert_eq!(said(&plugin)[2..], ["02", "00", "00", "<pong"]);
}
