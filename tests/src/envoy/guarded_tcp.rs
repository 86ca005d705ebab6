//! [`GuardedTcp`]: a workload whose protocol is not HTTP, behind the very sidecar that is shipped.

use std::net::SocketAddr;

use serde_json::Value;
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, InboundTransport, ecds,
};
use tokio_rustls::TlsConnector;

use crate::envoy::access_lines::access_lines;
use crate::envoy::application::Listening;
use crate::envoy::client::{Connection, Opening};
use crate::envoy::echo::Echo;
use crate::envoy::guarded::{addresses, write};
use crate::envoy::identities::Identities;
use crate::envoy::orders;
use crate::envoy::running::RunningEnvoy;
use crate::scratch::Scratch;

/// The workload `shop/orders` with another application: without a word about it, what it receives, it sends back.
pub struct GuardedTcp<A = Echo> {
    /// Envoy. Declared first, so that it ends before its files go.
    pub envoy: RunningEnvoy,
    /// The application behind it.
    pub application: A,
    /// The certificates.
    pub identities: Identities,
    filter: FilterModule,
    ecds_file: FilePath,
    inbound: SocketAddr,
    access_log: FilePath,
    _scratch: Scratch,
}

impl<A: Listening> GuardedTcp<A> {
    /// Starts the sidecar, which takes mTLS and plaintext, with this plugin configuration.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start(name: &str, plugin_configuration: &Value, application: A) -> Result<Self, String> {
        Self::start_changed(name, plugin_configuration, application, |_, _| ()).await
    }

    /// As [`GuardedTcp::start`], with the bootstrap and the ECDS document changed before Envoy reads them.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start_changed(
        name: &str,
        plugin_configuration: &Value,
        application: A,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<Self, String> {
        let scratch = Scratch::new(name)?;
        let identities = Identities::new(&scratch)?;
        let ecds_file = scratch.file("filter.ecds.json")?;
        let source = FilterSource::Ecds {
            path: ecds_file.clone(),
        };
        let addresses = addresses(application.address())?;
        let transport = InboundTransport::Permissive;
        let mut sidecar = orders::sidecar(&scratch, &identities, addresses, transport, source)?;
        sidecar.inbound.protocol = ApplicationProtocol::Tcp;
        let mut bootstrap = sidecar.bootstrap();
        let mut document =
            ecds::ecds_document(&sidecar.filter, ApplicationProtocol::Tcp, plugin_configuration);
        change(&mut bootstrap, &mut document);
        write(&ecds_file, &document)?;
        let envoy = RunningEnvoy::start(&scratch, &bootstrap, sidecar.admin.socket_addr()).await?;
        Ok(Self {
            envoy,
            application,
            identities,
            filter: sidecar.filter,
            ecds_file,
            inbound: sidecar.inbound.listen,
            access_log: sidecar.access_log,
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
        self.open(opening).await
    }

    /// Opens a connection that begins so.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn open(&self, opening: Opening) -> Result<Connection, String> {
        Connection::open(self.inbound, opening).await
    }

    /// Where peers connect.
    #[must_use]
    pub fn inbound(&self) -> SocketAddr {
        self.inbound
    }

    /// The lines of the access log once there are at least as many. A connection has its line at its end.
    ///
    /// # Errors
    /// When it takes too long or a line is no JSON.
    pub async fn access_log(&self, lines: usize) -> Result<Vec<Value>, String> {
        access_lines(&self.access_log, lines).await
    }

    /// Replaces the plugin configuration of the running Envoy.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn configure(&self, plugin_configuration: &Value) -> Result<(), String> {
        let document = ecds::ecds_document(&self.filter, ApplicationProtocol::Tcp, plugin_configuration);
        write(&self.ecds_file, &document)
    }
}
