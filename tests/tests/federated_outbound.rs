//! The other direction of a federated sidecar: whom it calls is checked against the bundle of the peer's own trust domain,
//! and to the letter of its SPIFFE ID. The workload calls itself here.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{FilePath, Outbound, SvidPaths, TrustBundle};
use spiffe_authz_tests::envoy::bundle_map::bundle_map;
use spiffe_authz_tests::envoy::client::{Connection, Opening};
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::identities::{OURS, PARTNER, Validator};
use spiffe_authz_tests::policies::allow_get;
use tokio::time::{sleep, timeout};

const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

/// What a bootstrap refers to; the other files are named in those.
fn svid_of(bootstrap: &Value) -> SvidPaths {
    let common =
        "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config/common_tls_context";
    let path = |reference: &str| {
        let pointer = format!("{common}/{reference}/sds_config/path_config_source/path");
        FilePath::new(bootstrap.pointer(&pointer).unwrap().as_str().unwrap()).unwrap()
    };
    let (svid_sds, trust_bundle_sds) = (
        path("tls_certificate_sds_secret_configs/0"),
        path("validation_context_sds_secret_config"),
    );
    SvidPaths {
        certificate: svid_sds.clone(),
        private_key: svid_sds.clone(),
        watched_directory: svid_sds.clone(),
        trust_bundle: TrustBundle::PerTrustDomain(trust_bundle_sds.clone()),
        svid_sds,
        trust_bundle_sds,
    }
}

/// Lets the workload call itself at `listen`, where it expects this SPIFFE ID.
fn add_outbound(bootstrap: &mut Value, name: &str, listen: SocketAddr, spiffe_id: &str) {
    let port =
        bootstrap["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"].as_u64();
    let outbound = Outbound {
        name: name.to_owned(),
        listen: listen.try_into().unwrap(),
        peer: SocketAddr::from(([127, 0, 0, 1], u16::try_from(port.unwrap()).unwrap())),
        spiffe_id: spiffe_id.to_owned(),
    };
    let log = FilePath::new("/dev/null").unwrap();
    let svid = svid_of(bootstrap);
    let resources = &mut bootstrap["static_resources"];
    let listener = outbound.listener(&log);
    resources["listeners"].as_array_mut().unwrap().push(listener);
    resources["clusters"]
        .as_array_mut()
        .unwrap()
        .push(outbound.cluster(&svid));
}

async fn call(address: SocketAddr) -> u16 {
    let mut connection = Connection::open(address, Opening::default()).await.unwrap();
    connection
        .send(&HttpRequest::new("GET", "/orders"))
        .await
        .unwrap()
        .status
}

/// Whether Envoy takes a connection of our trust domain; what may pass then is another question.
async fn comes_in(guarded: &Guarded) -> bool {
    let request = HttpRequest::new("GET", "/");
    match guarded.connect(FRONTEND).await {
        Ok(mut connection) => connection.send(&request).await.is_ok(),
        Err(_) => false,
    }
}

async fn until(what: &str, is_it: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_it().await {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect(what);
}

#[tokio::test]
async fn a_peer_is_called_by_its_spiffe_id_as_long_as_its_trust_domain_is_trusted() {
    let free = free_loopback_addresses(2).unwrap();
    let (itself, another) = (free[0], free[1]);
    let add = |bootstrap: &mut Value, _: &mut Value| {
        add_outbound(bootstrap, "itself", itself, ORDERS);
        add_outbound(bootstrap, "another", another, FRONTEND);
    };
    let configuration = allow_get(ORDERS, &["/orders"]);
    let guarded = Guarded::start_checked_by(Validator::Spiffe, "federated-outbound", &configuration, add)
        .await
        .unwrap();
    let identities = &guarded.identities;
    let partners = bundle_map(&[(PARTNER, identities.partner())]);
    identities.trust(&partners).unwrap();
    until("we are refused ourselves", async || !comes_in(&guarded).await).await;
    assert_eq!(call(itself).await, 503);
    let both = bundle_map(&[(OURS, identities.ours()), (PARTNER, identities.partner())]);
    identities.trust(&both).unwrap();
    until("we are trusted again", async || call(itself).await == 200).await;
    assert_eq!(call(another).await, 503);
    assert_eq!(guarded.application.arrivals(), 1);
}
