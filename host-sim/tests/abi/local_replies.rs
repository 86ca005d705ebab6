//! Local replies.

use spiffe_authz_host_sim::{Callback, EndOfStream, Headers, LocalReply, Outcome, Properties};

use crate::guest::{GET, Guest, get, said, say_status};

const NOTHING: &str = "(i32.const 0) (i32.const 0)";

/// A 403 with details, body and one header, and a gRPC status.
fn denial(guest: &mut Guest, details: &[u8], body: &[u8], grpc_status: i32) -> String {
    let headers = guest.bytes(b"\x01\0\0\0\x03\0\0\0\x01\0\0\0X-R\x001\0");
    let (details, body) = (guest.bytes(details), guest.bytes(body));
    say_status(&format!(
        "(call $reply (i32.const 403) {details} {body} {headers} (i32.const {grpc_status}))"
    ))
}

fn reply_of(outcome: Outcome) -> LocalReply {
    let Outcome::LocalReply(reply) = outcome else {
        panic!("no local reply but {outcome:?}")
    };
    reply
}

#[test]
fn a_reply_carries_status_details_body_and_headers() {
    let mut guest = Guest::new();
    let body = denial(&mut guest, b"denied[ns[a]-policy[b]]", b"no\xff", 7);
    let mut plugin = guest.on_request_returning(&body, 1).start();
    let mut stream = plugin.http_stream(Properties::new());
    let reply = reply_of(get(&mut stream));
    assert_eq!(reply.status, 403);
    assert_eq!(reply.details_text(), "denied[ns[a]-policy[b]]");
    assert_eq!(reply.body, b"no\xff");
    assert_eq!(reply.headers, Headers::from_iter([("x-r", "1")]));
    assert_eq!(reply.grpc_status, Some(7));
    assert_eq!(stream.local_reply(), Some(reply));
}

#[test]
fn a_reply_stops_the_stream_even_if_the_callback_continues() {
    let mut guest = Guest::new();
    let body = denial(&mut guest, b"", b"", -1);
    let mut plugin = guest.on_request_returning(&body, 0).start();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(reply_of(get(&mut stream)).grpc_status, None);
    assert_eq!(
        stream.response_headers(&[(":status", "200")], EndOfStream::Yes),
        Outcome::OutOfOrder
    );
}

#[test]
fn white_space_in_details_becomes_an_underscore() {
    let mut guest = Guest::new();
    let body = denial(&mut guest, b"de tails\tx", b"", -1);
    let mut plugin = guest.on_request(&body).start();
    let reply = reply_of(get(&mut plugin.http_stream(Properties::new())));
    assert_eq!(reply.details_text(), "de_tails_x");
}

#[test]
fn of_two_replies_the_first_goes_out_with_the_details_of_the_last() {
    let mut guest = Guest::new();
    let body = [
        denial(&mut guest, b"first", b"one", -1),
        denial(&mut guest, b"second", b"two", 5),
    ];
    let mut plugin = guest.on_request(&body.concat()).start();
    let reply = reply_of(get(&mut plugin.http_stream(Properties::new())));
    assert_eq!(
        (reply.body_text().as_ref(), reply.details_text().as_ref()),
        ("one", "second")
    );
    assert_eq!(said(&plugin), ["00", "00"]);
}

#[test]
fn a_reply_passes_the_plugin_on_its_way_out() {
    let mut guest = Guest::new();
    let (name, value) = (guest.bytes(b"x-seen"), guest.bytes(b"1"));
    let body = denial(&mut guest, b"", b"no", -1);
    let response = format!(
        "{} (i32.const 0)",
        say_status(&format!("(call $add_value (i32.const 2) {name} {value})"))
    );
    let signature = "(param i32 i32 i32) (result i32)";
    let mut plugin = guest
        .on_request(&body)
        .export("proxy_on_response_headers", signature, &response)
        .start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    let sent = [
        (":status", "403"),
        ("x-r", "1"),
        ("content-length", "2"),
        ("content-type", "text/plain"),
        ("x-seen", "1"),
    ];
    assert_eq!(stream.current_response_headers(), Headers::from_iter(sent));
    let callbacks: Vec<_> = stream.runs().iter().map(|run| run.callback).collect();
    assert_eq!(callbacks, [Callback::RequestHeaders, Callback::ResponseHeaders]);
}

/// What a client is sent where the plugin answers its request with 403, these headers and this body.
fn sent(request: &[(&str, &str)], added: &[u8], body: &[u8], grpc_status: i32) -> Headers {
    let mut guest = Guest::new();
    let (added, body) = (guest.bytes(added), guest.bytes(body));
    let call = format!("(call $reply (i32.const 403) {NOTHING} {body} {added} (i32.const {grpc_status}))");
    let mut plugin = guest.on_request(&say_status(&call)).start();
    let mut stream = plugin.http_stream(Properties::new());
    reply_of(stream.request_headers(request, EndOfStream::Yes));
    stream.current_response_headers()
}

const JSON: &[u8] = b"\x01\0\0\0\x0c\0\0\0\x10\0\0\0content-type\0application/json\0";

#[test]
fn a_reply_keeps_the_content_type_that_the_plugin_gave_its_body() {
    let expected = [
        (":status", "403"),
        ("content-type", "application/json"),
        ("content-length", "2"),
    ];
    assert_eq!(sent(&GET, JSON, b"{}", -1), Headers::from_iter(expected));
}

#[test]
fn a_reply_without_a_body_has_no_content_type() {
    assert_eq!(
        sent(&GET, JSON, b"", -1),
        Headers::from_iter([(":status", "403")])
    );
}

#[test]
fn a_grpc_request_is_answered_in_headers_only_with_its_status_and_message() {
    let request = [
        (":method", "POST"),
        (":path", "/shop.Orders/Pay"),
        ("content-type", "application/grpc"),
    ];
    for (given, status) in [(-1, "7"), (16, "16"), (17, "7")] {
        let expected = [
            (":status", "200"),
            ("content-type", "application/grpc"),
            ("grpc-status", status),
            ("grpc-message", "no%0A"),
        ];
        assert_eq!(sent(&request, JSON, b"no\n", given), Headers::from_iter(expected));
    }
}

#[test]
fn a_reply_with_headers_that_do_not_parse_is_refused() {
    let mut guest = Guest::new();
    let headers = guest.bytes(b"\x01\0\0\0");
    let call = format!("(call $reply (i32.const 403) {NOTHING} {NOTHING} {headers} (i32.const -1))");
    let mut plugin = guest.on_request(&say_status(&call)).start();
    assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
    assert_eq!(said(&plugin), ["02"]);
}

#[test]
fn a_root_context_has_nobody_to_reply_to_and_is_told_ok() {
    let mut guest = Guest::new();
    let body = denial(&mut guest, b"", b"", -1);
    assert_eq!(said(&guest.on_configure(&body).start()), ["00"]);
}
