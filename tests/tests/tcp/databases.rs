//! Protocols of databases over mTLS: PostgreSQL's, where the client speaks first, and MySQL's, where the server does.

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::application::{Application, Protocol};
use spiffe_authz_tests::envoy::client::Connection;
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use spiffe_authz_tests::envoy::{mysql, postgres};

use crate::table::{OTHER, policy, resources};

const ROWS: [&str; 3] = ["ada", "grace", "a name that is longer than the others"];

pub fn frontend_alone() -> Value {
    let frontend = json!([{"from": [{"source": {"principals": [FRONTEND]}}]}]);
    resources([policy("ALLOW", frontend)])
}

async fn guarded(name: &str, protocol: impl Protocol) -> GuardedTcp<Application> {
    let application = Application::start(protocol).await.unwrap();
    GuardedTcp::start(name, &frontend_alone(), application)
        .await
        .unwrap()
}

fn postgres_server() -> postgres::Server {
    let rows = ROWS.map(str::to_owned).to_vec();
    postgres::Server { rows }
}

/// The peers that the policy does not allow: another workload, and one without a certificate.
async fn denied_peers(guarded: &GuardedTcp<Application>) -> [Connection; 2] {
    let other = guarded.connect(OTHER).await.unwrap();
    let plaintext = guarded.connect_over(None).await.unwrap();
    [other, plaintext]
}

async fn assert_query(connection: Connection) {
    let mut client = postgres::Client::start(connection).await.unwrap();
    for _ in 0..3 {
        assert_eq!(client.query("SELECT name FROM orders").await.unwrap(), ROWS);
    }
    assert_eq!(client.terminate().await.unwrap(), b"");
}

/// Behind mTLS the application has no TLS of its own: it says so to the client, which goes on in the stream.
async fn after_an_ssl_request(mut connection: Connection) -> Connection {
    connection.say(&postgres::SSL_REQUEST).await.unwrap();
    assert_eq!(connection.hear(1).await.unwrap(), postgres::NO_TLS_HERE);
    connection
}

#[tokio::test]
async fn an_allowed_peer_gets_rows_over_postgresql_with_or_without_asking_for_tls_within_the_stream() {
    let guarded = guarded("tcp-postgres", postgres_server()).await;
    assert_query(guarded.connect(FRONTEND).await.unwrap()).await;
    let connection = guarded.connect(FRONTEND).await.unwrap();
    assert_query(after_an_ssl_request(connection).await).await;
}

#[tokio::test]
async fn a_denied_peer_gets_no_word_from_a_postgresql_server_and_gives_it_none() {
    let guarded = guarded("tcp-postgres-denied", postgres_server()).await;
    for mut connection in denied_peers(&guarded).await {
        assert_eq!(connection.exchange(&postgres::SSL_REQUEST).await.unwrap(), b"");
    }
    for connection in denied_peers(&guarded).await {
        assert!(postgres::Client::start(connection).await.is_err());
    }
    assert_eq!(guarded.application.bytes(), 0);
}

/// Plaintext and TLS are told apart by the first bytes: who sends none is disconnected after a while.
fn soon_without_first_bytes(bootstrap: &mut Value, _: &mut Value) {
    bootstrap["static_resources"]["listeners"][0]["listener_filters_timeout"] = json!("0.4s");
}

#[tokio::test]
async fn an_allowed_peer_hears_a_mysql_server_first_and_logs_in_and_a_denied_one_hears_nothing() {
    let application = Application::start(mysql::Server).await.unwrap();
    let change = soon_without_first_bytes;
    let guarded = GuardedTcp::start_changed("tcp-mysql", &frontend_alone(), application, change)
        .await
        .unwrap();
    for mut connection in denied_peers(&guarded).await {
        assert_eq!(connection.ending().await.unwrap(), b"");
    }
    assert_eq!(guarded.application.bytes(), 0);
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    mysql::log_in(&mut connection, "frontend").await.unwrap();
}
