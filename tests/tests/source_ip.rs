//! `ipBlocks` on a real Envoy: the direct address is the socket's, whatever a header says.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_envoy_config::direct_address;
use spiffe_authz_tests::envoy::client::Opening;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};

const INSIDE: Ipv4Addr = Ipv4Addr::new(127, 5, 6, 7);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);

fn policy(name: &str, action: &str, path: &str, field: &str) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": [{
            "from": [{"source": {field: ["127.5.0.0/16"]}}],
            "to": [{"operation": {"paths": [path]}}],
        }]},
    })
}

/// `/direct` for direct addresses of a block, `/remote` for remote ones, `/deny` for none of it.
fn policies() -> Value {
    json!({"resources": [
        policy("direct", "ALLOW", "/direct", "ipBlocks"),
        policy("remote", "ALLOW", "/remote", "remoteIpBlocks"),
        policy("not-here", "ALLOW", "/deny", "notIpBlocks"),
        policy("here", "DENY", "/deny", "ipBlocks"),
    ]})
}

async fn status(guarded: &Guarded, from: Ipv4Addr, path: &str, forwarded_for: Option<Ipv4Addr>) -> u16 {
    let opening = Opening {
        from: Some(from),
        tls: Some(guarded.identities.client(&[FRONTEND.to_owned()]).unwrap()),
        ..Opening::default()
    };
    let request = HttpRequest::new("GET", path);
    let request = match forwarded_for {
        Some(address) => request.with_header("x-forwarded-for", address.to_string()),
        None => request,
    };
    let mut connection = guarded.open(opening).await.unwrap();
    connection.send(&request).await.unwrap().status
}

fn for_each_chain(bootstrap: &mut Value, change: impl Fn(&mut Value)) {
    let chains = bootstrap.pointer_mut("/static_resources/listeners/0/filter_chains");
    chains
        .unwrap()
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(change);
}

/// As a proxy that trusts the header of its peers.
fn trusting_forwarded_for(bootstrap: &mut Value, _: &mut Value) {
    for_each_chain(bootstrap, |chain| {
        chain["filters"][1]["typed_config"]["use_remote_address"] = json!(false);
    });
}

fn without_direct_address(bootstrap: &mut Value, _: &mut Value) {
    for_each_chain(bootstrap, |chain| {
        let filters = chain["filters"].as_array_mut().unwrap();
        filters.retain(|filter| filter["name"] != direct_address::NAME);
    });
}

/// From where, for which path, with which X-Forwarded-For, and the status of the answer.
type Row = (Ipv4Addr, &'static str, Option<Ipv4Addr>, u16);

async fn assert_statuses(guarded: &Guarded, table: &[Row]) {
    for (from, path, forwarded_for, expected) in table {
        let found = status(guarded, *from, path, *forwarded_for).await;
        assert_eq!(
            found, *expected,
            "{path} from {from}, forwarded for {forwarded_for:?}"
        );
    }
}

#[tokio::test]
async fn the_direct_address_is_that_of_the_socket() {
    let guarded = Guarded::start("source-ip", &policies()).await.unwrap();
    let table = [
        (INSIDE, "/direct", None, 200),
        (OUTSIDE, "/direct", None, 403),
        (OUTSIDE, "/direct", Some(INSIDE), 403),
        (INSIDE, "/direct", Some(OUTSIDE), 200),
        (OUTSIDE, "/remote", Some(INSIDE), 403),
        (INSIDE, "/deny", Some(OUTSIDE), 403),
        (OUTSIDE, "/deny", Some(INSIDE), 200),
    ];
    assert_statuses(&guarded, &table).await;
}

#[tokio::test]
async fn a_header_that_the_proxy_trusts_makes_the_remote_address_and_not_the_direct_one() {
    let guarded = Guarded::start_changed("source-ip-xff", &policies(), trusting_forwarded_for)
        .await
        .unwrap();
    let table = [
        (OUTSIDE, "/remote", Some(INSIDE), 200),
        (INSIDE, "/remote", Some(OUTSIDE), 403),
        (OUTSIDE, "/direct", Some(INSIDE), 403),
        (INSIDE, "/direct", Some(OUTSIDE), 200),
        (INSIDE, "/deny", Some(OUTSIDE), 403),
    ];
    assert_statuses(&guarded, &table).await;
}

#[tokio::test]
async fn without_the_filter_that_writes_the_direct_address_every_rule_on_it_denies() {
    let guarded = Guarded::start_changed("source-ip-unreadable", &policies(), without_direct_address)
        .await
        .unwrap();
    for (path, policy, lines) in [("/direct", "shop/direct", 2), ("/deny", "shop/here", 4)] {
        assert_eq!(status(&guarded, INSIDE, path, None).await, 403, "{path}");
        assert_eq!(status(&guarded, OUTSIDE, path, None).await, 403, "{path}");
        let log = guarded.access_log(lines).await.unwrap();
        let last = log.last().unwrap();
        assert_eq!(
            (&last["cause"], &last["policy"]),
            (&json!("source-ip-unreadable"), &json!(policy))
        );
    }
    assert_eq!(guarded.application.arrivals(), 0);
}
