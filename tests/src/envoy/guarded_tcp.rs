//! [`GuardedTcp`]: a workload whose protocol is not HTTP, behind the very sidecar that is shipped.

use std::net::SocketAddr;

use serde_json::Value;
use spiffe_authz_envoy_config::{ApplicationProtocol, FilterSource, InboundTransport, ecds};
use tokio_rustls::TlsConnector;

use crate::envoy::client::{Connection, Opening};
use crate::envoy::echo::Echo;
use crate::envoy::guarded::{addresses, write};
use crate::envoy::identities::Identities;
use crate::envoy::orders;
use crate::envoy::running::RunningEnvoy;
use crate::scratch::Scratch;

/// The workload `shop/orders` with another application: what it receives, it sends back.
pub struct GuardedTcp {
    /// Envoy. Declared first, so that it ends before its files go.
    pub envoy: RunningEnvoy,
    /// The application behind it.
    pub application: Echo,
    /// The certificates.
    pub identities: Identities,
    inbound: SocketAddr,
    _scratch: Scratch,
}

impl GuardedTcp {
    /// Starts the sidecar, which takes mTLS and plaintext, with this plugin configuration.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start(name: &str, plugin_configuration: &Value, application: Echo) -> Result<Self, String> {
        Self::start_changed(name, plugin_configuration, application, |_, _| ()).await
    }

    /// As [`GuardedTcp::start`], with the bootstrap and the ECDS document changed before Envoy reads them.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start_changed(
        name: &str,
        plugin_configuration: &Value,
        application: Echo,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<Self, String> {
        let scratch = Scratch::new(name)?;
        let identities = Identities::new(&scratch)?;
        let file = scratch.file("filter.ecds.json")?;
        let source = FilterSource::Ecds { path: file.clone() };
        let addresses = addresses(application.address())?;
        let transport = InboundTransport::Permissive;
        let mut sidecar = orders::sidecar(&scratch, &identities, addresses, transport, source)?;
        sidecar.inbound.protocol = ApplicationProtocol::Tcp;
        let mut bootstrap = sidecar.bootstrap();
        let mut document =
            ecds::ecds_document(&sidecar.filter, ApplicationProtocol::Tcp, plugin_configuration);
        change(&mut bootstrap, &mut document);
        write(&file, &document)?;
        let envoy = RunningEnvoy::start(&scratch, &bootstrap, sidecar.admin.socket_addr()).await?;
        Ok(Self {
            envoy,
            application,
            identities,
            inbound: sidecar.inbound.listen,
            _scratch: scratch,
        })
    }

    /// Opens a connection with a certificate of this SPIFFE ID.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn connect(&self, spiffe_id: &str) -> Result<Connection, String> {
        let tls = self.identities.client(&[spiffe_id.to_owned()])?;
        self.connect_over(Some(tls)).await
    }

    /// Opens a connection over TLS with a certificate of any kind, or in plaintext.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn connect_over(&self, tls: Option<TlsConnector>) -> Result<Connection, String> {
        let opening = Opening {
            tls,
            ..Opening::default()
        };
        Connection::open(self.inbound, opening).await
    }

    /// Where peers connect.
    #[must_use]
    pub fn inbound(&self) -> SocketAddr {
        self.inbound
    }
}
