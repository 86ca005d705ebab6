//! The chain as a whole: the filter, the interlock, and what happens where one of them is missing.

use std::sync::Arc;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use spiffe_authz_envoy_config::interlock;
use spiffe_authz_tests::envoy::echo::Echo;
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use spiffe_authz_tests::envoy::identities::SERVER_NAME;
use spiffe_authz_tests::scratch::Scratch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const OTHER: &str = "spiffe://cluster.local/ns/shop/sa/other";
const INTERLOCK_DENIED: &str = "spiffe_authz_interlock.rbac.denied";
const GREETING: &str = "220 ready";

fn allow_frontend() -> Value {
    json!({"resources": [{
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"rules": [{"from": [{"source": {"principals": [FRONTEND]}}]}]},
    }]})
}

async fn guarded(name: &str, application: Echo) -> GuardedTcp {
    GuardedTcp::start(name, &allow_frontend(), application)
        .await
        .unwrap()
}

/// What comes back of these bytes.
async fn exchange(guarded: &GuardedTcp, spiffe_id: &str, bytes: &[u8]) -> Vec<u8> {
    let mut connection = guarded.connect(spiffe_id).await.unwrap();
    connection.exchange(bytes).await.unwrap()
}

/// A module that is valid, and says nothing about connections.
fn with_idle_module(document: &mut Value, scratch: &Scratch) {
    let module = wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "malloc") (param i32) (result i32) (i32.const 1024)))"#,
    )
    .unwrap();
    let path = scratch.file("idle.wasm").unwrap();
    std::fs::write(path.as_path(), module).unwrap();
    let vm = &mut document["resources"][0]["typed_config"]["config"]["vm_config"];
    vm["code"]["local"]["filename"] = json!(path.as_str());
}

fn without_interlock(bootstrap: &mut Value) {
    let chains = bootstrap.pointer_mut("/static_resources/listeners/0/filter_chains");
    for chain in chains.unwrap().as_array_mut().unwrap() {
        let filters = chain["filters"].as_array_mut().unwrap();
        filters.retain(|filter| filter["name"] != interlock::NAME);
    }
}

#[tokio::test]
async fn the_bytes_of_an_allowed_peer_go_both_ways() {
    let guarded = guarded("tcp-allowed", Echo::start().await.unwrap()).await;
    assert_eq!(exchange(&guarded, FRONTEND, b"hello").await, b"hello");
    assert_eq!(guarded.application.arrivals_of(b"hello"), 1);
}

#[tokio::test]
async fn no_byte_of_a_denied_peer_reaches_the_application() {
    let guarded = guarded("tcp-denied", Echo::start().await.unwrap()).await;
    assert_eq!(exchange(&guarded, OTHER, b"hello").await, b"");
    let mut plaintext = guarded.connect_over(None).await.unwrap();
    assert_eq!(plaintext.exchange(b"hello").await.unwrap(), b"");
    assert_eq!(guarded.application.arrivals(), 0);
}

#[tokio::test]
async fn a_denied_peer_does_not_hear_an_application_that_speaks_first() {
    let application = Echo::greeting(GREETING).await.unwrap();
    let guarded = guarded("tcp-greeting", application).await;
    for (spiffe_id, heard) in [(FRONTEND, GREETING), (OTHER, "")] {
        let mut connection = guarded.connect(spiffe_id).await.unwrap();
        let bytes = connection.listen(GREETING.len()).await.unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), heard, "{spiffe_id}");
    }
}

/// The first message of a handshake.
fn client_hello(guarded: &GuardedTcp) -> Vec<u8> {
    let connector = guarded.identities.client(&[FRONTEND.to_owned()]).unwrap();
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    let mut client = ClientConnection::new(Arc::clone(connector.config()), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn a_peer_that_never_ends_its_handshake_reaches_nothing() {
    let guarded = guarded("tcp-handshake", Echo::start().await.unwrap()).await;
    let mut silent = TcpStream::connect(guarded.inbound()).await.unwrap();
    silent.write_all(&client_hello(&guarded)).await.unwrap();
    // The server's part of the handshake: the client never answers it.
    silent.read_u8().await.unwrap();
    for _ in 0..10 {
        assert_eq!(exchange(&guarded, FRONTEND, b"hello").await, b"hello");
    }
    assert_eq!(guarded.application.connections(), 10);
    drop(silent);
}

#[tokio::test]
async fn a_module_that_does_nothing_lets_no_byte_of_a_peer_through() {
    let scratch = Scratch::new("tcp-idle-module").unwrap();
    let change = |_: &mut Value, document: &mut Value| with_idle_module(document, &scratch);
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start_changed("tcp-idle", &allow_frontend(), application, change)
        .await
        .unwrap();
    assert_eq!(exchange(&guarded, FRONTEND, b"hello").await, b"");
    assert_eq!(guarded.application.arrivals(), 0);
    assert_eq!(guarded.envoy.counter(INTERLOCK_DENIED).await, Ok(1));
}

#[tokio::test]
async fn the_interlock_is_what_closes_a_connection_without_a_decision() {
    let scratch = Scratch::new("tcp-open-module").unwrap();
    let change = |bootstrap: &mut Value, document: &mut Value| {
        with_idle_module(document, &scratch);
        without_interlock(bootstrap);
    };
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start_changed("tcp-open", &allow_frontend(), application, change)
        .await
        .unwrap();
    assert_eq!(exchange(&guarded, FRONTEND, b"hello").await, b"hello");
}

#[tokio::test]
async fn before_the_filter_has_a_configuration_no_connection_reaches_the_application() {
    let change = |_: &mut Value, document: &mut Value| document["resources"] = json!([]);
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start_changed("tcp-missing", &allow_frontend(), application, change)
        .await
        .unwrap();
    if let Ok(mut connection) = guarded.connect(FRONTEND).await {
        assert_eq!(connection.exchange(b"hello").await.unwrap(), b"");
    }
    assert_eq!(guarded.application.connections(), 0);
}

/// The interlock looks at what a peer sends: an application that speaks first is for the filter to hold.
#[tokio::test]
async fn what_an_application_says_first_is_not_for_the_interlock() {
    let scratch = Scratch::new("tcp-greeting-module").unwrap();
    let change = |_: &mut Value, document: &mut Value| with_idle_module(document, &scratch);
    let application = Echo::greeting(GREETING).await.unwrap();
    let guarded = GuardedTcp::start_changed("tcp-idle-greeting", &allow_frontend(), application, change)
        .await
        .unwrap();
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    let heard = connection.listen(GREETING.len()).await.unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), GREETING);
    assert_eq!(connection.exchange(b"hello").await.unwrap(), b"");
    assert_eq!(guarded.application.arrivals(), 0);
}
