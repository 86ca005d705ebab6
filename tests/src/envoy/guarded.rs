//! [`Guarded`]: a workload behind the very sidecar that is shipped.

use std::net::SocketAddr;

use serde_json::Value;
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_demo::replace_file::replace_file;
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, InboundTransport, Sidecar, SpireSds,
    SvidSource, ecds,
};
use tokio_rustls::TlsConnector;

use crate::envoy::access_lines::access_lines;
use crate::envoy::client::{Connection, Opening};
use crate::envoy::identities::{Identities, Validator};
use crate::envoy::orders::{self, Addresses};
use crate::envoy::running::RunningEnvoy;
use crate::envoy::tripwire::Tripwire;
use crate::scratch::Scratch;

/// The peer that the policies of most tests allow.
pub const FRONTEND: &str = "spiffe://cluster.local/ns/shop/sa/frontend";

/// The workload `shop/orders`: its application, its Envoy with the filter configured over ECDS, its certificates.
pub struct Guarded {
    /// Envoy. Declared first, so that it ends before its files go.
    pub envoy: RunningEnvoy,
    /// The application behind it.
    pub application: Tripwire,
    /// The certificates.
    pub identities: Identities,
    filter: FilterModule,
    ecds_file: FilePath,
    inbound: SocketAddr,
    access_log: FilePath,
    _scratch: Scratch,
}

impl Guarded {
    /// Starts the sidecar, which takes mTLS and plaintext, with this plugin configuration.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start(name: &str, plugin_configuration: &Value) -> Result<Self, String> {
        Self::start_changed(name, plugin_configuration, |_, _| ()).await
    }

    /// As [`Guarded::start`], with the bootstrap and the ECDS document changed before Envoy reads them.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start_changed(
        name: &str,
        plugin_configuration: &Value,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<Self, String> {
        Self::start_checked_by(Validator::Default, name, plugin_configuration, change).await
    }

    /// As [`Guarded::start_changed`], with this validator of peers' certificates.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start_checked_by(
        validator: Validator,
        name: &str,
        plugin_configuration: &Value,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<Self, String> {
        let scratch = Scratch::new(name)?;
        let identities = Identities::checked_by(validator, &scratch)?;
        let svid = identities.paths().clone().into();
        Self::start_with(scratch, identities, svid, plugin_configuration, change).await
    }

    /// As [`Guarded::start`], with the SVID and the trust bundle from this agent.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start_with_agent(
        scratch: Scratch,
        identities: Identities,
        agent: SpireSds,
        plugin_configuration: &Value,
    ) -> Result<Self, String> {
        Self::start_with(scratch, identities, agent.into(), plugin_configuration, |_, _| ()).await
    }

    async fn start_with(
        scratch: Scratch,
        identities: Identities,
        svid: SvidSource,
        plugin_configuration: &Value,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<Self, String> {
        let application = Tripwire::start().await?;
        let ecds_file = scratch.file("filter.ecds.json")?;
        let source = FilterSource::Ecds {
            path: ecds_file.clone(),
        };
        let addresses = addresses(application.address())?;
        let sidecar = orders::sidecar(
            &scratch,
            &identities,
            addresses,
            InboundTransport::Permissive,
            source,
        )?;
        let sidecar = Sidecar { svid, ..sidecar };
        let mut bootstrap = sidecar.bootstrap();
        let mut document =
            ecds::ecds_document(&sidecar.filter, ApplicationProtocol::Http, plugin_configuration);
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
        self.connect_over(Some(self.identities.client(&[spiffe_id.to_owned()])?))
            .await
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

    /// The lines of the access log once there are at least as many.
    ///
    /// # Errors
    /// When it takes too long or a line is no JSON.
    pub async fn access_log(&self, lines: usize) -> Result<Vec<Value>, String> {
        access_lines(&self.access_log, lines).await
    }

    /// As [`Guarded::configure`], with a plugin configuration that need not be JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn configure_text(&self, plugin_configuration: &str) -> Result<(), String> {
        let document = ecds::document(&self.filter, ApplicationProtocol::Http, plugin_configuration);
        write(&self.ecds_file, &document)
    }

    /// Replaces the plugin configuration of the running Envoy.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn configure(&self, plugin_configuration: &Value) -> Result<(), String> {
        write(
            &self.ecds_file,
            &ecds::ecds_document(&self.filter, ApplicationProtocol::Http, plugin_configuration),
        )
    }
}

pub(crate) fn write(file: &FilePath, document: &Value) -> Result<(), String> {
    replace_file(file.as_path(), &document.to_string()).map_err(|error| error.to_string())
}

/// Free ones for a sidecar in front of this application.
pub(crate) fn addresses(application: SocketAddr) -> Result<Addresses, String> {
    let free = free_loopback_addresses(2).map_err(|error| error.to_string())?;
    let [inbound, admin] = free[..] else {
        return Err("too few ports were picked".to_owned());
    };
    Ok(Addresses {
        admin,
        inbound,
        application,
    })
}
