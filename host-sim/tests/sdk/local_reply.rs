//! Replies in the application's place.

use spiffe_authz_host_sim::{EndOfStream, Properties, Stream, Unexpected};

use crate::kit::{get, start};

fn stream_with(extra: &[(&'static str, &'static str)]) -> Stream {
    let mut stream = start("local_reply").http_stream(Properties::new());
    let headers = [&get("/"), extra].concat();
    stream.request_headers(&headers, EndOfStream::Yes);
    stream
}

#[test]
fn who_has_no_token_is_turned_away() -> Result<(), Unexpected> {
    let stream = stream_with(&[]);
    let reply = stream.expect_reply(401)?;
    assert_eq!(reply.body, b"no token\n");
    assert_eq!(reply.headers.get("www-authenticate"), Some(&b"Bearer"[..]));
    stream.expect_response_header(":status", "401")
}

#[test]
fn a_grpc_client_is_told_by_its_status() -> Result<(), Unexpected> {
    let stream = stream_with(&[("content-type", "application/grpc")]);
    let reply = stream.expect_reply(200)?;
    assert_eq!((reply.grpc_status, reply.body), (Some(16), b"no token".to_vec()));
    stream.expect_response_header("grpc-status", "16")?;
    stream.expect_response_header("grpc-message", "no token")
}

#[test]
fn a_response_can_be_answered_too() -> Result<(), Unexpected> {
    let mut stream = stream_with(&[("authorization", "Bearer x")]);
    let outcome = stream.response_headers(&[(":status", "500")], EndOfStream::Yes);
    stream.explain(outcome.expect_reply(502)).map(drop)
}
