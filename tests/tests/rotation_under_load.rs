//! SVIDs of both sides are rotated under load: no request fails, on connections that stay and on new ones.
//!
//! `make rotation` rotates every two seconds for two minutes; `make test` some times, sooner.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::LeafRequest;
use spiffe_authz_tests::envoy::client::Connection;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

/// How often, and how many milliseconds apart, where the environment does not say.
const ROTATIONS: usize = 6;
const PAUSE_MS: usize = 500;
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
const STAYING: usize = 4;
const OPENING: usize = 2;

/// What requests came to.
#[derive(Debug, Default)]
struct Seen {
    on_old: AtomicUsize,
    on_new: AtomicUsize,
    /// New connections that were shown another SVID than the one before.
    changes: AtomicUsize,
}

struct Load {
    guarded: Arc<Guarded>,
    connector: watch::Receiver<TlsConnector>,
    over: Arc<AtomicBool>,
    seen: Arc<Seen>,
}

impl Clone for Load {
    fn clone(&self) -> Self {
        Self {
            guarded: Arc::clone(&self.guarded),
            connector: self.connector.clone(),
            over: Arc::clone(&self.over),
            seen: Arc::clone(&self.seen),
        }
    }
}

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// A client with an SVID of its own.
fn client(guarded: &Guarded) -> TlsConnector {
    let leaf = guarded.identities.issue(&LeafRequest::svid(FRONTEND)).unwrap();
    TlsConnector::from(Arc::new(guarded.identities.present(&leaf).unwrap()))
}

async fn ask(connection: &mut Connection) {
    let request = HttpRequest::new("GET", "/orders").with_header("connection", "keep-alive");
    assert_eq!(connection.send(&request).await.unwrap().status, 200);
}

impl Load {
    async fn connect(&self) -> Connection {
        let connector = self.connector.borrow().clone();
        self.guarded.connect_over(Some(connector)).await.unwrap()
    }

    /// One connection from the first SVID to the last.
    async fn stay(self) {
        let mut connection = self.connect().await;
        while !self.over.load(Ordering::Relaxed) {
            ask(&mut connection).await;
            self.seen.on_old.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A new connection for each request.
    async fn open(self) {
        let mut shown = Vec::new();
        while !self.over.load(Ordering::Relaxed) {
            let mut connection = self.connect().await;
            ask(&mut connection).await;
            self.seen.on_new.fetch_add(1, Ordering::Relaxed);
            let certificate = connection.server_certificate().unwrap();
            if shown != certificate {
                self.seen.changes.fetch_add(1, Ordering::Relaxed);
                shown = certificate.to_vec();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_both_sides_rotate() {
    let rotations = from_environment("ROTATIONS", ROTATIONS);
    let pause = from_environment("ROTATION_PAUSE_MS", PAUSE_MS);
    let guarded = Guarded::start("rotation-under-load", &allow_get(FRONTEND, &["/orders"])).await;
    let guarded = Arc::new(guarded.unwrap());
    let (connectors, connector) = watch::channel(client(&guarded));
    let load = Load {
        guarded: Arc::clone(&guarded),
        connector,
        over: Arc::default(),
        seen: Arc::default(),
    };
    let mut tasks = JoinSet::new();
    for _ in 0..STAYING {
        tasks.spawn(load.clone().stay());
    }
    for _ in 0..OPENING {
        tasks.spawn(load.clone().open());
    }

    let mut last = Vec::new();
    for _ in 0..rotations {
        let server = guarded.identities.rotate_server().unwrap();
        let certificate = CertificateDer::from_pem_slice(server.certificate_pem.as_bytes()).unwrap();
        last = certificate.to_vec();
        connectors.send_replace(client(&guarded));
        sleep(Duration::from_millis(u64::try_from(pause).unwrap())).await;
    }
    let taken = async {
        while load.connect().await.server_certificate() != Some(last.as_slice()) {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, taken)
        .await
        .expect("the last SVID is not presented");
    load.over.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    println!("{rotations} rotations: {:?}", load.seen);
    assert!(load.seen.on_old.load(Ordering::Relaxed) > STAYING);
    assert!(load.seen.changes.load(Ordering::Relaxed) > rotations / 2);
}
