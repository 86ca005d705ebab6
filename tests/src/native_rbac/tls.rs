//! [`Connectors`]: TLS clients by identity, server name and version of HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use spiffe_authz_pki::LeafRequest;
use tokio_rustls::TlsConnector;

use crate::envoy::identities::Identities;
use crate::native_rbac::connection::HttpVersion;

/// URI SANs, whether the handshake names a server, and the version of HTTP.
type Key = (Vec<String>, bool, HttpVersion);

/// Each kind of client is made once.
pub(super) struct Connectors {
    identities: Identities,
    made: Mutex<HashMap<Key, TlsConnector>>,
}

impl Connectors {
    pub(super) fn new(identities: Identities) -> Self {
        Self {
            identities,
            made: Mutex::default(),
        }
    }

    pub(super) fn identities(&self) -> &Identities {
        &self.identities
    }

    /// A client that presents a certificate with these URI SANs.
    pub(super) fn connector(
        &self,
        uri_sans: &[String],
        names_server: bool,
        version: HttpVersion,
    ) -> Result<TlsConnector, String> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (uri_sans.to_vec(), names_server, version);
        if let Some(connector) = made.get(&key) {
            return Ok(connector.clone());
        }
        let mut config = self.identities.client_config(&LeafRequest {
            uri_sans: uri_sans.to_vec(),
            ..LeafRequest::svid("")
        })?;
        config.enable_sni = names_server;
        config.alpn_protocols = vec![version.alpn().to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        made.insert(key, connector.clone());
        Ok(connector)
    }
}
