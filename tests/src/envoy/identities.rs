//! [`Identities`]: a CA, Envoy's own SVID, and client certificates with any URI SANs.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use spiffe_authz_envoy_config::{FilePath, SvidPaths};
use spiffe_authz_pki::{AuthorityKeyId, DevelopmentCa, IssuedLeaf, LeafRequest, SvidDirectory};
use tokio_rustls::TlsConnector;

use crate::envoy::server_identity::ByOneName;
use crate::scratch::Scratch;

/// The DNS SAN beside the SPIFFE ID in Envoy's certificate, by which a client checks it.
pub const SERVER_NAME: &str = "orders.shop";
const SERVER_ID: &str = "spiffe://cluster.local/ns/shop/sa/orders";

/// The certificates of one test.
pub struct Identities {
    ca: DevelopmentCa,
    directory: SvidDirectory,
    paths: SvidPaths,
    connectors: Mutex<HashMap<ClientNames, TlsConnector>>,
}

/// What a client's certificate says about the client and its issuer.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ClientNames {
    /// The URI SANs.
    pub uri_sans: Vec<String>,
    /// The DNS SANs.
    pub dns_sans: Vec<String>,
    /// The identifier of the issuer's key.
    pub authority_key_id: AuthorityKeyId,
}

impl Identities {
    /// A new CA, with Envoy's SVID and its SDS documents on disk.
    ///
    /// # Errors
    /// When a certificate cannot be issued or a file cannot be written.
    pub fn new(scratch: &Scratch) -> Result<Self, String> {
        let ca = DevelopmentCa::new("cluster.local").map_err(|error| error.to_string())?;
        let directory = SvidDirectory::new(scratch.path().join("svid"));
        let paths = svid_paths(scratch, &directory)?;
        for document in paths.sds_documents() {
            fs::write(document.path.as_path(), document.document.to_string())
                .map_err(|error| error.to_string())?;
        }
        let identities = Self {
            ca,
            directory,
            paths,
            connectors: Mutex::default(),
        };
        identities.rotate_server()?;
        Ok(identities)
    }

    /// Where Envoy finds its SVID.
    #[must_use]
    pub fn paths(&self) -> &SvidPaths {
        &self.paths
    }

    /// Gives Envoy another certificate; returns it.
    ///
    /// # Errors
    /// When it cannot be issued or written.
    pub fn rotate_server(&self) -> Result<IssuedLeaf, String> {
        let request = LeafRequest {
            dns_sans: vec![SERVER_NAME.to_owned()],
            ..LeafRequest::svid(SERVER_ID)
        };
        let leaf = self.ca.issue(&request).map_err(|error| error.to_string())?;
        self.directory
            .write(&leaf, self.ca.certificate_pem())
            .map_err(|error| error.to_string())?;
        Ok(leaf)
    }

    /// A TLS client that presents a certificate with these URI SANs. Each list gets one certificate.
    ///
    /// # Errors
    /// When no certificate can hold them.
    pub fn client(&self, uri_sans: &[String]) -> Result<TlsConnector, String> {
        self.client_named(&ClientNames {
            uri_sans: uri_sans.to_vec(),
            dns_sans: Vec::new(),
            authority_key_id: AuthorityKeyId::Issuers,
        })
    }

    /// A TLS client that presents a certificate that says this. Each gets one certificate.
    ///
    /// # Errors
    /// When no certificate can say it.
    pub fn client_named(&self, names: &ClientNames) -> Result<TlsConnector, String> {
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connector) = connectors.get(names) {
            return Ok(connector.clone());
        }
        let connector = self.new_client(names)?;
        connectors.insert(names.clone(), connector.clone());
        Ok(connector)
    }

    fn new_client(&self, names: &ClientNames) -> Result<TlsConnector, String> {
        let names = names.clone();
        self.client_with(&LeafRequest {
            uri_sans: names.uri_sans,
            dns_sans: names.dns_sans,
            authority_key_id: names.authority_key_id,
            ..LeafRequest::svid("")
        })
    }

    /// A client's certificate that says exactly this.
    ///
    /// # Errors
    /// When no certificate can say it.
    pub fn issue(&self, request: &LeafRequest) -> Result<IssuedLeaf, String> {
        self.ca.issue(request).map_err(|error| error.to_string())
    }

    /// A TLS client that presents a certificate that says exactly this.
    ///
    /// # Errors
    /// When no certificate can say it.
    pub fn client_with(&self, request: &LeafRequest) -> Result<TlsConnector, String> {
        Ok(TlsConnector::from(Arc::new(self.client_config(request)?)))
    }

    /// The configuration of such a client, which takes Envoy's certificate whatever name the handshake carries.
    ///
    /// # Errors
    /// When no certificate can say it.
    pub fn client_config(&self, request: &LeafRequest) -> Result<ClientConfig, String> {
        let leaf = self.issue(request)?;
        client_config(self.ca.certificate_pem(), &leaf).map_err(|error| error.to_string())
    }
}

fn client_config(bundle_pem: &str, leaf: &IssuedLeaf) -> Result<ClientConfig, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(bundle_pem.as_bytes())?)?;
    let certificate = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes())?;
    let key = PrivateKeyDer::from_pem_slice(leaf.private_key_pem.as_bytes())?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(ByOneName::new(roots, SERVER_NAME)?)
        .with_client_auth_cert(vec![certificate], key)?;
    Ok(config)
}

fn svid_paths(scratch: &Scratch, directory: &SvidDirectory) -> Result<SvidPaths, String> {
    let path = |path: std::path::PathBuf| FilePath::new(path).map_err(|error| error.to_string());
    Ok(SvidPaths {
        svid_sds: scratch.file("svid.sds.json")?,
        trust_bundle_sds: scratch.file("trust-bundle.sds.json")?,
        certificate: path(directory.certificate())?,
        private_key: path(directory.private_key())?,
        trust_bundle: path(directory.bundle())?,
        watched_directory: path(directory.path().to_owned())?,
    })
}
