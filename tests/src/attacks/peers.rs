//! [`Peers`]: who attacks, by name, each with a certificate of its own or without one.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls::ClientConfig;
use spiffe_authz_pki::LeafRequest;
use tokio_rustls::TlsConnector;

use crate::attacks::vector::Wire;
use crate::envoy::identities::Identities;

/// What a peer presents.
#[derive(Clone, Debug)]
pub enum Presents {
    /// Nothing: plaintext.
    Nothing,
    /// A certificate of the CA that the listener trusts.
    Leaf(Box<LeafRequest>),
    /// A certificate of a CA that nobody trusts.
    StrangersLeaf(Box<LeafRequest>),
}

impl Presents {
    /// An X509-SVID as it should be.
    #[must_use]
    pub fn svid(spiffe_id: &str) -> Self {
        Self::Leaf(Box::new(LeafRequest::svid(spiffe_id)))
    }
}

/// The peers of one group, ready to connect.
pub struct Peers(BTreeMap<&'static str, Option<ClientConfig>>);

impl Peers {
    /// Issues the certificates.
    ///
    /// # Errors
    /// When one cannot be issued.
    pub fn new(
        peers: &[(&'static str, Presents)],
        identities: &Identities,
        strangers: &Identities,
    ) -> Result<Self, String> {
        let config = |presents: &Presents| match presents {
            Presents::Nothing => Ok(None),
            Presents::Leaf(leaf) => identities.client_config(leaf).map(Some),
            // The stranger trusts the listener, not the other way round.
            Presents::StrangersLeaf(leaf) => identities.present(&strangers.issue(leaf)?).map(Some),
        };
        let configs = peers
            .iter()
            .map(|(name, presents)| Ok((*name, config(presents)?)));
        Ok(Self(configs.collect::<Result<_, String>>()?))
    }

    /// How the peer of this name opens a connection for such an attack; `None` is plaintext.
    ///
    /// # Errors
    /// When nobody has this name.
    pub fn connector(&self, name: &str, wire: &Wire) -> Result<Option<TlsConnector>, String> {
        let config = self
            .0
            .get(name)
            .ok_or_else(|| format!("there is no peer `{name}`"))?;
        let connector = config.clone().map(|mut config| {
            let protocol: &[u8] = if wire.is_http2() { b"h2" } else { b"http/1.1" };
            config.alpn_protocols = vec![protocol.to_vec()];
            TlsConnector::from(Arc::new(config))
        });
        Ok(connector)
    }
}
