//! [`Refusals`]: configurations that a running Envoy must not take, one after the other over file-based ECDS.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::replace_file::replace_file;
use spiffe_authz_envoy_config::{ApplicationProtocol, FilePath, FilterModule, FilterSource, ecds};

use crate::corpus::PluginConfiguration;
use crate::envoy::client::{Connection, Opening};
use crate::envoy::proxy_header::ProxyHeader;
use crate::envoy::running::RunningEnvoy;
use crate::problem::{self, Problem};
use crate::scratch::Scratch;

const REJECTED: &str = "spiffe_authz.update_rejected";
const ALLOWED: u16 = 200;
const SOURCE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)), 42_424);
const DESTINATION: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 8)), 8080);

/// A listener whose filter is configured by a file, with a good configuration in it to begin with.
pub struct Refusals {
    listen: SocketAddr,
    filter: FilterModule,
    file: FilePath,
}

impl Refusals {
    /// Writes the good configuration.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(listen: SocketAddr, wasm: &FilePath, scratch: &Scratch) -> Result<Self, String> {
        let file = scratch.file("refusals.ecds.json")?;
        let filter = FilterModule {
            wasm: wasm.clone(),
            source: FilterSource::Ecds { path: file.clone() },
        };
        let refusals = Self { listen, filter, file };
        refusals.write(&good_configuration().to_string())?;
        Ok(refusals)
    }

    /// Where the listener listens.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The filter of the listener.
    #[must_use]
    pub fn filter(&self) -> &FilterModule {
        &self.filter
    }

    /// Tries every configuration, and after each asks whether the good one is still in force.
    pub async fn run(
        &self,
        envoy: &RunningEnvoy,
        configurations: &[PluginConfiguration],
    ) -> HashMap<String, Result<Vec<Problem>, String>> {
        let mut results = HashMap::new();
        for configuration in configurations {
            results.insert(
                configuration.file.clone(),
                self.refuse(envoy, &configuration.json).await,
            );
        }
        results
    }

    async fn refuse(&self, envoy: &RunningEnvoy, json: &str) -> Result<Vec<Problem>, String> {
        let rejected = envoy.counter(REJECTED).await?;
        let logged = envoy.log()?.len();
        self.write(json)?;
        envoy.wait_for_counter(REJECTED, rejected + 1).await?;
        self.still_serves().await?;
        let log = envoy.log()?;
        problem::from_log(log.get(logged..).unwrap_or_default().lines())
    }

    async fn still_serves(&self) -> Result<(), String> {
        let opening = Opening {
            proxy: Some(ProxyHeader::new(SOURCE, DESTINATION)?),
            ..Opening::default()
        };
        let response = Connection::open(self.listen, opening)
            .await?
            .send(&HttpRequest::new("GET", "/"))
            .await?;
        match response.status {
            ALLOWED => Ok(()),
            status => Err(format!(
                "the last good configuration is not in force: status {status}"
            )),
        }
    }

    fn write(&self, plugin_configuration: &str) -> Result<(), String> {
        let document = ecds::document(&self.filter, ApplicationProtocol::Http, plugin_configuration);
        replace_file(self.file.as_path(), &document.to_string()).map_err(|error| error.to_string())
    }
}

/// Profile istio without a policy allows everything, plaintext too.
fn good_configuration() -> Value {
    json!({"profile": "istio", "workload": {"namespace": "shop"}, "resources": []})
}
