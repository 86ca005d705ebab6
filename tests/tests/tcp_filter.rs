//! The built filter as a network filter, in host-sim: what a TCP connection meets.

use spiffe_authz_host_sim::{
    Connection, EndOfStream, Limits, Plugin, PluginSetup, Properties, Simulator, TcpOutcome,
};
use spiffe_authz_policy::RequestDocument;
use spiffe_authz_tests::engines::simulated_certificate::SimulatedCertificates;
use spiffe_authz_tests::workspace;

const FRONTEND: &str = "spiffe://cluster.local/ns/shop/sa/frontend";
const STRANGER: &str = "spiffe://cluster.local/ns/shop/sa/stranger";
/// HTTP alone may GET; the frontend may connect to 8080.
const CONFIGURATION: &str = r#"{"workload": {"namespace": "shop"}, "resources": [
    {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
     "metadata": {"name": "orders", "namespace": "shop"},
     "spec": {"action": "ALLOW", "rules": [
        {"to": [{"operation": {"methods": ["GET"]}}]},
        {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/frontend"]}}],
         "to": [{"operation": {"ports": ["8080"]}}]}]}}]}"#;

fn plugin() -> Plugin {
    let wasm = std::fs::read(workspace::filter_wasm().unwrap()).unwrap();
    let module = Simulator::new(Limits::default()).unwrap().module(&wasm).unwrap();
    let setup = PluginSetup {
        plugin_configuration: CONFIGURATION.into(),
        ..PluginSetup::default()
    };
    Plugin::start(&module, setup).unwrap()
}

/// A connection before its handshake.
fn fresh() -> Properties {
    Connection::plaintext(address(42_424), address(8080)).properties()
}

fn mtls(uri_san: &str) -> Properties {
    let document = format!(r#"{{"peer": {{"spiffeId": "{uri_san}"}}}}"#);
    let request = RequestDocument::from_json(document.as_bytes()).unwrap();
    let facts = request.leaf().unwrap().facts();
    let peer = SimulatedCertificates::default().of(facts, &request).unwrap();
    Connection::mtls(address(42_424), address(8080), peer).properties()
}

fn address(port: u16) -> std::net::SocketAddr {
    ([10, 0, 0, 7], port).into()
}

#[test]
fn a_connection_is_judged_after_its_handshake_and_an_allowed_one_goes_on_both_ways() {
    let mut plugin = plugin();
    let mut stream = plugin.tcp_stream(fresh());
    assert_eq!(stream.new_connection(), TcpOutcome::Continue);
    stream.set_properties(mtls(FRONTEND));
    assert_eq!(
        stream.downstream_data("ping", EndOfStream::No),
        TcpOutcome::Continue
    );
    assert_eq!(
        stream.upstream_data("pong", EndOfStream::Yes),
        TcpOutcome::Continue
    );
    assert_eq!(stream.downstream_data("", EndOfStream::Yes), TcpOutcome::Continue);
    assert_eq!(
        (stream.sent_upstream(), stream.sent_downstream()),
        (b"ping".to_vec(), b"pong".to_vec())
    );
    assert_eq!(
        stream.filter_state("wasm.spiffe_authz").unwrap(),
        b"allow-connection"
    );
    stream.finish().unwrap();
}

#[test]
fn a_denied_connection_is_closed_before_any_byte_of_either_side_goes_on() {
    let mut plugin = plugin();
    for (peer, cause) in [(mtls(STRANGER), "no-matching-allow"), (fresh(), "mtls-required")] {
        for from_downstream in [true, false] {
            let mut stream = plugin.tcp_stream(fresh());
            assert_eq!(stream.new_connection(), TcpOutcome::Continue);
            stream.set_properties(peer.clone());
            let outcome = if from_downstream {
                stream.downstream_data("GET / HTTP/1.1\r\n", EndOfStream::No)
            } else {
                stream.upstream_data("220 ready", EndOfStream::Yes)
            };
            assert_eq!(outcome, TcpOutcome::Closed);
            assert_eq!(
                (stream.sent_upstream(), stream.sent_downstream()),
                (Vec::new(), Vec::new())
            );
            assert_eq!(stream.filter_state("wasm.spiffe_authz"), None);
            assert_eq!(
                stream.filter_state("wasm.spiffe_authz_cause").unwrap(),
                cause.as_bytes()
            );
            stream.finish().unwrap();
        }
    }
    assert_eq!(plugin.failure(), None);
    let lines = plugin.logs();
    let denied = lines
        .iter()
        .filter(|line| line.text().contains(r#""event":"connection-denied""#));
    assert_eq!(denied.count(), 4);
}

#[test]
fn requests_and_connections_are_judged_by_one_plugin() {
    let mut plugin = plugin();
    let mut connection = plugin.tcp_stream(mtls(FRONTEND));
    let mut request = plugin.http_stream(mtls(STRANGER));
    assert_eq!(connection.new_connection(), TcpOutcome::Continue);
    let headers = [(":method", "GET"), (":path", "/"), (":authority", "orders")];
    let outcome = request.request_headers(&headers, EndOfStream::Yes);
    assert_eq!(outcome, spiffe_authz_host_sim::Outcome::Continue);
    assert_eq!(
        connection.downstream_data("ping", EndOfStream::No),
        TcpOutcome::Continue
    );
}
