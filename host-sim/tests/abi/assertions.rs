//! Expectations that are not met say what came and what happened.

use spiffe_authz_host_sim::{EndOfStream, Outcome, PluginSetup, Properties, Stream, Unexpected};

use crate::guest::{GET, Guest, get};

/// Replies with this status and details.
fn replier() -> Guest {
    let mut guest = Guest::new();
    let (details, none) = (guest.bytes(b"denied"), "(i32.const 0) (i32.const 0)");
    guest.on_request_returning(
        &format!("(drop (call $reply (i32.const 403) {details} {none} {none} (i32.const -1)))"),
        1,
    )
}

fn stream_of(guest: &Guest, trace: bool) -> (Stream, Outcome) {
    let setup = PluginSetup {
        trace,
        ..PluginSetup::default()
    };
    let mut stream = guest.try_start(setup).unwrap().http_stream(Properties::new());
    let outcome = get(&mut stream);
    (stream, outcome)
}

#[test]
fn an_outcome_that_was_expected_is_no_error() -> Result<(), Unexpected> {
    let (stream, outcome) = stream_of(&replier(), false);
    assert_eq!(outcome.expect_reply(403)?, stream.expect_reply(403)?);
    stream_of(&Guest::new(), false).1.expect_continue()?;
    stream_of(&Guest::new().on_request_returning("", 1), false)
        .1
        .expect_pause()
}

#[test]
fn an_outcome_that_was_not_expected_says_what_came() {
    let (_, outcome) = stream_of(&replier(), false);
    let shown = outcome.expect_continue().unwrap_err().to_string();
    assert_eq!(
        shown,
        r#"expected the stream to go on, but the plugin replied 403 with details "denied" and body """#
    );
    let (_, outcome) = stream_of(&Guest::new(), false);
    let unexpected = outcome.expect_reply(403).unwrap_err();
    assert_eq!(unexpected.expected(), "a local reply of status 403");
    assert_eq!(unexpected.came(), "it came to Continue");
}

#[test]
fn the_trace_is_shown_where_there_is_one() {
    let (stream, outcome) = stream_of(&replier(), true);
    let unexpected = stream.explain(outcome.expect_pause()).unwrap_err();
    assert_eq!(unexpected.trace(), Some(&stream.trace()));
    let shown = unexpected.to_string();
    assert!(shown.contains("\n[2] proxy_on_request_headers("), "{shown}");
    assert!(
        shown.contains("\n  proxy_send_local_response(status: 403, grpc_status: -1, details: \"denied\""),
        "{shown}"
    );
}

#[test]
fn without_a_trace_it_is_said_how_to_get_one() {
    let (stream, _) = stream_of(&Guest::new(), false);
    let shown = stream.expect_reply(403).unwrap_err().to_string();
    assert!(
        shown.starts_with("expected a local reply of status 403, but there is none\n(nothing is traced"),
        "{shown}"
    );
}

#[test]
fn a_header_is_expected_once_or_not_at_all() -> Result<(), Unexpected> {
    let mut guest = Guest::new();
    let (name, one, path) = (guest.bytes(b"x"), guest.bytes(b"1"), guest.bytes(b":path"));
    let add = format!("(drop (call $add_value (i32.const 0) {name} {one}))");
    let remove = format!("(drop (call $remove_value (i32.const 0) {path}))");
    let (stream, _) = stream_of(&guest.on_request(&format!("{add} {add} {remove}")), false);
    stream.expect_request_header(":method", "GET")?;
    stream.expect_request_header(":path", None)?;
    stream.expect_response_header("x", None)?;
    let came = |result: Result<(), Unexpected>| result.unwrap_err().came().to_owned();
    assert_eq!(
        came(stream.expect_request_header("x", "1")),
        r#"the request has "1" and "1""#
    );
    assert_eq!(
        came(stream.expect_request_header("y", "1")),
        "the request has none"
    );
    assert_eq!(
        came(stream.expect_request_header(":method", None)),
        r#"the request has "GET""#
    );
    Ok(())
}

#[test]
fn a_message_is_expected_to_go_on_to_its_end_with_its_body() -> Result<(), Unexpected> {
    let mut plugin = Guest::new().start();
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(&GET, EndOfStream::No).expect_continue()?;
    stream.request_body("ab", EndOfStream::No).expect_continue()?;
    let shown = stream.expect_sent_upstream("ab").unwrap_err().to_string();
    let expected = r#"expected the request to go on to its end with body "ab", but it is Going, and "ab" of its body has gone on"#;
    assert_eq!(shown.lines().next(), Some(expected));
    stream.request_body("c", EndOfStream::Yes).expect_continue()?;
    assert!(stream.expect_sent_upstream("abc")?.headers.is_some());
    assert!(stream.expect_sent_upstream("ab").is_err());
    stream
        .response_headers(&[(":status", "204")], EndOfStream::Yes)
        .expect_continue()?;
    stream.expect_sent_downstream("").map(drop)
}

#[test]
fn a_line_is_expected_by_a_part_of_it() -> Result<(), Unexpected> {
    let plugin = Guest::new()
        .on_configure("(call $say_number (i32.const 42))")
        .start();
    assert_eq!(plugin.expect_logged("42")?.text(), "42");
    assert!(plugin.logged("4") && !plugin.logged("5"));
    let shown = plugin.expect_logged("43").unwrap_err().to_string();
    assert!(
        shown.contains(
            "a line with \"43\", but these were logged:\n  [Info] proxy_on_configure (context 1): 42"
        ),
        "{shown}"
    );
    Ok(())
}

#[test]
fn a_metric_is_expected_by_its_value() -> Result<(), Unexpected> {
    let mut guest = Guest::new();
    let name = guest.bytes(b"requests");
    let define = format!("(drop (call $define_metric (i32.const 0) {name} (i32.const 0)))");
    let plugin = guest.on_configure(&define).start();
    plugin.expect_counter("requests", 0)?;
    let shown = |result: Result<(), Unexpected>| result.unwrap_err().to_string();
    assert!(
        shown(plugin.expect_counter("requests", 1))
            .starts_with("expected counter `requests` to be 1, but it is 0")
    );
    assert!(
        shown(plugin.expect_gauge("requests", 0))
            .starts_with("expected gauge `requests` to be 0, but there is none")
    );
    Ok(())
}

#[test]
fn a_vm_that_trapped_is_not_alive() -> Result<(), Unexpected> {
    let mut plugin = Guest::new().on_request("unreachable").start();
    plugin.expect_alive()?;
    get(&mut plugin.http_stream(Properties::new()));
    let unexpected = plugin.expect_alive().unwrap_err();
    assert_eq!(unexpected.came(), plugin.failure().unwrap().to_string());
    Ok(())
}
