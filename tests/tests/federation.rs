//! Federated trust domains on a real Envoy: who is trusted can change while it runs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::LeafRequest;
use spiffe_authz_tests::envoy::bundle_map::bundle_map;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::identities::{OURS, PARTNER, Validator};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

const PARTNERS: &str = "spiffe://partner.example/ns/shop/sa/frontend";
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

fn whoever_has_an_identity() -> Value {
    json!({"resources": [{
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "whoever", "namespace": "shop"},
        "spec": {"rules": [{}]},
    }]})
}

/// The status of a request of the partner's workload, over a connection of its own; an error where Envoy takes none.
async fn partners(guarded: &Guarded) -> Result<u16, String> {
    let leaf = guarded
        .identities
        .partner()
        .issue(&LeafRequest::svid(PARTNERS))
        .unwrap();
    let config = guarded.identities.present(&leaf).unwrap();
    let mut connection = guarded
        .connect_over(Some(TlsConnector::from(Arc::new(config))))
        .await?;
    let response = connection.send(&HttpRequest::new("GET", "/orders")).await?;
    Ok(response.status)
}

async fn ours(guarded: &Guarded) -> u16 {
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    let request = HttpRequest::new("GET", "/orders");
    connection.send(&request).await.unwrap().status
}

async fn until(what: &str, guarded: &Guarded, is_it: fn(&Result<u16, String>) -> bool) {
    let waiting = async {
        while !is_it(&partners(guarded).await) {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect(what);
}

async fn until_logged(guarded: &Guarded, words: &str) {
    let waiting = async {
        while !guarded.envoy.log().unwrap().contains(words) {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect(words);
}

/// Envoy refuses a map with an empty bundle as a whole, and keeps the one before.
#[tokio::test]
async fn a_trust_domain_is_trusted_until_it_leaves_the_map_and_not_only_its_keys_do() {
    let configuration = whoever_has_an_identity();
    let guarded = Guarded::start_checked_by(Validator::Spiffe, "federation", &configuration, |_, _| ())
        .await
        .unwrap();
    let identities = &guarded.identities;
    let both = bundle_map(&[(OURS, identities.ours()), (PARTNER, identities.partner())]);
    let ours_alone = bundle_map(&[(OURS, identities.ours())]);
    let mut without_keys = both.clone();
    without_keys["trust_domains"][PARTNER]["keys"] = json!([]);

    assert_eq!(partners(&guarded).await, Ok(200));
    identities.trust(&without_keys).unwrap();
    until_logged(
        &guarded,
        "No keys found in SPIFFE bundle for domain 'partner.example'",
    )
    .await;
    assert_eq!(partners(&guarded).await, Ok(200));

    identities.trust(&ours_alone).unwrap();
    until("the partner is refused", &guarded, Result::is_err).await;
    assert_eq!(ours(&guarded).await, 200);
    identities.trust(&both).unwrap();
    until("the partner is trusted again", &guarded, |status| {
        *status == Ok(200)
    })
    .await;
    assert_eq!(ours(&guarded).await, 200);
}
