//! Bodies and trailers that a plugin holds, changes and lets go.

use spiffe_authz_host_sim::{EndOfStream, Headers, Progress, Properties, Stream, Unexpected};

use crate::kit::{get, start};

/// A stream whose request has a body of this length to come.
fn stream(length: &str) -> Result<Stream, Unexpected> {
    let mut stream = start("bodies").http_stream(Properties::new());
    let headers = [&get("/")[..], &[("content-length", length)]].concat();
    let outcome = stream.request_headers(&headers, EndOfStream::No);
    stream.explain(outcome.expect_continue())?;
    Ok(stream)
}

/// A stream whose request is over.
fn answered() -> Result<Stream, Unexpected> {
    let mut stream = start("bodies").http_stream(Properties::new());
    stream
        .request_headers(&get("/"), EndOfStream::Yes)
        .expect_continue()?;
    Ok(stream)
}

#[test]
fn a_request_that_is_gathered_goes_on_when_all_of_it_is_there() -> Result<(), Unexpected> {
    let mut stream = stream("6")?;
    stream.request_body("abc", EndOfStream::No).expect_pause()?;
    assert_eq!(
        (stream.request(), stream.sent_upstream().body),
        (Progress::Paused, Vec::new())
    );
    let outcome = stream.request_body("def", EndOfStream::Yes);
    stream.explain(outcome.expect_continue())?;
    let sent = stream.expect_sent_upstream("6:abcdef")?;
    assert_eq!(sent.headers.unwrap().get("content-length"), None);
    Ok(())
}

#[test]
fn a_response_is_changed_piece_by_piece() -> Result<(), Unexpected> {
    let mut stream = answered()?;
    let headers = [(":status", "200"), ("content-length", "99")];
    stream
        .response_headers(&headers, EndOfStream::No)
        .expect_continue()?;
    stream
        .response_body("a secret ", EndOfStream::No)
        .expect_continue()?;
    assert_eq!(stream.sent_downstream().body, b"a ****** ");
    stream
        .response_body("and none", EndOfStream::Yes)
        .expect_continue()?;
    stream.expect_response_header("content-length", None)?;
    stream.expect_sent_downstream("a ****** and none").map(drop)
}

#[test]
fn trailers_are_counted_and_come_last() -> Result<(), Unexpected> {
    let mut stream = stream("2")?;
    stream.request_body("", EndOfStream::No);
    let outcome = stream.request_trailers(&[("a", "1"), ("b", "2")]);
    stream.explain(outcome.expect_continue())?;
    let trailers = Headers::from_iter([("a", "1"), ("b", "2"), ("x-trailer-count", "2")]);
    assert_eq!(stream.sent_upstream().trailers, Some(trailers));
    Ok(())
}
