//! Pauses of HTTP streams, and how they go on. What is expected was measured on Envoy 1.40 with plugins like these.

use spiffe_authz_host_sim::{EndOfStream, Outcome, Plugin, Progress, Properties, Stream};

use crate::chronicle::{
    CONTINUE_REQUEST, CONTINUE_RESPONSE, HOLD, PASS, chronicle, chronicler, for_stream, say_buffer,
};
use crate::guest::{GET, Guest, get, say_status};

const OK: [(&str, &str); 1] = [(":status", "200")];

fn posted(plugin: &mut Plugin) -> (Stream, Outcome) {
    let mut stream = plugin.http_stream(Properties::new());
    let outcome = stream.request_headers(&GET, EndOfStream::No);
    (stream, outcome)
}

#[test]
fn a_pause_on_headers_keeps_everything_from_the_plugin_until_it_continues() {
    let (tick, body) = (for_stream(CONTINUE_REQUEST), say_buffer(0));
    let does = [
        ("request_headers", "", HOLD),
        ("request_body", body.as_str(), PASS),
        ("tick", &tick, ""),
    ];
    let mut plugin = chronicler(Guest::new(), &does);
    let (mut stream, outcome) = posted(&mut plugin);
    assert_eq!(outcome, Outcome::Pause);
    assert_eq!(stream.request_body("abc", EndOfStream::No), Outcome::Pause);
    assert_eq!(stream.request_body("def", EndOfStream::No), Outcome::Pause);
    assert_eq!(stream.request_trailers(&[("t", "1")]), Outcome::Pause);
    assert_eq!(stream.sent_upstream(), Default::default());
    assert_eq!(chronicle(&mut plugin).len(), 2, "create and headers");
    plugin.tick().unwrap();
    let expected = [
        "tick 01 00 00",
        "request_body 02 06 00 00 abcdef",
        "request_trailers 02 01",
    ];
    assert_eq!(chronicle(&mut plugin), expected);
    let sent = stream.sent_upstream();
    assert_eq!(
        (sent.headers.is_some(), sent.body, sent.trailers.is_some()),
        (true, b"abcdef".to_vec(), true)
    );
    assert_eq!(stream.request(), Progress::Ended);
}

#[test]
fn a_response_is_held_and_continued_like_a_request() {
    let tick = for_stream(CONTINUE_RESPONSE);
    let does = [("response_headers", "", HOLD), ("tick", tick.as_str(), "")];
    let mut plugin = chronicler(Guest::new(), &does);
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(stream.response_headers(&OK, EndOfStream::No), Outcome::Pause);
    assert_eq!(stream.response_body("one", EndOfStream::No), Outcome::Pause);
    assert_eq!(stream.response_body("two", EndOfStream::Yes), Outcome::Pause);
    assert_eq!(stream.response(), Progress::Paused);
    chronicle(&mut plugin);
    plugin.tick().unwrap();
    assert_eq!(
        chronicle(&mut plugin),
        ["tick 01 00 00", "response_body 02 06 01"]
    );
    assert_eq!(stream.sent_downstream().body, b"onetwo");
    assert_eq!(stream.response(), Progress::Ended);
}

#[test]
fn headers_go_on_at_their_end_when_the_plugin_continues() {
    let tick = for_stream(CONTINUE_REQUEST);
    let mut plugin = chronicler(
        Guest::new(),
        &[("request_headers", "", HOLD), ("tick", &tick, "")],
    );
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    plugin.tick().unwrap();
    assert_eq!(stream.request(), Progress::Ended);
    assert_eq!(stream.response_headers(&OK, EndOfStream::Yes), Outcome::Continue);
}

#[test]
fn a_body_that_waits_goes_past_the_plugin_when_it_continues_and_the_next_chunk_comes_alone() {
    let (tick, body) = (for_stream(CONTINUE_REQUEST), say_buffer(0));
    let first_only = "(i32.eq (i32.load8_u (i32.load (i32.const 0))) (i32.const 97))";
    let does = [("request_body", body.as_str(), first_only), ("tick", &tick, "")];
    let mut plugin = chronicler(Guest::new(), &does);
    let (mut stream, _) = posted(&mut plugin);
    assert_eq!(stream.request_body("abc", EndOfStream::No), Outcome::Pause);
    plugin.tick().unwrap();
    assert_eq!(stream.sent_upstream().body, b"abc");
    assert_eq!(stream.request_body("def", EndOfStream::No), Outcome::Continue);
    assert_eq!(stream.request_body("ghi", EndOfStream::Yes), Outcome::Continue);
    assert_eq!(stream.sent_upstream().body, b"abcdefghi");
    let expected = [
        "request_body 02 03 00 00 abc",
        "tick 01 00 00",
        "request_body 02 03 00 00 def",
        "request_body 02 03 01 00 ghi",
    ];
    assert_eq!(chronicle(&mut plugin)[2..], expected);
}

#[test]
fn a_plugin_may_hold_again_what_it_is_given_when_it_continues() {
    let tick = for_stream(CONTINUE_REQUEST);
    let does = [
        ("request_headers", "", HOLD),
        ("request_body", "", HOLD),
        ("tick", &tick, ""),
    ];
    let mut plugin = chronicler(Guest::new(), &does);
    let (mut stream, _) = posted(&mut plugin);
    stream.request_body("abcdef", EndOfStream::Yes);
    plugin.tick().unwrap();
    assert_eq!(stream.request(), Progress::Paused);
    assert!(stream.sent_upstream().headers.is_some());
    assert_eq!(stream.sent_upstream().body, b"");
    plugin.tick().unwrap();
    assert_eq!(stream.sent_upstream().body, b"abcdef");
    assert_eq!(stream.request(), Progress::Ended);
}

#[test]
fn a_plugin_that_continues_in_its_own_callback_and_pauses_lets_the_headers_go_and_holds_the_rest() {
    let does = [("request_headers", CONTINUE_REQUEST, HOLD)];
    let mut plugin = chronicler(Guest::new(), &does);
    let (mut stream, outcome) = posted(&mut plugin);
    assert_eq!(outcome, Outcome::Pause);
    assert!(stream.sent_upstream().headers.is_some());
    assert_eq!(stream.request_body("abc", EndOfStream::Yes), Outcome::Pause);
    assert_eq!(stream.sent_upstream().body, b"");
}

#[test]
fn a_plugin_that_continues_in_its_own_body_callback_and_pauses_is_one_chunk_behind() {
    let mut plugin = chronicler(Guest::new(), &[("request_body", CONTINUE_REQUEST, HOLD)]);
    let (mut stream, _) = posted(&mut plugin);
    stream.request_body("abc", EndOfStream::No);
    assert_eq!(stream.sent_upstream().body, b"");
    stream.request_body("def", EndOfStream::No);
    assert_eq!(stream.sent_upstream().body, b"abcdef");
    stream.request_body("", EndOfStream::Yes);
    assert_eq!(stream.request(), Progress::Ended);
    let expected = [
        "request_body 02 03 00 00",
        "request_body 02 06 00 00",
        "request_body 02 00 01 00",
    ];
    assert_eq!(chronicle(&mut plugin)[2..], expected);
}

#[test]
fn continuing_what_is_not_paused_or_not_there_changes_nothing() {
    let both = [CONTINUE_REQUEST, CONTINUE_RESPONSE].concat();
    let does = [
        ("request_headers", both.as_str(), PASS),
        ("request_body", &both, PASS),
        ("log", &both, ""),
    ];
    let mut plugin = chronicler(Guest::new(), &does);
    let (mut stream, outcome) = posted(&mut plugin);
    assert_eq!(outcome, Outcome::Continue);
    assert_eq!(stream.request_body("abc", EndOfStream::Yes), Outcome::Continue);
    assert_eq!(stream.sent_upstream().body, b"abc");
    assert_eq!(stream.response(), Progress::Awaited);
    stream.finish().unwrap();
    let expected = [
        "request_headers 02 02 00 00 00",
        "request_body 02 03 01 00 00",
        "log 02 00 00",
    ];
    let lines = chronicle(&mut plugin);
    assert_eq!([&lines[1], &lines[2], &lines[3]], expected);
}

#[test]
fn a_plugin_that_continues_while_it_is_given_what_it_missed_is_given_it_once() {
    let tick = for_stream(CONTINUE_REQUEST);
    let does = [
        ("request_headers", "", HOLD),
        ("request_body", CONTINUE_REQUEST, PASS),
        ("tick", &tick, ""),
    ];
    let mut plugin = chronicler(Guest::new(), &does);
    let (mut stream, _) = posted(&mut plugin);
    stream.request_body("abcdef", EndOfStream::Yes);
    plugin.tick().unwrap();
    assert_eq!(
        chronicle(&mut plugin)[2..],
        ["tick 01 00 00", "request_body 02 06 01 00"]
    );
    assert_eq!(stream.sent_upstream().body, b"abcdef");
}

#[test]
fn to_continue_takes_the_maps_of_the_request_away_at_once() {
    let size = say_status("(call $get_size (i32.const 0) (i32.const 0))");
    let body = format!("{size} {CONTINUE_RESPONSE} {size}");
    let mut plugin = chronicler(Guest::new(), &[("request_headers", &body, HOLD)]);
    posted(&mut plugin);
    assert_eq!(chronicle(&mut plugin)[1], "request_headers 02 02 00 00 00 02");
}

#[test]
fn a_paused_stream_goes_on_in_its_old_root_after_a_new_configuration() {
    let tick = for_stream(CONTINUE_REQUEST);
    let mut plugin = chronicler(
        Guest::new(),
        &[("request_headers", "", HOLD), ("tick", &tick, "")],
    );
    let (mut stream, _) = posted(&mut plugin);
    stream.request_body("abc", EndOfStream::Yes);
    plugin.reconfigure("x").unwrap();
    chronicle(&mut plugin);
    plugin.tick().unwrap();
    assert_eq!(chronicle(&mut plugin), ["tick 03 00 00", "request_body 02 03 01"]);
    stream.finish().unwrap();
    let ends = ["log 02", "done 02", "delete 02", "done 01", "delete 01"];
    assert_eq!(chronicle(&mut plugin), ends);
}
