//! [`Svids`]: short-lived SVIDs of all workloads and of all peers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;
use spiffe_authz_demo::mtls_client::{ClientCertificate, TlsOptions, client_config};
use spiffe_authz_pki::{DevelopmentCa, Duration, IssuedLeaf, LeafRequest, OffsetDateTime, SvidDirectory};

use crate::faults::client::Speech;
use crate::soak::ask::Peer;

const TRUST_DOMAIN: &str = "cluster.local";
/// Whoever missed a dozen rotations would be refused.
const LIFETIME: Duration = Duration::minutes(2);

/// The authority of the mesh, and what it has issued last.
pub(super) struct Svids {
    ca: DevelopmentCa,
    workloads: Vec<(&'static str, SvidDirectory)>,
    clients: Mutex<BTreeMap<(&'static str, Peer), ClientConfig>>,
    rotations: AtomicU64,
}

impl Svids {
    /// Issues the first SVIDs for these workloads, each into a folder of its name.
    pub(super) fn new(workloads: &[&'static str], folder: &Path) -> Result<Self, String> {
        let directory = |name: &&'static str| (*name, SvidDirectory::new(folder.join(name).join("svid")));
        let svids = Self {
            ca: DevelopmentCa::new(TRUST_DOMAIN).map_err(|error| error.to_string())?,
            workloads: workloads.iter().map(directory).collect(),
            clients: Mutex::default(),
            rotations: AtomicU64::new(0),
        };
        svids.issue_all()?;
        Ok(svids)
    }

    /// Issues everything anew. Connections that are open go on with what they have.
    pub(super) fn rotate(&self) -> Result<(), String> {
        self.issue_all()?;
        self.rotations.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn rotations(&self) -> u64 {
        self.rotations.load(Ordering::Relaxed)
    }

    /// The client's side of a connection to this workload; none for a peer without TLS.
    pub(super) fn client(
        &self,
        workload: &'static str,
        peer: Peer,
        speech: Speech,
    ) -> Option<Arc<ClientConfig>> {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let mut config = clients.get(&(workload, peer))?.clone();
        config.alpn_protocols = speech.alpn();
        Some(Arc::new(config))
    }

    fn issue_all(&self) -> Result<(), String> {
        for (workload, directory) in &self.workloads {
            let leaf = self.issue(workload)?;
            let written = directory.write(&leaf, self.ca.certificate_pem());
            written.map_err(|error| error.to_string())?;
        }
        for (peer, name) in [(Peer::Frontend, "frontend"), (Peer::Stranger, "stranger")] {
            self.present(peer, &self.issue(name)?)?;
        }
        Ok(())
    }

    fn present(&self, peer: Peer, leaf: &IssuedLeaf) -> Result<(), String> {
        for (workload, _) in &self.workloads {
            let options = TlsOptions {
                trust_bundle_pem: self.ca.certificate_pem(),
                server_spiffe_id: &spiffe_id(workload),
                certificate: ClientCertificate::Presented {
                    certificate_pem: &leaf.certificate_pem,
                    private_key_pem: &leaf.private_key_pem,
                },
                server_name: None,
            };
            let config = client_config(&options).map_err(|error| error.to_string())?;
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.insert((workload, peer), config);
        }
        Ok(())
    }

    fn issue(&self, name: &str) -> Result<IssuedLeaf, String> {
        let request = LeafRequest {
            not_after: OffsetDateTime::now_utc().saturating_add(LIFETIME),
            ..LeafRequest::svid(&spiffe_id(name))
        };
        self.ca.issue(&request).map_err(|error| error.to_string())
    }
}

fn spiffe_id(name: &str) -> String {
    format!("spiffe://{TRUST_DOMAIN}/ns/shop/sa/{name}")
}
