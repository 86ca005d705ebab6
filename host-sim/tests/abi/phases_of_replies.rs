//! Local replies by the phase of the stream. What is expected was measured on Envoy 1.40 with plugins like these.

use spiffe_authz_host_sim::{EndOfStream, Outcome, Plugin, Progress, Properties, Stream};

use crate::chronicle::{
    CONTINUE_REQUEST, CONTINUE_RESPONSE, HOLD, PASS, chronicle, chronicler, for_stream, say_buffer,
};
use crate::guest::{GET, Guest};

const OK: [(&str, &str); 1] = [(":status", "200")];
const NOTHING: &str = "(i32.const 0) (i32.const 0)";

/// A reply with this status, details and body.
fn reply(guest: &mut Guest, status: u32, details: &str, body: &str) -> String {
    let [details, body] = [details, body].map(|text| guest.bytes(text.as_bytes()));
    format!("(drop (call $reply (i32.const {status}) {details} {body} {NOTHING} (i32.const -1)))")
}

/// A guest, and a reply of it with status 403, details `first` and body `no`.
fn denier() -> (Guest, String) {
    let mut guest = Guest::new();
    let reply = reply(&mut guest, 403, "first", "no");
    (guest, reply)
}

fn begun(plugin: &mut Plugin) -> Stream {
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(&GET, EndOfStream::No);
    stream
}

/// Status and body that the client gets, and the details that are logged.
fn sent(stream: &Stream) -> (String, String, String) {
    let message = stream.sent_downstream();
    let status = message.headers.unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let details = stream.response_code_details().unwrap_or_default();
    (
        text(status.get(":status").unwrap_or_default()),
        text(&message.body),
        text(&details),
    )
}

fn sent_as(status: &str, body: &str, details: &str) -> (String, String, String) {
    (status.to_owned(), body.to_owned(), details.to_owned())
}

#[test]
fn a_reply_to_any_part_of_a_request_passes_the_plugin_with_headers_and_body() {
    for callback in ["request_headers", "request_body", "request_trailers"] {
        let (guest, reply) = denier();
        let body = say_buffer(1);
        let does = [(callback, reply.as_str(), PASS), ("response_body", &body, PASS)];
        let mut plugin = chronicler(guest, &does);
        let mut stream = begun(&mut plugin);
        stream.request_body("abc", EndOfStream::No);
        stream.request_trailers(&[("t", "1")]);
        assert_eq!(sent(&stream), sent_as("403", "no", "first"), "{callback}");
        let lines = chronicle(&mut plugin);
        assert_eq!(
            lines[lines.len() - 2..],
            ["response_headers 02 03 00", "response_body 02 02 01 00 no"]
        );
        assert!(matches!(stream.request(), Progress::Answered(_)));
        assert!(matches!(stream.response(), Progress::Answered(_)));
        assert!(
            !stream.sent_upstream().ended,
            "the rest never reaches the application"
        );
    }
}

#[test]
fn a_plugin_changes_its_own_reply_on_its_way_out() {
    let (mut guest, reply) = denier();
    let data = guest.bytes(b"never");
    let set = format!("(drop (call $set_buffer (i32.const 1) (i32.const 0) (i32.const 99) {data}))");
    let does = [
        ("request_headers", reply.as_str(), PASS),
        ("response_body", &set, PASS),
    ];
    let mut plugin = chronicler(guest, &does);
    assert_eq!(sent(&begun(&mut plugin)), sent_as("403", "never", "first"));
}

#[test]
fn a_reply_to_the_headers_of_a_response_takes_its_place_and_goes_out_directly() {
    let (guest, reply) = denier();
    let mut plugin = chronicler(guest, &[("response_headers", &reply, PASS)]);
    let mut stream = begun(&mut plugin);
    let outcome = stream.response_headers(&OK, EndOfStream::No);
    assert!(matches!(outcome, Outcome::LocalReply(_)));
    assert_eq!(sent(&stream), sent_as("403", "no", "first"));
    assert_eq!(stream.response_body("one", EndOfStream::Yes), Outcome::OutOfOrder);
    assert_eq!(chronicle(&mut plugin)[2..], ["response_headers 02 01 00"]);
}

#[test]
fn a_reply_behind_the_headers_of_a_response_resets_the_stream() {
    for callback in ["response_body", "response_trailers"] {
        let (guest, reply) = denier();
        let mut plugin = chronicler(guest, &[(callback, &reply, PASS)]);
        let mut stream = begun(&mut plugin);
        stream.response_headers(&OK, EndOfStream::No);
        stream.response_body("one", EndOfStream::No);
        stream.response_trailers(&[("t", "1")]);
        assert_eq!(stream.response(), Progress::Closed);
        assert_eq!(stream.local_reply(), None, "it never goes out");
        assert_eq!(sent(&stream).0, "200");
        assert_eq!(sent(&stream).2, "first", "but its details are logged");
        assert!(!stream.sent_downstream().ended);
    }
}

#[test]
fn a_second_reply_on_the_way_of_the_first_goes_out_instead() {
    let (mut guest, first) = denier();
    let second = reply(&mut guest, 404, "second", "none");
    let does = [
        ("request_headers", first.as_str(), PASS),
        ("response_headers", &second, PASS),
    ];
    let mut plugin = chronicler(guest, &does);
    let stream = begun(&mut plugin);
    assert_eq!(sent(&stream), sent_as("404", "none", "second"));
    assert_eq!(
        chronicle(&mut plugin)[2..],
        ["response_headers 02 03 00"],
        "no body of either"
    );
}

#[test]
fn the_first_of_two_replies_in_a_callback_of_the_request_goes_out_under_the_details_of_the_second() {
    for callback in ["request_headers", "request_body", "request_trailers"] {
        let (mut guest, first) = denier();
        let both = first + &reply(&mut guest, 404, "second", "none") + CONTINUE_REQUEST;
        let mut plugin = chronicler(guest, &[(callback, &both, PASS)]);
        let mut stream = begun(&mut plugin);
        stream.request_body("abc", EndOfStream::No);
        stream.request_trailers(&[("t", "1")]);
        assert_eq!(sent(&stream), sent_as("403", "no", "second"), "{callback}");
        assert_eq!(stream.local_reply().unwrap().details, b"second");
        assert!(
            !stream.sent_upstream().ended,
            "a request that was answered cannot go on"
        );
        let lines = chronicle(&mut plugin);
        assert_eq!(
            lines[lines.len() - 2..],
            ["response_headers 02 03 00", "response_body 02 02 01"]
        );
    }
}

#[test]
fn the_second_of_two_replies_from_a_tick_goes_out() {
    let (mut guest, first) = denier();
    let both = for_stream(&(first + &reply(&mut guest, 404, "second", "none")));
    let does = [("request_headers", "", HOLD), ("tick", both.as_str(), "")];
    let mut plugin = chronicler(guest, &does);
    let stream = begun(&mut plugin);
    plugin.tick().unwrap();
    assert_eq!(sent(&stream), sent_as("404", "none", "second"));
    assert_eq!(
        chronicle(&mut plugin)[2..],
        ["tick 01 00", "response_headers 02 03 00"]
    );
}

#[test]
fn a_reply_while_the_context_is_made_goes_out_behind_the_first_callback() {
    let (guest, reply) = denier();
    let in_stream = format!("(if (local.get 1) (then {reply}))");
    let mut plugin = chronicler(guest, &[("context_create", &in_stream, "")]);
    assert_eq!(sent(&begun(&mut plugin)), sent_as("403", "no", "first"));
    assert_eq!(chronicle(&mut plugin)[1], "request_headers 02 02 00");
}

#[test]
fn a_paused_request_is_answered_from_a_tick_and_cannot_go_on() {
    let (guest, reply) = denier();
    let tick = for_stream(&reply);
    let does = [("request_headers", "", HOLD), ("tick", tick.as_str(), "")];
    let mut plugin = chronicler(guest, &does);
    let mut stream = begun(&mut plugin);
    plugin.tick().unwrap();
    assert_eq!(sent(&stream), sent_as("403", "no", "first"));
    assert_eq!(stream.request_body("abc", EndOfStream::Yes), Outcome::OutOfOrder);
    assert_eq!(stream.sent_upstream(), Default::default());
    assert_eq!(
        chronicle(&mut plugin)[2..],
        [
            "tick 01 00",
            "response_headers 02 03 00",
            "response_body 02 02 01"
        ]
    );
}

#[test]
fn a_held_response_is_replaced_from_a_tick() {
    let (guest, reply) = denier();
    let tick = for_stream(&reply);
    let does = [("response_headers", "", HOLD), ("tick", tick.as_str(), "")];
    let mut plugin = chronicler(guest, &does);
    let mut stream = begun(&mut plugin);
    stream.response_headers(&OK, EndOfStream::No);
    stream.response_body("one", EndOfStream::No);
    plugin.tick().unwrap();
    assert_eq!(sent(&stream), sent_as("403", "no", "first"));
}

#[test]
fn a_held_body_of_a_response_is_lost_with_the_stream_when_a_tick_replies() {
    let (guest, reply) = denier();
    let tick = for_stream(&reply);
    let does = [("response_body", "", HOLD), ("tick", tick.as_str(), "")];
    let mut plugin = chronicler(guest, &does);
    let mut stream = begun(&mut plugin);
    stream.response_headers(&OK, EndOfStream::No);
    stream.response_body("one", EndOfStream::No);
    plugin.tick().unwrap();
    assert_eq!(stream.response(), Progress::Closed);
    assert_eq!(sent(&stream), sent_as("200", "", "first"));
}

#[test]
fn a_plugin_holds_its_own_reply_and_lets_it_go() {
    for (callback, body_before) in [("response_headers", false), ("response_body", true)] {
        let (guest, reply) = denier();
        let tick = for_stream(CONTINUE_RESPONSE);
        let does = [
            ("request_headers", reply.as_str(), PASS),
            (callback, "", HOLD),
            ("tick", &tick, ""),
        ];
        let mut plugin = chronicler(guest, &does);
        let stream = begun(&mut plugin);
        assert_eq!(stream.response(), Progress::Paused);
        assert_eq!(stream.sent_downstream().headers.is_some(), body_before);
        plugin.tick().unwrap();
        assert_eq!(sent(&stream), sent_as("403", "no", "first"), "{callback}");
        assert!(matches!(stream.response(), Progress::Answered(_)));
    }
}

#[test]
fn a_reply_in_a_root_callback_is_for_nobody_and_stops_no_stream() {
    let (guest, reply) = denier();
    let mut plugin = chronicler(guest, &[("tick", &reply, "")]);
    plugin.tick().unwrap();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(stream.request_headers(&GET, EndOfStream::Yes), Outcome::Continue);
}

#[test]
fn a_reply_of_another_stream_stops_the_one_whose_callback_it_is() {
    let (guest, reply) = denier();
    let body = format!(
        "(if (i32.eq (local.get 0) (i32.const 3)) (then {}))",
        for_stream(&reply)
    );
    let mut plugin = chronicler(
        guest,
        &[("request_headers", &body, "(i32.eq (local.get 0) (i32.const 2))")],
    );
    let first = begun(&mut plugin);
    let second = begun(&mut plugin);
    assert_eq!(sent(&first), sent_as("403", "no", "first"));
    assert_eq!(second.request(), Progress::Paused, "it returned to go on");
    assert_eq!(second.local_reply(), None);
}

#[test]
fn a_reply_when_the_stream_has_ended_is_for_nobody() {
    let (guest, reply) = denier();
    let does = [
        ("log", reply.as_str(), ""),
        ("done", &reply, PASS),
        ("delete", &reply, ""),
    ];
    let mut plugin = chronicler(guest, &does);
    let mut stream = begun(&mut plugin);
    stream.finish().unwrap();
    assert_eq!(stream.local_reply(), None);
    assert_eq!(chronicle(&mut plugin)[2..], ["log 02", "done 02", "delete 02"]);
}
