//! The metrics of a sidecar from another machine: they can be read, and nothing else of the admin interface can be reached.

use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::mtls_client::Client;
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{FilterSource, InboundTransport};
use spiffe_authz_tests::envoy::identities::Identities;
use spiffe_authz_tests::envoy::orders::{self, Addresses};
use spiffe_authz_tests::envoy::running::RunningEnvoy;
use spiffe_authz_tests::policies::allow_get;
use spiffe_authz_tests::scratch::Scratch;

/// What the admin interface would answer, were it reached.
const ELSEWHERE: [(&str, &str); 8] = [
    ("POST", "/quitquitquit"),
    ("POST", "/stats/prometheus"),
    ("GET", "/config_dump"),
    ("GET", "/certs"),
    ("GET", "/stats/prometheus/../../config_dump"),
    ("GET", "/stats/prometheus/"),
    ("GET", "//stats/prometheus"),
    ("GET", "/stats/%70rometheus"),
];

#[tokio::test]
async fn metrics_can_be_read_and_nothing_else_can_be_reached() {
    let scratch = Scratch::new("metrics-listener").unwrap();
    let identities = Identities::new(&scratch).unwrap();
    let free = free_loopback_addresses(4).unwrap();
    let addresses = Addresses {
        admin: free[0],
        inbound: free[1],
        application: free[2],
    };
    let policies = FilterSource::Inline(allow_get("a", &["/"]));
    let transport = InboundTransport::Strict;
    let mut sidecar = orders::sidecar(&scratch, &identities, addresses, transport, policies).unwrap();
    sidecar.metrics = Some(free[3]);
    let mut envoy = RunningEnvoy::start(&scratch, &sidecar.bootstrap(), addresses.admin)
        .await
        .unwrap();

    let client = Client::plaintext(free[3]);
    let shown = client
        .send(&HttpRequest::new("GET", "/stats/prometheus?usedonly"))
        .await;
    let shown = shown.unwrap();
    assert_eq!(shown.status, 200);
    assert!(
        shown.body_text().contains("envoy_server_live"),
        "{}",
        shown.body_text()
    );
    for (method, path) in ELSEWHERE {
        let answer = client.send(&HttpRequest::new(method, path)).await.unwrap();
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    assert!(envoy.is_running().unwrap());
}
