//! [`Identities`]: a CA, Envoy's own SVID, and client certificates with any URI SANs.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use spiffe_authz_demo::replace_file::replace_file;
use spiffe_authz_envoy_config::{FilePath, SvidPaths, TrustBundle};
use spiffe_authz_pki::{
    AuthorityKeyId, DevelopmentCa, IssuedLeaf, KeyAlgorithm, LeafRequest, SerialNumber, SvidDirectory,
};
use tokio_rustls::TlsConnector;

use crate::described_certificate::alt_names;
use crate::envoy::bundle_map::bundle_map;
use crate::envoy::server_identity::ByOneName;
use crate::scratch::Scratch;

/// The DNS SAN beside the SPIFFE ID in Envoy's certificate, by which a client checks it.
pub const SERVER_NAME: &str = "orders.shop";
/// Our trust domain.
pub const OURS: &str = "cluster.local";
const SERVER_ID: &str = "spiffe://cluster.local/ns/shop/sa/orders";

/// The trust domain that ours is federated with.
pub const PARTNER: &str = "partner.example";

/// How Envoy checks the certificates of peers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validator {
    /// One bundle, ours: Envoy's default validator.
    Default,
    /// Of our trust domain and of the partner's its own bundle: Envoy's SPIFFE validator.
    Spiffe,
}

/// The certificates of one test.
pub struct Identities {
    ca: DevelopmentCa,
    partner: DevelopmentCa,
    directory: SvidDirectory,
    paths: SvidPaths,
    connectors: Mutex<HashMap<ClientNames, TlsConnector>>,
}

/// What a client's certificate says about the client and its issuer.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ClientNames {
    /// The URI SANs, any text.
    pub uri_sans: Vec<String>,
    /// The DNS SANs, any text.
    pub dns_sans: Vec<String>,
    /// The identifier of the issuer's key.
    pub authority_key_id: AuthorityKeyId,
    /// The serial number.
    pub serial_number: SerialNumber,
}

impl Identities {
    /// A new CA, with Envoy's SVID and its SDS documents on disk.
    ///
    /// # Errors
    /// When a certificate cannot be issued or a file cannot be written.
    pub fn new(scratch: &Scratch) -> Result<Self, String> {
        Self::checked_by(Validator::Default, scratch)
    }

    /// As [`Identities::new`], with the trust bundles that this validator reads.
    ///
    /// # Errors
    /// When a certificate cannot be issued or a file cannot be written.
    pub fn checked_by(validator: Validator, scratch: &Scratch) -> Result<Self, String> {
        let [ca, partner] = [OURS, PARTNER].map(DevelopmentCa::new);
        let ca = ca.map_err(|error| error.to_string())?;
        let partner = partner.map_err(|error| error.to_string())?;
        let directory = SvidDirectory::new(scratch.path().join("svid"));
        let paths = svid_paths(validator, scratch, &directory)?;
        for document in paths.sds_documents() {
            fs::write(document.path.as_path(), document.document.to_string())
                .map_err(|error| error.to_string())?;
        }
        let identities = Self {
            ca,
            partner,
            directory,
            paths,
            connectors: Mutex::default(),
        };
        identities.rotate_server()?;
        let authorities = [(OURS, identities.ours()), (PARTNER, identities.partner())];
        identities.trust(&bundle_map(&authorities))?;
        Ok(identities)
    }

    /// Where Envoy finds its SVID.
    #[must_use]
    pub fn paths(&self) -> &SvidPaths {
        &self.paths
    }

    /// The authority of our trust domain, `cluster.local`.
    #[must_use]
    pub fn ours(&self) -> &DevelopmentCa {
        &self.ca
    }

    /// The authority of the trust domain `partner.example`.
    #[must_use]
    pub fn partner(&self) -> &DevelopmentCa {
        &self.partner
    }

    /// Replaces the bundles that the SPIFFE validator reads.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn trust(&self, bundle_map: &Value) -> Result<(), String> {
        let file = bundle_map_file(&self.directory);
        replace_file(&file, &bundle_map.to_string()).map_err(|error| error.to_string())
    }

    /// Gives Envoy another certificate; returns it.
    ///
    /// # Errors
    /// When it cannot be issued or written.
    pub fn rotate_server(&self) -> Result<IssuedLeaf, String> {
        self.rotate_server_to(KeyAlgorithm::default())
    }

    /// As [`Identities::rotate_server`], with a key of this kind.
    ///
    /// # Errors
    /// When it cannot be issued or written.
    pub fn rotate_server_to(&self, key: KeyAlgorithm) -> Result<IssuedLeaf, String> {
        let request = LeafRequest {
            dns_sans: vec![SERVER_NAME.to_owned()],
            ..LeafRequest::svid(SERVER_ID)
        };
        let leaf = self
            .ca
            .issue_with_key(&request, key)
            .map_err(|error| error.to_string())?;
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
            serial_number: SerialNumber::Random,
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
            uri_sans: Vec::new(),
            raw_extensions: alt_names(&names.uri_sans, &names.dns_sans).into_iter().collect(),
            authority_key_id: names.authority_key_id,
            serial_number: names.serial_number,
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
        self.present(&self.issue(request)?)
    }

    /// The configuration of a client that presents this certificate.
    ///
    /// # Errors
    /// When the certificate and its key cannot be used.
    pub fn present(&self, leaf: &IssuedLeaf) -> Result<ClientConfig, String> {
        client_config(self.ca.certificate_pem(), leaf).map_err(|error| error.to_string())
    }
}

fn bundle_map_file(directory: &SvidDirectory) -> PathBuf {
    directory.path().join("svid_bundles.json")
}

pub(crate) fn client_config(
    bundle_pem: &str,
    leaf: &IssuedLeaf,
) -> Result<ClientConfig, Box<dyn std::error::Error>> {
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

fn svid_paths(
    validator: Validator,
    scratch: &Scratch,
    directory: &SvidDirectory,
) -> Result<SvidPaths, String> {
    let path = |path: PathBuf| FilePath::new(path).map_err(|error| error.to_string());
    let trust_bundle = match validator {
        Validator::Default => TrustBundle::OneForAll(path(directory.bundle())?),
        Validator::Spiffe => TrustBundle::PerTrustDomain(path(bundle_map_file(directory))?),
    };
    Ok(SvidPaths {
        svid_sds: scratch.file("svid.sds.json")?,
        trust_bundle_sds: scratch.file("trust-bundle.sds.json")?,
        certificate: path(directory.certificate())?,
        private_key: path(directory.private_key())?,
        trust_bundle,
        watched_directory: path(directory.path().to_owned())?,
    })
}
