//! [`Identities`]: a CA, Envoy's own SVID on disk, and clients with SVIDs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use spiffe_authz_envoy_config::{FilePath, SvidPaths, TrustBundle};
use spiffe_authz_pki::{DevelopmentCa, IssuedLeaf, LeafRequest, SvidDirectory};

use crate::envoy::http_version::HttpVersion;
use crate::envoy::problem::Problem as _;

/// The DNS SAN beside the SPIFFE ID in Envoy's certificate, by which the client checks it.
pub const SERVER_NAME: &str = "orders.shop";
const TRUST_DOMAIN: &str = "cluster.local";
const SERVER_ID: &str = "spiffe://cluster.local/ns/shop/sa/orders";

/// Whether a client comes back to a TLS session that it has had.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Sessions {
    /// Each connection performs the whole handshake.
    New,
    /// A connection resumes the session of the one before.
    Resumed,
}

/// The certificates of one run.
pub struct Identities {
    ca: DevelopmentCa,
    paths: SvidPaths,
}

impl Identities {
    /// A new CA, and in this folder Envoy's SVID and its SDS documents.
    ///
    /// # Errors
    /// When a certificate cannot be issued or a file cannot be written.
    pub fn new(folder: &Path) -> Result<Self, String> {
        let ca = DevelopmentCa::new(TRUST_DOMAIN).named("the CA")?;
        let directory = SvidDirectory::new(folder.join("svid"));
        let request = LeafRequest {
            dns_sans: vec![SERVER_NAME.to_owned()],
            ..LeafRequest::svid(SERVER_ID)
        };
        let leaf = ca.issue(&request).named("Envoy's SVID")?;
        directory
            .write(&leaf, ca.certificate_pem())
            .named("Envoy's SVID")?;
        let paths = svid_paths(folder, &directory)?;
        for document in paths.sds_documents() {
            fs::write(document.path.as_path(), document.document.to_string()).named("an SDS document")?;
        }
        Ok(Self { ca, paths })
    }

    /// Where Envoy finds its SVID.
    #[must_use]
    pub fn paths(&self) -> &SvidPaths {
        &self.paths
    }

    /// A client that presents an SVID of this SPIFFE ID, or no certificate.
    ///
    /// # Errors
    /// When the SVID cannot be issued or used.
    pub fn client(
        &self,
        spiffe_id: Option<&str>,
        version: HttpVersion,
        sessions: Sessions,
    ) -> Result<ClientConfig, String> {
        let builder = self.server_checked()?;
        let mut config = match spiffe_id {
            None => builder.with_no_client_auth(),
            Some(id) => {
                let (chain, key) = key_pair(&self.ca.issue(&LeafRequest::svid(id)).named("an SVID")?)?;
                builder
                    .with_client_auth_cert(chain, key)
                    .named("the client's SVID")?
            }
        };
        config.alpn_protocols = vec![version.alpn().to_vec()];
        if sessions == Sessions::New {
            config.resumption = Resumption::disabled();
        }
        Ok(config)
    }

    fn server_checked(&self) -> Result<ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>, String> {
        let mut roots = RootCertStore::empty();
        let anchor =
            CertificateDer::from_pem_slice(self.ca.certificate_pem().as_bytes()).named("the bundle")?;
        roots.add(anchor).named("the bundle")?;
        Ok(versions()?.with_root_certificates(roots))
    }
}

fn versions() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .named("the versions of TLS")
}

fn key_pair(leaf: &IssuedLeaf) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let certificate = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).named("an SVID")?;
    let key = PrivateKeyDer::from_pem_slice(leaf.private_key_pem.as_bytes()).named("the key of an SVID")?;
    Ok((vec![certificate], key))
}

fn svid_paths(folder: &Path, directory: &SvidDirectory) -> Result<SvidPaths, String> {
    let path = |path: PathBuf| FilePath::new(path).named("a path");
    Ok(SvidPaths {
        svid_sds: path(folder.join("svid.sds.json"))?,
        trust_bundle_sds: path(folder.join("trust-bundle.sds.json"))?,
        certificate: path(directory.certificate())?,
        private_key: path(directory.private_key())?,
        trust_bundle: TrustBundle::OneForAll(path(directory.bundle())?),
        watched_directory: path(directory.path().to_owned())?,
    })
}
