//! What a plugin reads of its connection, and what it leaves for others.

use spiffe_authz_host_sim::{
    Connection, EndOfStream, PeerCertificate, Plugin, Properties, Stream, Unexpected,
};

use crate::kit::{get, start};

const PEER: &str = "spiffe://cluster.local/ns/shop/sa/frontend";

fn mtls() -> Properties {
    let (source, destination) = ("10.0.0.7:4242".parse().unwrap(), "10.0.0.9:8080".parse().unwrap());
    Connection::mtls(source, destination, PeerCertificate::valid(PEER)).properties()
}

fn stream(plugin: &mut Plugin, properties: Properties) -> Result<Stream, Unexpected> {
    let mut stream = plugin.http_stream(properties);
    let outcome = stream.request_headers(&get("/"), EndOfStream::Yes);
    stream.explain(outcome.expect_continue())?;
    Ok(stream)
}

#[test]
fn the_peer_of_a_connection_is_known_by_its_certificate() -> Result<(), Unexpected> {
    let stream = stream(&mut start("properties"), mtls())?;
    stream.expect_request_header("x-peer", PEER)?;
    stream.expect_request_header("x-mtls", "yes")?;
    stream.expect_request_header("x-source-port", "4242")
}

#[test]
fn a_connection_that_nobody_described_has_no_peer() -> Result<(), Unexpected> {
    let stream = stream(&mut start("properties"), Properties::new())?;
    stream.expect_request_header("x-peer", "unknown")?;
    stream.expect_request_header("x-mtls", "no")?;
    stream.expect_request_header("x-source-port", None)
}

#[test]
fn a_property_that_was_set_is_there_for_the_plugin_and_for_the_access_log() -> Result<(), Unexpected> {
    let mut plugin = start("properties");
    let mut stream = stream(&mut plugin, mtls())?;
    assert_eq!(stream.filter_state("wasm.verdict").as_deref(), Some(&b"seen"[..]));
    stream.finish().unwrap();
    plugin.expect_logged("verdict: seen").map(drop)
}
