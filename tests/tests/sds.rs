//! SVIDs and trust bundles over SDS from an agent's socket, as SPIRE's agent serves them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_envoy_config::{FilePath, SpireBundle, SpireSds, SpireSvid};
use spiffe_authz_pki::{DevelopmentCa, IssuedLeaf, LeafRequest};
use spiffe_authz_tests::discovery::{Answers, DiscoveryServer, Shelf, secret};
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::identities::{Identities, OURS, PARTNER, SERVER_NAME};
use spiffe_authz_tests::scratch::Scratch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";
const PARTNERS: &str = "spiffe://partner.example/ns/shop/sa/frontend";
const PATIENCE: Duration = Duration::from_secs(40);
const POLL: Duration = Duration::from_millis(20);

/// An agent, and an Envoy that has nothing but what the agent gave it.
struct Attested {
    guarded: Guarded,
    shelf: Shelf,
    answers: Answers,
    socket: PathBuf,
    server: Option<DiscoveryServer>,
}

fn whoever_has_an_identity() -> Value {
    json!({"resources": [{
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "whoever", "namespace": "shop"},
        "spec": {"rules": [{}]},
    }]})
}

fn server_svid(identities: &Identities) -> IssuedLeaf {
    let request = LeafRequest {
        dns_sans: vec![SERVER_NAME.to_owned()],
        ..LeafRequest::svid(ORDERS)
    };
    identities.issue(&request).unwrap()
}

impl Attested {
    /// The agent names the SVID `svid`, and the trust bundle `bundle`, which has these trust domains.
    async fn start(name: &str, svid: SpireSvid, bundle: SpireBundle, trusted: &[&'static str]) -> Self {
        let scratch = Scratch::new(name).unwrap();
        let identities = Identities::new(&scratch).unwrap();
        let socket = scratch.path().join("agent.sock");
        let agent = SpireSds {
            socket: FilePath::new(&socket).unwrap(),
            svid,
            trust_bundle: bundle,
        };
        let (shelf, answers) = (Shelf::default(), Answers::default());
        let server = DiscoveryServer::on_socket(&socket, &shelf, &answers).unwrap();
        shelf.publish(secret::svid(svid_name(&agent), &server_svid(&identities)));
        shelf.publish(secret::bundles(
            bundle_name(&agent),
            &bundles(&identities, trusted),
        ));
        let started = Guarded::start_with_agent(scratch, identities, agent, &whoever_has_an_identity()).await;
        Self {
            guarded: started.unwrap(),
            shelf,
            answers,
            socket,
            server: Some(server),
        }
    }

    /// Gives Envoy another SVID; its certificate.
    fn rotate(&self, name: &str) -> Vec<u8> {
        let leaf = server_svid(&self.guarded.identities);
        self.shelf.publish(secret::svid(name, &leaf));
        let certificate = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).unwrap();
        certificate.to_vec()
    }

    async fn until_presented(&self, certificate: &[u8]) {
        let waiting = async {
            loop {
                let connection = self.guarded.connect(FRONTEND).await.unwrap();
                if connection.server_certificate() == Some(certificate) {
                    return;
                }
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, waiting)
            .await
            .expect("the SVID is not presented");
    }

    /// The status of a request over a new connection with an SVID of this authority; an error where there is no handshake.
    async fn status(&self, ca: &DevelopmentCa, spiffe_id: &str) -> Result<u16, String> {
        let leaf = ca.issue(&LeafRequest::svid(spiffe_id)).unwrap();
        let config = self.guarded.identities.present(&leaf).unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let mut connection = self.guarded.connect_over(Some(connector)).await?;
        let response = connection.send(&HttpRequest::new("GET", "/orders")).await?;
        Ok(response.status)
    }

    async fn ours(&self) -> Result<u16, String> {
        self.status(self.guarded.identities.ours(), FRONTEND).await
    }

    async fn partners(&self) -> Result<u16, String> {
        self.status(self.guarded.identities.partner(), PARTNERS).await
    }
}

fn svid_name(agent: &SpireSds) -> &str {
    match &agent.svid {
        SpireSvid::Default => "default",
        SpireSvid::Of(spiffe_id) => spiffe_id,
    }
}

fn bundle_name(agent: &SpireSds) -> &str {
    match &agent.trust_bundle {
        SpireBundle::Own => "ROOTCA",
        SpireBundle::Of(trust_domain) if trust_domain == OURS => "spiffe://cluster.local",
        SpireBundle::Of(other) => panic!("{other}"),
        SpireBundle::All => "ALL",
    }
}

fn bundles<'i>(identities: &'i Identities, trusted: &[&'static str]) -> Vec<(&'static str, &'i str)> {
    let authority = |name: &str| {
        if name == OURS {
            identities.ours()
        } else {
            identities.partner()
        }
    };
    let bundle = |name: &&'static str| (*name, authority(name).certificate_pem());
    trusted.iter().map(bundle).collect()
}

#[tokio::test]
async fn an_agent_gives_the_svid_and_the_bundle_of_its_own_trust_domain() {
    let attested = Attested::start("sds-own", SpireSvid::Default, SpireBundle::Own, &[OURS]).await;
    assert_eq!(attested.ours().await, Ok(200));
    assert!(attested.partners().await.is_err());
    let answers = attested.answers.all();
    assert!(
        answers.len() >= 2 && answers.iter().all(|answer| answer.refused.is_none()),
        "{answers:?}"
    );
}

#[tokio::test]
async fn an_agent_is_asked_by_spiffe_id_and_by_trust_domain() {
    let svid = SpireSvid::Of(ORDERS.to_owned());
    let bundle = SpireBundle::Of(OURS.to_owned());
    let attested = Attested::start("sds-named", svid, bundle, &[OURS]).await;
    assert_eq!(attested.ours().await, Ok(200));
}

#[tokio::test]
async fn new_connections_have_the_svid_that_the_agent_rotated_and_old_ones_go_on() {
    let attested = Attested::start("sds-rotation", SpireSvid::Default, SpireBundle::Own, &[OURS]).await;
    let request = HttpRequest::new("GET", "/orders").with_header("connection", "keep-alive");
    let mut old = attested.guarded.connect(FRONTEND).await.unwrap();
    assert_eq!(old.send(&request).await.unwrap().status, 200);
    let rotated = attested.rotate("default");
    attested.until_presented(&rotated).await;
    assert_eq!(old.send(&request).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_agent_that_goes_away_takes_nothing_along_and_is_heard_again_when_it_is_back() {
    let mut attested = Attested::start("sds-away", SpireSvid::Default, SpireBundle::Own, &[OURS]).await;
    attested.server = None;
    let rotated = attested.rotate("default");
    assert_eq!(attested.ours().await, Ok(200));
    let back = DiscoveryServer::on_socket(&attested.socket, &attested.shelf, &attested.answers);
    attested.server = Some(back.unwrap());
    attested.until_presented(&rotated).await;
    assert_eq!(attested.ours().await, Ok(200));
}

#[tokio::test]
async fn a_trust_domain_whose_bundle_the_agent_removed_has_no_new_handshakes() {
    let federated = [OURS, PARTNER];
    let attested = Attested::start("sds-all", SpireSvid::Default, SpireBundle::All, &federated).await;
    assert_eq!(
        (attested.ours().await, attested.partners().await),
        (Ok(200), Ok(200))
    );
    let ours_alone = secret::bundles("ALL", &bundles(&attested.guarded.identities, &[OURS]));
    let version = attested.shelf.publish(ours_alone);
    assert_eq!(attested.answers.to(version).await.unwrap().refused, None);
    let removed = async {
        while attested.partners().await.is_ok() {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, removed)
        .await
        .expect("the partner is still trusted");
    assert_eq!(attested.ours().await, Ok(200));
}
