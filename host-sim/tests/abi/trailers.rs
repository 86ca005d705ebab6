//! Trailers of HTTP streams. What is expected was measured on Envoy 1.40 with plugins like these.

use spiffe_authz_host_sim::{EndOfStream, Headers, Outcome, Plugin, Progress, Properties, Stream};

use crate::chronicle::{CONTINUE_REQUEST, HOLD, PASS, chronicle, chronicler, for_stream, say_buffer};
use crate::guest::{Guest, SLOT, say_status};

const POST: [(&str, &str); 2] = [(":method", "POST"), (":path", "/")];

fn posted(plugin: &mut Plugin) -> Stream {
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(stream.request_headers(&POST, EndOfStream::No), Outcome::Continue);
    stream
}

/// Reads `t` of a map and adds `u` to it.
fn read_and_add(guest: &mut Guest, map: u32) -> String {
    let [name, other, value] = [b"t", b"u", b"2"].map(|text| guest.bytes(text));
    let read = say_status(&format!("(call $get_value (i32.const {map}) {name} {SLOT})"));
    let add = say_status(&format!("(call $add_value (i32.const {map}) {other} {value})"));
    format!("{read} {add}")
}

#[test]
fn trailers_are_read_and_changed_in_their_callback() {
    for (callback, map) in [("request_trailers", 1), ("response_trailers", 3)] {
        let mut guest = Guest::new();
        let body = read_and_add(&mut guest, map);
        let mut plugin = chronicler(guest, &[(callback, &body, PASS)]);
        let mut stream = posted(&mut plugin);
        stream.request_trailers(&[("T", "1")]);
        stream.response_headers(&[(":status", "200")], EndOfStream::No);
        stream.response_trailers(&[("T", "1")]);
        let sent = if map == 1 {
            stream.sent_upstream()
        } else {
            stream.sent_downstream()
        };
        assert_eq!(sent.trailers, Some(Headers::from_iter([("t", "1"), ("u", "2")])));
        let line = format!("{callback} 02 01 00 00");
        assert!(chronicle(&mut plugin).contains(&line), "{callback}");
    }
}

#[test]
fn trailers_let_a_body_go_that_waits() {
    let body = say_buffer(0);
    let mut plugin = chronicler(Guest::new(), &[("request_body", &body, HOLD)]);
    let mut stream = posted(&mut plugin);
    stream.request_body("abc", EndOfStream::No);
    stream.request_body("def", EndOfStream::No);
    assert_eq!(stream.request_trailers(&[("t", "1")]), Outcome::Continue);
    let sent = stream.sent_upstream();
    assert_eq!(
        (sent.body, sent.trailers.is_some(), sent.ended),
        (b"abcdef".to_vec(), true, true)
    );
    assert_eq!(
        chronicle(&mut plugin)[2..],
        [
            "request_body 02 03 00 00 abc",
            "request_body 02 06 00 00 abcdef",
            "request_trailers 02 01"
        ]
    );
}

#[test]
fn a_pause_on_trailers_holds_them_until_the_plugin_continues() {
    let tick = for_stream(CONTINUE_REQUEST);
    for action in ["(i32.const 1)", "(i32.const 99)"] {
        let mut plugin = chronicler(
            Guest::new(),
            &[("request_trailers", "", action), ("tick", &tick, "")],
        );
        let mut stream = posted(&mut plugin);
        stream.request_body("abc", EndOfStream::No);
        assert_eq!(stream.request_trailers(&[("t", "1")]), Outcome::Pause);
        assert_eq!(stream.sent_upstream().trailers, None);
        assert_eq!(stream.sent_upstream().body, b"abc", "it went before");
        plugin.tick().unwrap();
        assert_eq!(
            stream.sent_upstream().trailers,
            Some(Headers::from_iter([("t", "1")]))
        );
        assert_eq!(stream.request(), Progress::Ended);
    }
}

#[test]
fn a_plugin_that_writes_trailers_behind_the_last_bytes_makes_them() {
    for (callback, map) in [("request_body", 1), ("response_body", 3)] {
        let mut guest = Guest::new();
        let body = read_and_add(&mut guest, map);
        let mut plugin = chronicler(guest, &[(callback, &body, PASS)]);
        let mut stream = posted(&mut plugin);
        stream.request_body("abc", EndOfStream::No);
        stream.request_body("d", EndOfStream::Yes);
        stream.response_headers(&[(":status", "200")], EndOfStream::No);
        stream.response_body("abc", EndOfStream::No);
        stream.response_body("d", EndOfStream::Yes);
        let sent = if map == 1 {
            stream.sent_upstream()
        } else {
            stream.sent_downstream()
        };
        assert_eq!(sent.trailers, Some(Headers::from_iter([("u", "2")])));
        assert_eq!((sent.body, sent.ended), (b"abcd".to_vec(), true));
        let lines = chronicle(&mut plugin);
        let told: Vec<_> = lines.iter().filter(|line| line.starts_with(callback)).collect();
        assert_eq!(
            told,
            [
                &format!("{callback} 02 03 00 02 02"),
                &format!("{callback} 02 01 01 02 00")
            ]
        );
        assert!(
            !lines.iter().any(|line| line.contains("trailers")),
            "it is not told of its own"
        );
    }
}

#[test]
fn the_access_log_reads_trailers_of_the_response_only() {
    let mut guest = Guest::new();
    let body = [1, 3].map(|map| read_and_add(&mut guest, map)).concat();
    let mut plugin = chronicler(guest, &[("log", &body, "")]);
    let mut stream = posted(&mut plugin);
    stream.request_trailers(&[("t", "1")]);
    stream.response_headers(&[(":status", "200")], EndOfStream::No);
    stream.response_trailers(&[("t", "1")]);
    stream.finish().unwrap();
    assert!(chronicle(&mut plugin).contains(&"log 02 01 02 00 02".to_owned()));
}
