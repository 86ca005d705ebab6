//! How long a connection lives, and which configuration decides on it.

use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::application::Application;
use spiffe_authz_tests::envoy::client::Connection;
use spiffe_authz_tests::envoy::echo::Echo;
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use spiffe_authz_tests::envoy::postgres;
use tokio::time::{sleep, timeout};

use crate::databases::frontend_alone;
use crate::table::{OTHER, policy, resources};

const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
const SHORT: &str = "0.4s";

/// Sets a field of the TCP proxy, which ends every chain.
fn with_proxy_setting(bootstrap: &mut Value, field: &str, value: &str) {
    let chains = bootstrap.pointer_mut("/static_resources/listeners/0/filter_chains");
    for chain in chains.unwrap().as_array_mut().unwrap() {
        let proxy = chain["filters"].as_array_mut().unwrap().last_mut().unwrap();
        let old = std::mem::replace(&mut proxy["typed_config"][field], json!(value));
        assert!(old.is_string(), "the chain that is shipped has no `{field}`");
    }
}

#[tokio::test]
async fn a_connection_on_which_nobody_says_anything_ends_by_the_idle_timeout_and_brings_nothing() {
    let server = postgres::Server { rows: Vec::new() };
    let application = Application::start(server).await.unwrap();
    let change = |bootstrap: &mut Value, _: &mut Value| with_proxy_setting(bootstrap, "idle_timeout", SHORT);
    let guarded = GuardedTcp::start_changed("tcp-idle-timeout", &frontend_alone(), application, change)
        .await
        .unwrap();
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    assert_eq!(connection.ending().await.unwrap(), b"");
    assert_eq!(guarded.application.bytes(), 0);
    assert_eq!(guarded.envoy.counter("tcp.inbound.idle_timeout").await, Ok(1));
    let log = guarded.access_log(1).await.unwrap();
    assert_eq!(
        (&log[0]["decision"], &log[0]["peer_uri_san"]),
        (&Value::Null, &json!(FRONTEND))
    );
}

#[tokio::test]
async fn no_connection_outlives_its_longest_duration_however_busy_it_is() {
    let field = "max_downstream_connection_duration";
    let change = |bootstrap: &mut Value, _: &mut Value| with_proxy_setting(bootstrap, field, SHORT);
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start_changed("tcp-duration", &frontend_alone(), application, change)
        .await
        .unwrap();
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    let busy = async { while connection.exchange(b"hello").await.unwrap() == b"hello" {} };
    timeout(PATIENCE, busy).await.expect("the connection never ends");
    assert_eq!(guarded.envoy.counter(field).await, Ok(1));
}

fn other_alone() -> Value {
    let other = json!([{"from": [{"source": {"principals": [OTHER]}}]}]);
    resources([policy("ALLOW", other)])
}

async fn passes(connection: &mut Connection) -> bool {
    connection.exchange(b"hello").await.unwrap() == b"hello"
}

async fn until_new_connections_pass(guarded: &GuardedTcp, spiffe_id: &str) {
    let in_force = async {
        while !passes(&mut guarded.connect(spiffe_id).await.unwrap()).await {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, in_force)
        .await
        .expect("the new configuration does not take effect");
}

#[tokio::test]
async fn a_new_configuration_is_for_new_connections_and_living_ones_keep_theirs() {
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start("tcp-update", &frontend_alone(), application)
        .await
        .unwrap();
    let mut judged = guarded.connect(FRONTEND).await.unwrap();
    let mut silent = guarded.connect(FRONTEND).await.unwrap();
    let mut silent_other = guarded.connect(OTHER).await.unwrap();
    assert!(passes(&mut judged).await);
    guarded.configure(&other_alone()).unwrap();
    until_new_connections_pass(&guarded, OTHER).await;

    assert!(passes(&mut judged).await, "judged before");
    assert!(
        passes(&mut silent).await,
        "opened before, with its first bytes after"
    );
    assert!(
        !passes(&mut silent_other).await,
        "opened before, and not allowed then"
    );
    assert!(!passes(&mut guarded.connect(FRONTEND).await.unwrap()).await);
    assert!(passes(&mut judged).await, "to its end");
}

#[tokio::test]
async fn a_refused_configuration_leaves_the_last_good_one_in_force_for_connections_too() {
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start("tcp-last-good", &frontend_alone(), application)
        .await
        .unwrap();
    let mut mistake = other_alone();
    mistake["resources"][0]["spec"]["action"] = json!("PERMIT");
    guarded.configure(&mistake).unwrap();
    let rejected = "spiffe_authz.update_rejected";
    guarded.envoy.wait_for_counter(rejected, 1).await.unwrap();
    assert!(passes(&mut guarded.connect(FRONTEND).await.unwrap()).await);
    assert!(!passes(&mut guarded.connect(OTHER).await.unwrap()).await);
}
