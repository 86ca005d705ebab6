//! E-9 on a real Envoy: conditions read the certificate of the handshake.

use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::{DevelopmentCa, LeafRequest, OffsetDateTime};
use spiffe_authz_policy::LeafCertificate;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

fn allow_when(condition: &Value) -> Value {
    json!({"resources": [{
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"rules": [{"when": [condition]}]},
    }]})
}

async fn status(guarded: &Guarded, certificate: &LeafRequest) -> u16 {
    let tls = guarded.identities.client_with(certificate).unwrap();
    let mut connection = guarded.connect_over(Some(tls)).await.unwrap();
    connection
        .send(&HttpRequest::new("GET", "/"))
        .await
        .unwrap()
        .status
}

fn ending_in(minutes: i64) -> LeafRequest {
    LeafRequest {
        not_after: OffsetDateTime::now_utc() + spiffe_authz_pki::Duration::minutes(minutes),
        ..LeafRequest::svid(FRONTEND)
    }
}

#[tokio::test]
async fn a_certificate_that_ends_soon_can_be_refused() {
    let condition = json!({"key": "source.certificate.remainingSeconds", "notNumbers": ["<1800"]});
    let guarded = Guarded::start("certificate-end", &allow_when(&condition))
        .await
        .unwrap();
    assert_eq!(status(&guarded, &ending_in(60)).await, 200);
    assert_eq!(status(&guarded, &ending_in(20)).await, 403);
}

#[tokio::test]
async fn any_dns_name_of_the_certificate_is_read() {
    let condition = json!({"key": "source.certificate.dnsSan", "values": ["*.shop.example"]});
    let guarded = Guarded::start("certificate-dns", &allow_when(&condition))
        .await
        .unwrap();
    let named = |names: &[&str]| LeafRequest {
        dns_sans: names.iter().map(|name| (*name).to_owned()).collect(),
        ..LeafRequest::svid(FRONTEND)
    };
    assert_eq!(
        status(&guarded, &named(&["a.bank.example", "A.Shop.example"])).await,
        200
    );
    assert_eq!(status(&guarded, &named(&["a.bank.example"])).await, 403);
    assert_eq!(status(&guarded, &named(&[])).await, 403);
}

fn key_id_of_issuer(certificate_pem: &str) -> String {
    let leaf = LeafCertificate::from_pem(certificate_pem.as_bytes()).unwrap();
    let bytes = leaf.facts().issuer_key_id.clone().unwrap();
    bytes
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(":")
}

#[tokio::test]
async fn a_certificate_is_known_by_the_key_that_issued_it() {
    let condition = |key_id: &str| json!({"key": "source.certificate.issuerKeyId", "values": [key_id]});
    let svid = LeafRequest::svid(FRONTEND);
    let others = DevelopmentCa::new("cluster.local").unwrap().issue(&svid).unwrap();
    let others = key_id_of_issuer(&others.certificate_pem);
    let guarded = Guarded::start("certificate-issuer", &allow_when(&condition(&others)))
        .await
        .unwrap();
    assert_eq!(status(&guarded, &svid).await, 403);
    let ours = guarded.identities.rotate_server().unwrap();
    let ours = key_id_of_issuer(&ours.certificate_pem);
    guarded.configure(&allow_when(&condition(&ours))).unwrap();
    let allowed = async {
        while status(&guarded, &svid).await != 200 {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, allowed)
        .await
        .expect("the new configuration allows the peer");
}
