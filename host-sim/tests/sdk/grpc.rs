//! Requests that wait for gRPC calls and streams of the plugin.

use spiffe_authz_host_sim::{
    Clusters, GrpcAnswer, GrpcReceived, GrpcStatus, Plugin, PluginSetup, Unexpected,
};

use crate::kit::{ask, try_start};

fn plugin() -> Plugin {
    let clusters = Clusters::new().with("greeter");
    try_start(
        "grpc",
        PluginSetup {
            clusters,
            ..PluginSetup::default()
        },
    )
    .unwrap()
}

#[test]
fn a_call_has_its_message_and_its_answer() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, outcome) = ask(&mut plugin, "/hello");
    stream.explain(outcome.expect_pause())?;
    let call = plugin.grpc_calls().pop().unwrap();
    assert_eq!(
        (call.request.path().as_str(), call.message.as_slice()),
        ("/greet.Greeter/Hello", &b"/hello"[..])
    );
    plugin
        .answer_grpc_call(call.id, GrpcAnswer::message("hi"))
        .unwrap();
    stream.expect_request_header("x-greeting", "hi")?;
    stream.expect_sent_upstream("").map(drop)
}

#[test]
fn a_call_that_fails_has_a_status_and_a_message() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, _) = ask(&mut plugin, "/hello");
    let call = plugin.grpc_calls().pop().unwrap();
    let answer = GrpcAnswer::failed(GrpcStatus::PermissionDenied, "not you");
    plugin.answer_grpc_call(call.id, answer).unwrap();
    plugin.expect_logged("gRPC status 7: not you")?;
    stream.expect_request_header("x-greeting", None)?;
    stream.expect_sent_upstream("").map(drop)
}

#[test]
fn a_stream_sends_and_receives_until_it_is_closed() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, outcome) = ask(&mut plugin, "/stream");
    stream.explain(outcome.expect_pause())?;
    let grpc = plugin.grpc_streams().pop().unwrap();
    assert_eq!(
        (grpc.request.path().as_str(), grpc.ended),
        ("/greet.Greeter/Chat", false)
    );
    assert_eq!(grpc.request.initial_metadata.get("x-from"), Some(&b"sdk"[..]));
    assert_eq!(grpc.sent, [b"hello"]);
    plugin
        .receive_grpc(grpc.id, GrpcReceived::initial_metadata(&[("server", "test")]))
        .unwrap();
    plugin.expect_logged("initial metadata: 1, from test")?;
    plugin
        .receive_grpc(grpc.id, GrpcReceived::Message(b"welcome".to_vec()))
        .unwrap();
    stream.expect_request_header("x-message", "welcome")?;
    stream.expect_sent_upstream("").map(drop)
}

#[test]
fn a_stream_that_the_other_side_closes_says_so() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (_stream, _) = ask(&mut plugin, "/stream");
    let grpc = plugin.grpc_streams().pop().unwrap();
    plugin
        .receive_grpc(grpc.id, GrpcReceived::closed(GrpcStatus::Ok, ""))
        .unwrap();
    plugin.expect_logged("stream closed: 0").map(drop)
}
