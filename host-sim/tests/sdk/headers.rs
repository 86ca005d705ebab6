//! Headers that a plugin adds, replaces, removes and sets.

use spiffe_authz_host_sim::{EndOfStream, Outcome, Properties, Stream, Unexpected};

use crate::kit::start;

fn stream() -> Stream {
    start("headers").http_stream(Properties::new())
}

#[test]
fn a_request_goes_on_with_the_plugins_changes() -> Result<(), Unexpected> {
    let mut stream = stream();
    let headers = [
        (":method", "GET"),
        (":path", "/"),
        ("Cookie", "a=b"),
        ("user-agent", "x"),
        ("User-Agent", "y"),
    ];
    let outcome = stream.request_headers(&headers, EndOfStream::Yes);
    stream.explain(outcome.expect_continue())?;
    stream.expect_request_header("x-header-count", "4")?;
    stream.expect_request_header("cookie", None)?;
    stream.expect_request_header("user-agent", "sdk")
}

#[test]
fn values_are_bytes() {
    let mut stream = stream();
    let outcome = stream.request_headers(
        &[(&b":path"[..], &b"/"[..]), (b"x-token", b"\x80ab")],
        EndOfStream::Yes,
    );
    assert_eq!(outcome, Outcome::Continue);
    assert_eq!(
        stream.current_request_headers().get("x-token-reversed"),
        Some(&b"ba\x80"[..])
    );
}

#[test]
fn the_list_of_a_response_is_set_as_a_whole() -> Result<(), Unexpected> {
    let mut stream = stream();
    stream
        .request_headers(&[(":path", "/")], EndOfStream::Yes)
        .expect_continue()?;
    let response = [
        (":status", "200"),
        ("server", "envoy"),
        ("set-cookie", "a"),
        ("set-cookie", "b"),
    ];
    let outcome = stream.response_headers(&response, EndOfStream::Yes);
    stream.explain(outcome.expect_continue())?;
    stream.expect_response_header("server", None)?;
    stream.expect_response_header("x-served-by", "sdk")?;
    let cookies = stream.current_response_headers();
    assert_eq!(cookies.get_all("set-cookie").collect::<Vec<_>>(), [b"a", b"b"]);
    Ok(())
}
