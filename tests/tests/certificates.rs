//! Certificates that only look like an SVID, in real handshakes: the URI SAN alone is an identity.

use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::LeafRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;

const EVIL: &str = "spiffe://cluster.local/ns/shop/sa/evil";

/// The status and the cause of one request of a peer with this certificate.
async fn judged(guarded: &Guarded, certificate: &LeafRequest, request_number: usize) -> (u16, String) {
    let tls = guarded.identities.client_with(certificate).unwrap();
    let mut connection = guarded.connect_over(Some(tls)).await.unwrap();
    let status = connection
        .send(&HttpRequest::new("GET", "/orders"))
        .await
        .unwrap()
        .status;
    let log = guarded.access_log(request_number).await.unwrap();
    let cause = log[request_number - 1]["cause"].as_str().unwrap_or_default();
    (status, cause.to_owned())
}

fn certificate(uri_sans: &[&str], dns_sans: &[&str], common_name: Option<&str>) -> LeafRequest {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    LeafRequest {
        uri_sans: texts(uri_sans),
        dns_sans: texts(dns_sans),
        common_name: common_name.map(str::to_owned),
        ..LeafRequest::svid(FRONTEND)
    }
}

#[tokio::test]
async fn only_the_uri_san_of_a_certificate_is_an_identity() {
    let guarded = Guarded::start("certificates", &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    let table = [
        (
            "a good SVID",
            certificate(&[FRONTEND], &[], None),
            200,
            "matched-allow",
        ),
        (
            "a DNS SAN beside the SPIFFE ID",
            certificate(&[FRONTEND], &["a.shop"], None),
            200,
            "matched-allow",
        ),
        (
            "a subject beside the SPIFFE ID",
            certificate(&[FRONTEND], &[], Some(EVIL)),
            200,
            "matched-allow",
        ),
        (
            "a DNS SAN alone",
            certificate(&[], &["a.shop"], None),
            403,
            "no-svid",
        ),
        (
            "a DNS SAN spelled like the SPIFFE ID",
            certificate(&[], &[FRONTEND], None),
            403,
            "no-svid",
        ),
        (
            "a subject spelled like the SPIFFE ID",
            certificate(&[], &[], Some(FRONTEND)),
            403,
            "no-svid",
        ),
        ("no name at all", certificate(&[], &[], None), 403, "no-svid"),
        (
            "another URI SAN, the DNS SAN like it",
            certificate(&[EVIL], &[FRONTEND], None),
            403,
            "no-matching-allow",
        ),
        (
            "another URI SAN, the subject like it",
            certificate(&[EVIL], &[], Some(FRONTEND)),
            403,
            "no-matching-allow",
        ),
    ];
    for (number, (name, certificate, status, cause)) in table.iter().enumerate() {
        let found = judged(&guarded, certificate, number + 1).await;
        assert_eq!(found, (*status, (*cause).to_owned()), "{name}");
    }
    assert_eq!(guarded.application.arrivals(), 3);
}
