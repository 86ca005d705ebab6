//! Scripts on a real Envoy, one after the other in one process.

mod access_log;
mod run;
mod steps;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_demo::replace_file::replace_file;

use crate::envoy::loopback::listen;
use crate::envoy::running::RunningEnvoy;
use crate::parity::endpoint::Arrivals;
use crate::parity::envoy_configuration::{self, Places};
use crate::parity::observation::Observation;
use crate::parity::on_envoy::run::Run;
use crate::parity::plugin_module;
use crate::parity::script::{Protocol, Script};
use crate::parity::{h1, h2, tcp};
use crate::scratch::Scratch;

/// How long Envoy may take until it shows what it is expected to show.
const PATIENCE: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(3);

/// An Envoy that serves one script at a time.
pub struct EnvoySide {
    envoy: RunningEnvoy,
    barrier: SocketAddr,
    upstreams: [Arrivals; 3],
    calls: Arrivals,
    listeners: PathBuf,
    version: usize,
    scratch: Scratch,
}

impl EnvoySide {
    /// Starts Envoy and the upstreams behind it.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start() -> Result<Self, String> {
        let scratch = Scratch::new("parity")?;
        let listeners = scratch.path().join("listeners.json");
        replace_file(&listeners, &envoy_configuration::listeners(None, 0).to_string())
            .map_err(|error| error.to_string())?;
        let upstreams: [Arrivals; 3] = Default::default();
        let calls = Arrivals::default();
        let protocols = [Protocol::Http1, Protocol::Http2, Protocol::Tcp];
        let mut addresses = Vec::new();
        for (protocol, arrivals) in protocols.into_iter().zip(&upstreams) {
            addresses.push(serve(protocol, arrivals).await?);
        }
        let called = [
            serve(Protocol::Http1, &calls).await?,
            serve(Protocol::Http2, &calls).await?,
        ];
        let free = free_loopback_addresses(2).map_err(|error| error.to_string())?;
        let places = Places {
            admin: free[0],
            barrier: free[1],
            upstreams: [addresses[0], addresses[1], addresses[2]],
            calls: called,
            listeners: &listeners,
        };
        let bootstrap = envoy_configuration::bootstrap(&places);
        Ok(Self {
            envoy: RunningEnvoy::start(&scratch, &bootstrap, places.admin).await?,
            barrier: places.barrier,
            upstreams,
            calls,
            listeners,
            version: 0,
            scratch,
        })
    }

    /// Runs a script; what was there after the start and after each step. Where it comes to what is expected, that is
    /// seen at once; otherwise after some patience.
    /// Before a step by which only time passes nothing is looked at: time has passed already.
    ///
    /// # Errors
    /// When a step cannot be done.
    pub async fn run(
        &mut self,
        script: &Script,
        expected: &[Vec<String>],
    ) -> Result<Vec<Option<Observation>>, String> {
        let Some(mut run) = Run::begin(self, script).await? else {
            return Ok(vec![Some(Observation::refused())]);
        };
        let mut observations = vec![run.after(0, expected).await?];
        for (place, step) in (1..).zip(&script.steps) {
            run.take(step).await?;
            observations.push(run.after(place, expected).await?);
        }
        run.leave().await?;
        Ok(observations)
    }

    /// Ends the process.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn stop(self) -> Result<(), String> {
        self.envoy.stop().await
    }

    fn publish(&mut self, listener: Option<serde_json::Value>) -> Result<(), String> {
        self.version += 1;
        let document = envoy_configuration::listeners(listener, self.version);
        replace_file(&self.listeners, &document.to_string()).map_err(|error| error.to_string())
    }

    fn wasm(&self, script: &Script) -> Result<PathBuf, String> {
        if script.wat.is_none() {
            return plugin_module::plugin("probe");
        }
        let path = self.scratch.path().join(format!("{}.wasm", script.name));
        std::fs::write(&path, plugin_module::module(script)?).map_err(|error| error.to_string())?;
        Ok(path)
    }
}

/// Serves a protocol on a free port.
async fn serve(protocol: Protocol, arrivals: &Arrivals) -> Result<SocketAddr, String> {
    let (listener, address) = listen().await?;
    let arrivals = arrivals.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _slower = stream.set_nodelay(true);
            match protocol {
                Protocol::Http1 => drop(tokio::spawn(h1::serve(stream, arrivals.clone()))),
                Protocol::Http2 => drop(tokio::spawn(h2::serve(stream, arrivals.clone()))),
                Protocol::Tcp => drop(tokio::spawn(tcp::serve(stream, arrivals.clone()))),
            }
        }
    });
    Ok(address)
}
