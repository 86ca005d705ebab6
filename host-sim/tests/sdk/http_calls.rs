//! A request that waits for the answer to a call of the plugin.

use std::time::Duration;

use spiffe_authz_host_sim::{
    Callback, Clusters, HttpAnswer, Plugin, PluginSetup, Stream, TraceEvent, Unexpected,
};

use crate::kit::{ask, try_start};

fn plugin() -> Plugin {
    let clusters = Clusters::new().with("authz");
    try_start(
        "http_calls",
        PluginSetup {
            clusters,
            ..PluginSetup::default()
        },
    )
    .unwrap()
}

/// A request that waits, and the number of the call that it waits for.
fn waiting(plugin: &mut Plugin) -> Result<(Stream, u32), Unexpected> {
    let (stream, outcome) = ask(plugin, "/pay");
    stream.explain(outcome.expect_pause())?;
    let call = plugin.http_calls().pop().unwrap();
    assert_eq!(
        (call.cluster.as_str(), call.body.as_slice()),
        ("authz", &b"/pay"[..])
    );
    assert_eq!(call.timeout, Some(Duration::from_millis(250)));
    assert_eq!(call.headers.get("content-length"), Some(&b"4"[..]));
    Ok((stream, call.id))
}

#[test]
fn a_request_that_is_let_in_goes_on_with_what_the_answer_said() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, call) = waiting(&mut plugin)?;
    let answer = HttpAnswer::new(200).header("x-subject", "frontend");
    plugin.answer_http_call(call, answer).unwrap();
    let sent = stream.expect_sent_upstream("")?.headers.unwrap();
    assert_eq!(sent.get("x-subject"), Some(&b"frontend"[..]));
    assert!(plugin.http_calls().is_empty());
    Ok(())
}

#[test]
fn a_request_that_is_not_let_in_is_answered_with_the_reason() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, call) = waiting(&mut plugin)?;
    plugin
        .answer_http_call(call, HttpAnswer::new(401).body("who are you?"))
        .unwrap();
    assert_eq!(stream.expect_reply(403)?.body, b"who are you?");
    Ok(())
}

#[test]
fn what_the_answer_does_to_a_stream_is_in_its_trace() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, call) = waiting(&mut plugin)?;
    let before = stream.trace().events().len();
    plugin.answer_http_call(call, HttpAnswer::new(200)).unwrap();
    let trace = stream.trace();
    let after = trace.events().get(before..).unwrap_or_default();
    let resumed = after.iter().filter_map(TraceEvent::as_hostcall);
    let resumed = resumed.filter(|hostcall| hostcall.name == "proxy_continue_stream");
    let within: Vec<_> = resumed.map(|hostcall| hostcall.callback).collect();
    assert_eq!(within, [Callback::HttpCallResponse], "{trace}");
    Ok(())
}

#[test]
fn without_an_answer_nobody_gets_in() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, call) = waiting(&mut plugin)?;
    plugin.fail_http_call(call).unwrap();
    assert_eq!(stream.expect_reply(503)?.body, b"no answer");
    Ok(())
}

#[test]
fn a_call_ends_with_its_time() -> Result<(), Unexpected> {
    let mut plugin = plugin();
    let (stream, _) = waiting(&mut plugin)?;
    plugin.advance(Duration::from_millis(249)).unwrap();
    assert!(stream.local_reply().is_none());
    plugin.advance(Duration::from_millis(1)).unwrap();
    assert_eq!(stream.expect_reply(403)?.body, b"upstream request timeout");
    Ok(())
}

#[test]
fn a_cluster_that_is_not_there_is_a_bad_argument() -> Result<(), Unexpected> {
    let mut plugin = try_start("http_calls", PluginSetup::default()).unwrap();
    let (stream, _) = ask(&mut plugin, "/");
    stream.expect_reply(500)?;
    plugin.expect_logged("call: BadArgument").map(drop)
}
