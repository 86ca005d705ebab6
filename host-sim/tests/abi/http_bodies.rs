//! Bodies of HTTP streams. What is expected was measured on Envoy 1.40 with plugins like these.

use spiffe_authz_host_sim::{
    EndOfStream, Headers, Limits, Message, Outcome, Plugin, Progress, Properties, Stream,
};

use crate::chronicle::{HOLD, HOLD_TO_END, PASS, chronicle, chronicler, say_buffer};
use crate::guest::{Guest, say_status};

const POST: [(&str, &str); 2] = [(":method", "POST"), (":path", "/")];
const OK: [(&str, &str); 1] = [(":status", "200")];

/// A stream whose request headers went on.
fn posted(plugin: &mut Plugin) -> Stream {
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(stream.request_headers(&POST, EndOfStream::No), Outcome::Continue);
    stream
}

#[test]
fn what_passes_the_plugin_is_a_message_for_each_peer() {
    let mut plugin = Guest::new().start();
    let mut stream = posted(&mut plugin);
    stream.request_body("ab", EndOfStream::No);
    stream.request_body(b"c\xff", EndOfStream::Yes);
    stream.response_headers(&OK, EndOfStream::No);
    stream.response_body("d", EndOfStream::No);
    assert_eq!(stream.response(), Progress::Going);
    stream.response_trailers(&[("X-T", "1")]);
    let request = Message {
        headers: Some(Headers::from_iter(POST)),
        body: b"abc\xff".to_vec(),
        trailers: None,
        ended: true,
    };
    let response = Message {
        headers: Some(Headers::from_iter(OK)),
        body: b"d".to_vec(),
        trailers: Some(Headers::from_iter([("x-t", "1")])),
        ended: true,
    };
    assert_eq!(
        (stream.sent_upstream(), stream.sent_downstream()),
        (request, response)
    );
    assert_eq!(
        [stream.request(), stream.response()],
        [Progress::Ended, Progress::Ended]
    );
}

#[test]
fn a_plugin_that_lets_go_on_is_given_each_chunk_alone() {
    let (request, response) = (say_buffer(0), say_buffer(1));
    let does = [
        ("request_body", request.as_str(), PASS),
        ("response_body", response.as_str(), PASS),
    ];
    let mut plugin = chronicler(Guest::new(), &does);
    let mut stream = posted(&mut plugin);
    for (chunk, end) in [
        ("abc", EndOfStream::No),
        ("def", EndOfStream::No),
        ("", EndOfStream::Yes),
    ] {
        assert_eq!(stream.request_body(chunk, end), Outcome::Continue);
    }
    stream.response_headers(&OK, EndOfStream::No);
    stream.response_body("one", EndOfStream::Yes);
    let expected = [
        "context_create 02 01",
        "request_headers 02 02 00",
        "request_body 02 03 00 00 abc",
        "request_body 02 03 00 00 def",
        "request_body 02 00 01 00 ",
        "response_headers 02 01 00",
        "response_body 02 03 01 00 one",
    ];
    assert_eq!(chronicle(&mut plugin), expected);
}

#[test]
fn a_plugin_that_pauses_on_a_body_sees_all_of_it_that_has_come() {
    for (callback, buffer) in [("request_body", 0), ("response_body", 1)] {
        let body = say_buffer(buffer);
        let mut plugin = chronicler(Guest::new(), &[(callback, &body, HOLD_TO_END)]);
        let mut stream = posted(&mut plugin);
        let request = callback == "request_body";
        if !request {
            stream.response_headers(&OK, EndOfStream::No);
        }
        chronicle(&mut plugin);
        let mut give = |chunk: &str, end| {
            if request {
                stream.request_body(chunk, end)
            } else {
                stream.response_body(chunk, end)
            }
        };
        assert_eq!(give("abc", EndOfStream::No), Outcome::Pause);
        assert_eq!(give("def", EndOfStream::No), Outcome::Pause);
        assert_eq!(give("", EndOfStream::Yes), Outcome::Continue);
        let sent = if request {
            stream.sent_upstream()
        } else {
            stream.sent_downstream()
        };
        assert_eq!((sent.body, sent.ended), (b"abcdef".to_vec(), true));
        let expected = ["03 00 00 abc", "06 00 00 abcdef", "06 01 00 abcdef"];
        assert_eq!(
            chronicle(&mut plugin),
            expected.map(|line| format!("{callback} 02 {line}"))
        );
    }
}

#[test]
fn a_body_that_waits_is_not_past_the_plugin_but_its_headers_are() {
    let mut plugin = chronicler(Guest::new(), &[("request_body", "", HOLD)]);
    let mut stream = posted(&mut plugin);
    assert_eq!(stream.request_body("abc", EndOfStream::Yes), Outcome::Pause);
    assert_eq!(stream.request(), Progress::Paused);
    let sent = stream.sent_upstream();
    assert_eq!(
        (sent.headers.is_some(), sent.body, sent.ended),
        (true, Vec::new(), false)
    );
    assert_eq!(
        stream.response_headers(&OK, EndOfStream::Yes),
        Outcome::Continue,
        "an early answer"
    );
}

#[test]
fn the_number_2_holds_a_chunk_and_shows_only_what_follows() {
    let body = say_buffer(0);
    let action = "(select (i32.const 0) (i32.const 2) (local.get 2))";
    let mut plugin = chronicler(Guest::new(), &[("request_body", &body, action)]);
    let mut stream = posted(&mut plugin);
    stream.request_body("abc", EndOfStream::No);
    stream.request_body("def", EndOfStream::Yes);
    assert_eq!(stream.sent_upstream().body, b"abcdef");
    assert_eq!(
        chronicle(&mut plugin)[2..],
        ["request_body 02 03 00 00 abc", "request_body 02 03 01 00 def"]
    );
}

#[test]
fn any_number_from_3_on_loses_the_chunk() {
    for action in [3, 4, 99] {
        let action = format!("(i32.const {action})");
        let mut plugin = chronicler(Guest::new(), &[("request_body", "", &action)]);
        let mut stream = posted(&mut plugin);
        assert_eq!(stream.request_body("abc", EndOfStream::No), Outcome::Pause);
        assert_eq!(stream.request_trailers(&[("t", "1")]), Outcome::Continue);
        let sent = stream.sent_upstream();
        assert_eq!((sent.body, sent.ended), (Vec::new(), true), "action {action}");
    }
}

#[test]
fn a_body_is_changed_in_place_and_what_waits_keeps_the_change() {
    let mut guest = Guest::new();
    let data = guest.bytes(b"xy");
    let prepend = say_status(&format!(
        "(call $set_buffer (i32.const 0) (i32.const 0) (i32.const 0) {data})"
    ));
    let mut plugin = chronicler(guest, &[("request_body", &prepend, HOLD_TO_END)]);
    let mut stream = posted(&mut plugin);
    stream.request_body("abc", EndOfStream::No);
    stream.request_body("def", EndOfStream::No);
    stream.request_body("", EndOfStream::Yes);
    assert_eq!(stream.sent_upstream().body, b"xyxyxyabcdef");
    let expected = [
        "request_body 02 03 00 00",
        "request_body 02 08 00 00",
        "request_body 02 10 01 00",
    ];
    assert_eq!(chronicle(&mut plugin)[2..], expected);
}

#[test]
fn each_place_of_a_body_is_changed_or_a_bad_argument() {
    let mut guest = Guest::new();
    let data = guest.bytes(b"XY");
    let body: String = [(0, 2), (1, 2), (99, 2), (0, 99)]
        .map(|(start, length)| {
            let place = format!("(i32.const 1) (i32.const {start}) (i32.const {length})");
            say_status(&format!("(call $set_buffer {place} {data})")) + &say_buffer(1)
        })
        .concat();
    let mut plugin = chronicler(guest, &[("response_body", &body, PASS)]);
    let mut stream = posted(&mut plugin);
    stream.response_headers(&OK, EndOfStream::No);
    stream.response_body("abcd", EndOfStream::Yes);
    assert_eq!(
        chronicle(&mut plugin)[3],
        "response_body 02 04 01 00 00 XYcd 02 00 XYcd 00 00 XYcdXY 00 00 XY"
    );
    assert_eq!(stream.sent_downstream().body, b"XY");
}

#[test]
fn a_body_is_there_only_in_its_callback() {
    let mut guest = Guest::new();
    let data = guest.bytes(b"xy");
    let set = say_status(&format!(
        "(call $set_buffer (i32.const 0) (i32.const 0) (i32.const 0) {data})"
    ));
    let body = say_buffer(0) + &set;
    let does = [
        ("request_headers", body.as_str(), PASS),
        ("response_headers", &body, PASS),
        ("log", &body, ""),
    ];
    let mut plugin = chronicler(guest, &does);
    let mut stream = posted(&mut plugin);
    stream.request_body("abc", EndOfStream::Yes);
    stream.response_headers(&OK, EndOfStream::Yes);
    stream.finish().unwrap();
    let lines = chronicle(&mut plugin);
    let empty = |line: &str| line.ends_with(" 00  02");
    assert!([1, 3, 4].iter().all(|at| empty(&lines[*at])), "{lines:?}");
}

/// A plugin that does this on bodies or headers, and may gather 5 bytes.
fn within_5_bytes(callback: &str, action: &str) -> Plugin {
    let limits = Limits {
        gathered_body_bytes: 5,
        ..Limits::default()
    };
    let signature = "(param i32 i32 i32) (result i32)";
    let guest = Guest::new().export(&format!("proxy_on_{callback}"), signature, action);
    guest.start_within(limits).unwrap()
}

#[test]
fn a_request_that_is_too_large_to_gather_is_answered_with_413() {
    let mut plugin = within_5_bytes("request_body", HOLD);
    let mut stream = posted(&mut plugin);
    assert_eq!(stream.request_body("12345", EndOfStream::No), Outcome::Pause);
    let Outcome::LocalReply(reply) = stream.request_body("6", EndOfStream::No) else {
        panic!("no reply")
    };
    assert_eq!(
        (reply.status, reply.details_text().as_ref()),
        (413, "request_payload_too_large")
    );
    assert_eq!(stream.sent_downstream().body, b"Payload Too Large");
    assert_eq!(stream.runs().len(), 1, "the plugin never sees the sixth byte");

    let mut at_once = posted(&mut plugin);
    assert!(matches!(
        at_once.request_body("123456", EndOfStream::Yes),
        Outcome::LocalReply(_)
    ));
    assert_eq!(at_once.sent_upstream().body, b"");
}

#[test]
fn a_response_that_is_too_large_to_gather_is_reset_behind_its_headers() {
    let mut plugin = within_5_bytes("response_body", HOLD);
    let mut stream = posted(&mut plugin);
    stream.response_headers(&OK, EndOfStream::No);
    assert_eq!(stream.response_body("123456", EndOfStream::No), Outcome::Closed);
    assert_eq!(
        stream.response_code_details().unwrap(),
        b"response_payload_too_large"
    );
}

#[test]
fn a_response_that_is_too_large_to_hold_with_its_headers_is_answered_with_500() {
    let mut plugin = within_5_bytes("response_headers", "(i32.const 3)");
    let mut stream = posted(&mut plugin);
    stream.response_headers(&OK, EndOfStream::No);
    let Outcome::LocalReply(reply) = stream.response_body("123456", EndOfStream::No) else {
        panic!("no reply")
    };
    assert_eq!(reply.status, 500);
    assert_eq!(stream.sent_downstream().body, b"Internal Server Error");
}

#[test]
fn what_is_held_without_gathering_has_no_limit() {
    for (callback, action) in [("request_headers", HOLD), ("request_body", "(i32.const 2)")] {
        let mut plugin = within_5_bytes(callback, action);
        let mut stream = plugin.http_stream(Properties::new());
        stream.request_headers(&POST, EndOfStream::No);
        assert_eq!(
            stream.request_body("123456", EndOfStream::No),
            Outcome::Pause,
            "{callback}"
        );
    }
}

#[test]
fn bytes_out_of_order_reach_nobody() {
    let mut plugin = chronicler(Guest::new(), &[]);
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(stream.request_body("a", EndOfStream::No), Outcome::OutOfOrder);
    assert_eq!(stream.request(), Progress::Awaited);
    stream.request_headers(&POST, EndOfStream::Yes);
    assert_eq!(
        stream.request_body("a", EndOfStream::No),
        Outcome::OutOfOrder,
        "ended"
    );
    assert_eq!(stream.response_body("a", EndOfStream::No), Outcome::OutOfOrder);
    assert_eq!(stream.response_trailers(&[("t", "1")]), Outcome::OutOfOrder);
    stream.finish().unwrap();
    assert_eq!(stream.response(), Progress::Finished);
    assert_eq!(stream.sent_upstream().body, b"");
}
