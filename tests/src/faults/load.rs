//! [`Load`]: the peers of one run. Half of the requests are allowed and half denied, over every version of HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_envoy_config::ApplicationProtocol;
use spiffe_authz_pki::LeafRequest;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::envoy::guarded::FRONTEND;
use crate::envoy::tripwire::CASE_HEADER;
use crate::faults::answer::{Answer, Answers};
use crate::faults::cause::Requests;
use crate::faults::client::{Client, Speech};
use crate::faults::fault::Fault;
use crate::faults::kind::Kind;
use crate::faults::mark::Mark;
use crate::faults::stage::{PATH, Stage};

/// A peer that policy denies.
const STRANGER: &str = "spiffe://cluster.local/ns/shop/sa/stranger";
/// Of the requests of an allowed peer, one in so many is deadly where the fault is of some requests; with as many denied
/// ones, that is one in ten of all.
const DEADLY_OF_ALLOWED: usize = 5;
/// After each request where requests are not to hurry.
const PAUSE: Duration = Duration::from_millis(10);
/// What a large request carries.
const LARGE_BYTES: usize = 48_000;

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Peer {
    Mtls(&'static str),
    Plaintext,
}

/// Peers, and how many requests they send.
pub(super) struct Load {
    fault: Fault,
    kind: Kind,
    address: SocketAddr,
    requests: usize,
}

/// One peer's connection.
struct Lane {
    client: Client,
    pause: Duration,
    requests: Vec<(HttpRequest, Vec<u8>)>,
}

impl Load {
    pub(super) fn new(fault: &Fault, stage: &Stage, requests: usize) -> Self {
        Self {
            fault: *fault,
            kind: stage.kind,
            address: stage.sidecar.inbound.listen,
            requests,
        }
    }

    /// How many of the requests have this mark.
    pub(super) fn sent(&self, mark: Mark) -> usize {
        let lanes = self.lanes().into_iter();
        let marks = lanes.flat_map(|(mark, _, _, requests)| self.marks(mark, requests));
        marks.filter(|found| *found == mark).count()
    }

    /// Sends everything, and says what the clients saw.
    pub(super) async fn run(&self, stage: &Stage) -> Result<Answers, String> {
        let mut lanes = JoinSet::new();
        for (mark, peer, speech, requests) in self.lanes() {
            let marks = self.marks(mark, requests);
            let lane = Lane {
                client: self.client(stage, peer, speech)?,
                pause: self.pause(),
                requests: marks.into_iter().map(|mark| self.request(mark)).collect(),
            };
            lanes.spawn(lane.run());
        }
        let mut answers = Answers::new();
        for lane in lanes.join_all().await {
            for answer in lane? {
                *answers.entry(answer).or_default() += 1;
            }
        }
        Ok(answers)
    }

    /// One request of a peer that policy allows, and one of a peer that it denies.
    pub(super) async fn probe(&self, stage: &Stage) -> Result<[Answer; 2], String> {
        let speech = self.speeches()[0];
        let (request, bytes) = self.request(Mark::Allow);
        let mut allowed = self.client(stage, Peer::Mtls(FRONTEND), speech)?;
        let allowed = allowed.send(&request, &bytes).await?;
        let (request, bytes) = self.request(Mark::Deny);
        let mut denied = self.client(stage, Peer::Mtls(STRANGER), speech)?;
        Ok([allowed, denied.send(&request, &bytes).await?])
    }

    /// Who sends how many requests, and how.
    fn lanes(&self) -> Vec<(Mark, Peer, Speech, usize)> {
        let speeches = self.speeches();
        let denied: &[Peer] = match self.kind {
            Kind::Strict | Kind::Tcp => &[Peer::Mtls(STRANGER)],
            Kind::Permissive => &[Peer::Mtls(STRANGER), Peer::Plaintext],
        };
        let half = self.requests / 2;
        let mut lanes = Vec::new();
        for speech in speeches {
            lanes.push((Mark::Allow, Peer::Mtls(FRONTEND), *speech, half / speeches.len()));
            for peer in denied {
                lanes.push((Mark::Deny, *peer, *speech, half / speeches.len() / denied.len()));
            }
        }
        lanes
    }

    fn speeches(&self) -> &'static [Speech] {
        match self.kind.protocol() {
            ApplicationProtocol::Http | ApplicationProtocol::Http2 => &[Speech::Http1, Speech::Http2],
            ApplicationProtocol::Tcp => &[Speech::Bytes, Speech::Bytes],
        }
    }

    fn marks(&self, mark: Mark, requests: usize) -> Vec<Mark> {
        let deadly = self.fault.requests == Requests::SomeDeadly && mark == Mark::Allow;
        let of = |number: usize| match number % DEADLY_OF_ALLOWED {
            2 if deadly => Mark::Death,
            _ => mark,
        };
        (0..requests).map(of).collect()
    }

    fn request(&self, mark: Mark) -> (HttpRequest, Vec<u8>) {
        let request = HttpRequest::new("GET", PATH)
            .with_header("connection", "keep-alive")
            .with_header(CASE_HEADER, mark.word());
        let request = match mark {
            Mark::Allow | Mark::Deny => request,
            Mark::Death => (0..=Mark::LETHAL).fold(request, |request, number| {
                request.with_header(&format!("x-{number}"), "x")
            }),
        };
        let request = if self.fault.requests == Requests::Large {
            request.with_header("x-large", "x".repeat(LARGE_BYTES))
        } else {
            request
        };
        (request, mark.bytes())
    }

    fn pause(&self) -> Duration {
        match self.fault.requests {
            Requests::Unhurried => PAUSE,
            Requests::Ordinary | Requests::SomeDeadly | Requests::Large => Duration::ZERO,
        }
    }

    fn client(&self, stage: &Stage, peer: Peer, speech: Speech) -> Result<Client, String> {
        let tls = match peer {
            Peer::Plaintext => None,
            Peer::Mtls(spiffe_id) => Some(tls(stage, spiffe_id, speech)?),
        };
        Ok(Client::new(self.address, tls, speech))
    }
}

impl Lane {
    async fn run(mut self) -> Result<Vec<Answer>, String> {
        let mut answers = Vec::new();
        for (request, bytes) in &self.requests {
            answers.push(self.client.send(request, bytes).await?);
            sleep(self.pause).await;
        }
        Ok(answers)
    }
}

fn tls(stage: &Stage, spiffe_id: &str, speech: Speech) -> Result<Arc<ClientConfig>, String> {
    let mut config = stage.identities.client_config(&LeafRequest::svid(spiffe_id))?;
    config.alpn_protocols = speech.alpn();
    Ok(Arc::new(config))
}
