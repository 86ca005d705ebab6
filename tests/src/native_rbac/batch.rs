//! Rounds on one Envoy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{FilePath, LoopbackAddress, SvidPaths, admin};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::envoy::identities::Identities;
use crate::envoy::running::RunningEnvoy;
use crate::native_rbac::answer::Answers;
use crate::native_rbac::exchange::exchange;
use crate::native_rbac::listeners::{Addresses, listeners};
use crate::native_rbac::round::{Round, Sent};
use crate::native_rbac::tls::Connectors;
use crate::scratch::Scratch;
use crate::workspace;

/// How many pairs of connections are open at once.
const CONCURRENCY: usize = 6;
/// How often an Envoy is started again that found a port taken.
const RETRIES: usize = 3;
/// How many were started in this process: each has files of its own.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// What became of one request.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The index of its round.
    pub round: usize,
    /// The request.
    pub sent: Sent,
    /// The answers.
    pub answers: Answers,
}

/// Starts one Envoy for these rounds, sends everything to both sides, and ends it. In the order of the rounds.
///
/// # Errors
/// When there is no Envoy, or it does not serve.
pub async fn run(rounds: &[Arc<Round>]) -> Result<Vec<Outcome>, String> {
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let scratch = Scratch::new(&format!("native-rbac-{number}"))?;
    let connectors = Arc::new(Connectors::new(Identities::new(&scratch)?));
    let svid = connectors.identities().paths();
    let mut started = start(rounds, &scratch, svid).await;
    for _ in 0..RETRIES {
        // Another process may take a port between its choice and its use.
        if matches!(&started, Err(error) if error.contains("Address already in use")) {
            started = start(rounds, &scratch, svid).await;
        }
    }
    let (envoy, addresses) = started?;
    let outcomes = send_all(rounds, &addresses, &connectors).await;
    envoy.stop().await?;
    Ok(outcomes)
}

async fn start(
    rounds: &[Arc<Round>],
    scratch: &Scratch,
    svid: &SvidPaths,
) -> Result<(RunningEnvoy, Vec<Addresses>), String> {
    let wasm = FilePath::new(workspace::filter_wasm()?).map_err(|error| error.to_string())?;
    let free = free_loopback_addresses(rounds.len() * 2 + 1).map_err(|error| error.to_string())?;
    let (admin, free) = free.split_first().ok_or("no port")?;
    let (pairs, _) = free.as_chunks();
    let addresses: Vec<Addresses> = pairs
        .iter()
        .map(|[filter, native]| Addresses {
            filter: *filter,
            native: *native,
        })
        .collect();
    let pairs = rounds.iter().zip(&addresses);
    let listeners: Vec<Value> = pairs
        .flat_map(|(round, addresses)| listeners(round, *addresses, svid, &wasm))
        .collect();
    let loopback = LoopbackAddress::try_from(*admin).map_err(|error| error.to_string())?;
    let bootstrap = json!({
        "node": {"id": "native-rbac", "cluster": "native-rbac"},
        "admin": admin::admin(loopback),
        "static_resources": {"listeners": listeners},
    });
    let envoy = RunningEnvoy::start(scratch, &bootstrap, *admin).await?;
    Ok((envoy, addresses))
}

async fn send_all(
    rounds: &[Arc<Round>],
    addresses: &[Addresses],
    connectors: &Arc<Connectors>,
) -> Vec<Outcome> {
    let permits = Arc::new(Semaphore::new(CONCURRENCY));
    let mut tasks = JoinSet::new();
    for (index, (round, addresses)) in rounds.iter().zip(addresses).enumerate() {
        for connection in 0..round.connections.len() {
            let (permits, connectors, round) =
                (Arc::clone(&permits), Arc::clone(connectors), Arc::clone(round));
            let addresses = *addresses;
            tasks.spawn(async move {
                let _permit = permits.acquire_owned().await;
                let outcome = |(sent, answers)| Outcome {
                    round: index,
                    sent,
                    answers,
                };
                let exchanged = exchange(&round, connection, addresses, &connectors).await;
                exchanged.into_iter().map(outcome).collect::<Vec<_>>()
            });
        }
    }
    let mut outcomes: Vec<Outcome> = tasks.join_all().await.into_iter().flatten().collect();
    outcomes.sort_by_key(|outcome| outcome.round);
    outcomes
}
