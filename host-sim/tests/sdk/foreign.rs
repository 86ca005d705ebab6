//! Functions of the proxy that a plugin calls by name, and one that calls back.

use spiffe_authz_host_sim::{ForeignFunctions, PluginSetup, Status, Stream, Unexpected};

use crate::kit::{ask, start, try_start};

/// A request for `/pay` with this function under the name that the plugin calls.
fn asked(
    reverse: impl Fn(&[u8]) -> Result<Vec<u8>, Status> + Send + Sync + 'static,
) -> Result<Stream, Unexpected> {
    let foreign = ForeignFunctions::new().with("reverse", reverse);
    let setup = PluginSetup {
        foreign,
        ..PluginSetup::default()
    };
    let (stream, outcome) = ask(&mut try_start("foreign", setup).unwrap(), "/pay");
    stream.explain(outcome.expect_continue())?;
    Ok(stream)
}

#[test]
fn a_function_gets_bytes_and_gives_bytes() -> Result<(), Unexpected> {
    let stream = asked(|bytes| Ok(bytes.iter().rev().copied().collect()))?;
    stream.expect_request_header("x-reversed", "yap/")
}

#[test]
fn a_function_may_give_nothing() -> Result<(), Unexpected> {
    asked(|_| Ok(Vec::new()))?.expect_request_header("x-reversed", "")
}

#[test]
fn a_function_may_refuse() -> Result<(), Unexpected> {
    let stream = asked(|_| Err(Status::BadArgument))?;
    stream.expect_request_header("x-refused", "BadArgument")
}

#[test]
fn a_function_that_is_not_there_is_not_found() -> Result<(), Unexpected> {
    let (stream, _) = ask(&mut start("foreign"), "/");
    stream.expect_request_header("x-refused", "NotFound")
}

#[test]
fn a_function_can_call_back() -> Result<(), Unexpected> {
    let mut plugin = start("foreign");
    plugin.call_foreign(7, "hello").unwrap();
    plugin.expect_logged("called by 7: hello").map(drop)
}
