//! Rounds on one Envoy.

use std::sync::Arc;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::{FilePath, LoopbackAddress, admin};
use spiffe_authz_policy::RequestDocument;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::envoy::identities::Identities;
use crate::envoy::running::RunningEnvoy;
use crate::native_rbac::answer::{Answer, Answers};
use crate::native_rbac::connection::{Connection, HttpVersion, http2_request};
use crate::native_rbac::listeners::{Addresses, listeners};
use crate::native_rbac::metadata_headers;
use crate::native_rbac::round::{Connected, Round, Sent};
use crate::native_rbac::tls::Connectors;
use crate::scratch::Scratch;
use crate::workspace;

/// How many pairs of connections are open at once.
const CONCURRENCY: usize = 6;

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
pub async fn run(rounds: &[Round]) -> Result<Vec<Outcome>, String> {
    let scratch = Scratch::new("native-rbac")?;
    let connectors = Arc::new(Connectors::new(Identities::new(&scratch)?));
    let wasm = FilePath::new(workspace::filter_wasm()?).map_err(|error| error.to_string())?;
    let free = free_loopback_addresses(rounds.len() * 2 + 1).map_err(|error| error.to_string())?;
    let (admin, free) = free.split_first().ok_or("no port")?;
    let addresses: Vec<Addresses> = free
        .chunks_exact(2)
        .map(|pair| Addresses {
            filter: pair[0],
            native: pair[1],
        })
        .collect();
    let svid = connectors.identities().paths();
    let listeners: Vec<Value> = rounds
        .iter()
        .zip(&addresses)
        .flat_map(|(round, addresses)| listeners(round, *addresses, svid, &wasm))
        .collect();
    let loopback = LoopbackAddress::try_from(*admin).map_err(|error| error.to_string())?;
    let bootstrap = json!({
        "node": {"id": "native-rbac", "cluster": "native-rbac"},
        "admin": admin::admin(loopback),
        "static_resources": {"listeners": listeners},
    });
    let envoy = RunningEnvoy::start(&scratch, &bootstrap, *admin).await?;
    let outcomes = send_all(rounds, &addresses, &connectors).await;
    envoy.stop().await?;
    Ok(outcomes)
}

async fn send_all(rounds: &[Round], addresses: &[Addresses], connectors: &Arc<Connectors>) -> Vec<Outcome> {
    let permits = Arc::new(Semaphore::new(CONCURRENCY));
    let mut tasks = JoinSet::new();
    for (index, (round, addresses)) in rounds.iter().zip(addresses).enumerate() {
        for connected in round.connections.clone() {
            let (permits, connectors, addresses) = (Arc::clone(&permits), Arc::clone(connectors), *addresses);
            tasks.spawn(async move {
                let _permit = permits.acquire_owned().await;
                send_to_both(index, connected, addresses, &connectors).await
            });
        }
    }
    let mut outcomes: Vec<Outcome> = tasks.join_all().await.into_iter().flatten().collect();
    outcomes.sort_by_key(|outcome| outcome.round);
    outcomes
}

async fn send_to_both(
    round: usize,
    connected: Connected,
    addresses: Addresses,
    connectors: &Connectors,
) -> Vec<Outcome> {
    let Connected {
        facts,
        version,
        requests,
    } = &connected;
    let side = |address| Side {
        address,
        facts,
        version: *version,
        connectors,
        open: None,
    };
    let (mut filter, mut native) = (side(addresses.filter), side(addresses.native));
    let mut outcomes = Vec::with_capacity(requests.len());
    for sent in requests {
        let request = http_request(&sent.request);
        // What the library for HTTP/2 does not send goes by HTTP/1.1.
        let version = match version {
            HttpVersion::Http2 if http2_request(&request).is_some() => HttpVersion::Http2,
            HttpVersion::Http1 | HttpVersion::Http2 => HttpVersion::Http1,
        };
        let answers = Answers {
            filter: filter.send(&request, version).await,
            native: native.send(&request, version).await,
        };
        outcomes.push(Outcome {
            round,
            sent: Sent {
                version,
                ..sent.clone()
            },
            answers,
        });
    }
    outcomes
}

/// One side of a pair of connections.
struct Side<'a> {
    address: std::net::SocketAddr,
    facts: &'a crate::native_rbac::facts::Facts,
    version: HttpVersion,
    connectors: &'a Connectors,
    open: Option<Connection>,
}

impl Side<'_> {
    /// The answer to a request. A connection that failed is not used again.
    async fn send(&mut self, request: &HttpRequest, version: HttpVersion) -> Answer {
        match self.try_send(request, version).await {
            Ok(answer) => answer,
            Err(error) => {
                self.open = None;
                Answer::Other(error)
            }
        }
    }

    async fn try_send(&mut self, request: &HttpRequest, version: HttpVersion) -> Result<Answer, String> {
        if version != self.version {
            let mut other = Connection::open(self.address, self.facts, version, self.connectors).await?;
            return other.send(request).await;
        }
        let connection = match self.open.take() {
            Some(open) => open,
            None => Connection::open(self.address, self.facts, version, self.connectors).await?,
        };
        let answer = self.open.insert(connection).send(request).await?;
        if let Answer::Other(_) = answer {
            // Envoy closes a connection whose request it did not understand.
            self.open = None;
        }
        Ok(answer)
    }
}

fn http_request(document: &RequestDocument) -> HttpRequest {
    let mut request = HttpRequest::new(document.method().unwrap_or_default(), "");
    request.target = document.path().unwrap_or_default().to_vec();
    request = request.with_header("host", document.host().unwrap_or_default());
    request = request.with_header("connection", "keep-alive");
    let metadata = metadata_headers::headers(document);
    let request = metadata.into_iter().fold(request, |request, (name, value)| {
        request.with_header(&name, value)
    });
    document
        .headers()
        .fold(request, |request, (name, value)| request.with_header(name, value))
}
