//! Streams that are reset. What is expected was measured on Envoy 1.40 with plugins like these.

use spiffe_authz_host_sim::{EndOfStream, Outcome, Plugin, Progress, Properties, Stream, Trap, TrapCause};

use crate::chronicle::{CONTINUE_REQUEST, HOLD, PASS, chronicle, chronicler, for_stream};
use crate::guest::{GET, Guest, get};

const CLOSE: &str = "(call $say_number (call $close (i32.const 0)))";
const ENDS: [&str; 3] = ["log 02", "done 02", "delete 02"];
const OK: [(&str, &str); 1] = [(":status", "200")];

fn begun(plugin: &mut Plugin) -> (Stream, Outcome) {
    let mut stream = plugin.http_stream(Properties::new());
    let outcome = stream.request_headers(&GET, EndOfStream::No);
    (stream, outcome)
}

fn details(stream: &Stream) -> String {
    String::from_utf8(stream.response_code_details().unwrap_or_default()).unwrap()
}

#[test]
fn a_plugin_that_closes_on_headers_ends_its_stream_at_once_whatever_it_returns() {
    for (side, action) in [(0, PASS), (1, PASS), (0, HOLD), (1, HOLD)] {
        let close = format!("(call $say_number (call $close (i32.const {side})))");
        let mut plugin = chronicler(Guest::new(), &[("request_headers", &close, action)]);
        let (mut stream, outcome) = begun(&mut plugin);
        assert_eq!(outcome, Outcome::Closed);
        assert_eq!(chronicle(&mut plugin)[2..], ENDS);
        assert_eq!(stream.sent_upstream().headers, None);
        assert_eq!(
            [stream.request(), stream.response()],
            [Progress::Closed, Progress::Closed]
        );
        assert_eq!(stream.request_body("x", EndOfStream::No), Outcome::OutOfOrder);
        assert_eq!(details(&stream), "wasm_close_stream");
        stream.finish().unwrap();
        assert_eq!(chronicle(&mut plugin), [""; 0], "it has ended already");
    }
}

#[test]
fn a_stream_is_closed_from_every_callback() {
    let events: [(&str, &str); 5] = [
        ("request_body", "wasm_close_stream"),
        ("request_trailers", "wasm_close_stream"),
        ("response_headers", "via_upstream"),
        ("response_body", "via_upstream"),
        ("response_trailers", "via_upstream"),
    ];
    for (callback, recorded) in events {
        let mut plugin = chronicler(Guest::new(), &[(callback, CLOSE, PASS)]);
        let (mut stream, _) = begun(&mut plugin);
        let outcomes = [
            stream.request_body("abc", EndOfStream::No),
            stream.request_trailers(&[("t", "1")]),
            stream.response_headers(&OK, EndOfStream::No),
            stream.response_body("abc", EndOfStream::No),
            stream.response_trailers(&[("t", "1")]),
        ];
        let at = events.iter().position(|(name, _)| *name == callback).unwrap();
        assert!(outcomes[..at].iter().all(|outcome| *outcome == Outcome::Continue));
        assert_eq!(outcomes[at], Outcome::Closed, "{callback}");
        assert!(
            outcomes[at + 1..]
                .iter()
                .all(|outcome| *outcome == Outcome::OutOfOrder)
        );
        assert_eq!(details(&stream), recorded, "{callback}");
    }
}

#[test]
fn what_was_given_to_the_callback_that_closes_goes_no_further() {
    let mut plugin = chronicler(Guest::new(), &[("response_body", CLOSE, PASS)]);
    let (mut stream, _) = begun(&mut plugin);
    stream.response_headers(&OK, EndOfStream::No);
    stream.response_body("one", EndOfStream::No);
    let sent = stream.sent_downstream();
    assert_eq!(
        (sent.headers.is_some(), sent.body, sent.ended),
        (true, Vec::new(), false)
    );
}

#[test]
fn a_paused_stream_is_closed_from_a_tick() {
    let tick = for_stream(&[CLOSE, CONTINUE_REQUEST].concat());
    let mut plugin = chronicler(
        Guest::new(),
        &[("request_headers", "", HOLD), ("tick", &tick, "")],
    );
    let (stream, _) = begun(&mut plugin);
    chronicle(&mut plugin);
    plugin.tick().unwrap();
    assert_eq!(chronicle(&mut plugin)[1..], ENDS);
    assert_eq!(stream.request(), Progress::Closed);
    assert_eq!(
        stream.sent_upstream().headers,
        None,
        "what it asked for behind that is too late"
    );
}

#[test]
fn a_client_that_goes_away_ends_the_stream() {
    let mut plugin = chronicler(Guest::new(), &[("request_headers", "", HOLD)]);
    let (mut stream, _) = begun(&mut plugin);
    chronicle(&mut plugin);
    assert_eq!(stream.reset(), Outcome::Closed);
    assert_eq!(chronicle(&mut plugin), ENDS);
    assert_eq!(stream.reset(), Outcome::OutOfOrder);
    assert_eq!(details(&stream), "downstream_remote_disconnect");
    assert_eq!(
        plugin.http_stream(Properties::new()).reset(),
        Outcome::OutOfOrder,
        "not begun"
    );
}

#[test]
fn a_trap_while_a_closed_stream_ends_is_the_outcome() {
    let does = [("request_headers", CLOSE, PASS), ("done", "(unreachable)", PASS)];
    let mut plugin = chronicler(Guest::new(), &does);
    let mut stream = plugin.http_stream(Properties::new());
    let Outcome::Trapped(Trap { cause, .. }) = get(&mut stream) else {
        panic!("no trap")
    };
    assert_eq!(cause, TrapCause::Unreachable);
    assert_eq!(stream.request(), Progress::Failed);
}

#[test]
fn a_stream_that_is_closed_while_its_context_is_made_never_begins() {
    let does = [(
        "context_create",
        "(if (local.get 1) (then (drop (call $close (i32.const 0)))))",
        "",
    )];
    let mut plugin = chronicler(Guest::new(), &does);
    let (stream, outcome) = begun(&mut plugin);
    assert_eq!(outcome, Outcome::Closed);
    assert!(
        !chronicle(&mut plugin)
            .iter()
            .any(|line| line.starts_with("request"))
    );
    assert_eq!(stream.request(), Progress::Closed);
}
