//! Federated trust domains on a real Envoy: who is trusted can change while it runs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::LeafRequest;
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

#[tokio::test]
async fn a_trust_domain_that_leaves_the_bundles_is_trusted_no_longer_until_it_comes_back() {
    let configuration = whoever_has_an_identity();
    let guarded = Guarded::start_checked_by(Validator::Spiffe, "federation", &configuration, |_, _| ())
        .await
        .unwrap();
    let (ours_alone, both) = {
        let identities = &guarded.identities;
        let own = (OURS, identities.ours());
        ([own], [own, (PARTNER, identities.partner())])
    };
    assert_eq!(partners(&guarded).await, Ok(200));
    guarded.identities.trust(&ours_alone).unwrap();
    until("the partner is refused", &guarded, Result::is_err).await;
    assert_eq!(ours(&guarded).await, 200);
    guarded.identities.trust(&both).unwrap();
    until("the partner is trusted again", &guarded, |status| {
        *status == Ok(200)
    })
    .await;
    assert_eq!(ours(&guarded).await, 200);
}
