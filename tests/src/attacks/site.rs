//! [`Site`]: one Envoy with any number of stations, and an upstream behind each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{FilePath, LoopbackAddress, admin, cluster, stats};

use crate::attacks::peers::{Peers, Presents};
use crate::attacks::station::{Files, Station};
use crate::attacks::upstream::Upstream;
use crate::envoy::identities::Identities;
use crate::envoy::running::RunningEnvoy;
use crate::scratch::Scratch;
use crate::workspace;

/// How often an Envoy is started again that found a port taken.
const RETRIES: usize = 3;
/// What a filter that failed leaves in Envoy's log.
const FAULTS: [&str; 4] = [
    "[critical]",
    "vm_failed",
    "fault:",
    "Proxy-Wasm plugin in-VM backtrace",
];
/// Counters that are zero as long as no VM failed.
const FAULT_COUNTERS: [&str; 3] = ["vm_reload", "vm_reload_success", "vm_reload_failure"];

static STARTED: AtomicUsize = AtomicUsize::new(0);

/// A running Envoy.
pub struct Site {
    /// Envoy. Declared first, so that it ends before its files go.
    pub envoy: RunningEnvoy,
    /// The stations, in the order in which they were given.
    pub stands: Vec<Arc<Stand>>,
    identities: Identities,
    strangers: Identities,
    _scratch: [Scratch; 2],
}

/// A station that serves.
pub struct Stand {
    /// The station.
    pub station: Station,
    /// Where it listens.
    pub listen: SocketAddr,
    /// What is behind it.
    pub upstream: Upstream,
}

impl Site {
    /// Starts Envoy.
    ///
    /// # Errors
    /// When it does not serve.
    pub async fn start(stations: &[Station]) -> Result<Self, String> {
        let mut started = Self::try_start(stations).await;
        for _ in 0..RETRIES {
            // Another process may take a port between its choice and its use.
            if matches!(&started, Err(error) if error.contains("Address already in use")) {
                started = Self::try_start(stations).await;
            }
        }
        started
    }

    async fn try_start(stations: &[Station]) -> Result<Self, String> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch::new(&format!("attacks-{number}"))?;
        let strangers_scratch = Scratch::new(&format!("attacks-{number}-strangers"))?;
        let identities = Identities::new(&scratch)?;
        let strangers = Identities::new(&strangers_scratch)?;
        // The upstreams bind first, or one of them might take a port that was picked for a listener.
        let mut upstreams = Vec::new();
        for _ in stations {
            upstreams.push(Upstream::start().await?);
        }
        let free = free_loopback_addresses(stations.len() + 1).map_err(|error| error.to_string())?;
        let (admin, free) = free.split_first().ok_or("no port")?;
        let stands: Vec<Arc<Stand>> = (stations.iter().zip(free).zip(upstreams))
            .map(|((station, listen), upstream)| {
                let (station, listen) = (station.clone(), *listen);
                Arc::new(Stand {
                    station,
                    listen,
                    upstream,
                })
            })
            .collect();
        let bootstrap = bootstrap(*admin, &stands, &identities, &scratch)?;
        Ok(Self {
            envoy: RunningEnvoy::start(&scratch, &bootstrap, *admin).await?,
            stands,
            identities,
            strangers,
            _scratch: [scratch, strangers_scratch],
        })
    }

    /// Peers with certificates that this Envoy knows how to judge.
    ///
    /// # Errors
    /// When one cannot be issued.
    pub fn peers(&self, peers: &[(&'static str, Presents)]) -> Result<Arc<Peers>, String> {
        Peers::new(peers, &self.identities, &self.strangers).map(Arc::new)
    }

    /// Whether every VM that was started still runs as it was.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn check_alive(&mut self) -> Result<(), String> {
        if !self.envoy.is_running()? {
            return Err("Envoy ended".to_owned());
        }
        for counter in FAULT_COUNTERS {
            let count = self.envoy.counter(counter).await?;
            if count > 0 {
                return Err(format!("`{counter}` is {count}"));
            }
        }
        let log = self.envoy.log()?;
        match FAULTS.iter().find(|fault| log.contains(**fault)) {
            Some(fault) => Err(format!("Envoy's log has `{fault}`")),
            None => Ok(()),
        }
    }
}

fn bootstrap(
    admin: SocketAddr,
    stands: &[Arc<Stand>],
    identities: &Identities,
    scratch: &Scratch,
) -> Result<Value, String> {
    let files = Files {
        svid: identities.paths(),
        wasm: &FilePath::new(workspace::filter_wasm()?).map_err(|error| error.to_string())?,
        access_log: &scratch.file("access.jsonl")?,
    };
    let name = |stand: &Stand| format!("application-{}", stand.listen.port());
    let listeners = stands
        .iter()
        .map(|stand| stand.station.listener(stand.listen, &name(stand), &files));
    let clusters = stands
        .iter()
        .map(|stand| with_trailers(cluster::plaintext(&name(stand), stand.upstream.address())));
    let loopback = LoopbackAddress::try_from(admin).map_err(|error| error.to_string())?;
    Ok(json!({
        "node": {"id": "attacks", "cluster": "attacks"},
        "admin": admin::admin(loopback),
        "stats_config": stats::stats_config(),
        "layered_runtime": {"layers": [{"name": "attacks", "static_layer": patience_with_resets()}]},
        "static_resources": {
            "listeners": listeners.collect::<Result<Vec<_>, _>>()?,
            "clusters": clusters.collect::<Vec<_>>(),
        },
    }))
}

/// An application that reads trailers gets them.
fn with_trailers(mut cluster: Value) -> Value {
    cluster["typed_extension_protocol_options"] = json!({
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http_protocol_options": {"enable_trailers": true}},
        },
    });
    cluster
}

/// Envoy closes a connection on which most of the first 500 streams were reset at once. That would keep the resets of this
/// suite from the filter, which is what they are for.
fn patience_with_resets() -> Value {
    json!({"overload": {"premature_reset_total_stream_count": 1_000_000_000_u64}})
}
