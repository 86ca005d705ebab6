//! One script in Envoy: what it shows.

use std::net::SocketAddr;
use std::path::PathBuf;

use spiffe_authz_demo::ports::free_loopback_addresses;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::parity::endpoint::{Arrivals, Command, End, Endpoint};
use crate::parity::envoy_configuration::{self, ListenerFiles};
use crate::parity::metrics_seen::MetricsSeen;
use crate::parity::observation::{Observation, StreamSeen};
use crate::parity::on_envoy::access_log::access_log;
use crate::parity::on_envoy::{EnvoySide, PATIENCE, POLL};
use crate::parity::script::{Script, Transport};
use crate::parity::step::Step;
use crate::parity::{envoy_log, h1, headers, tls};

/// How Envoy says that a plugin did not start or did not take its configuration.
const REFUSED: &str = "Unable to create Wasm plugin";

/// One script in Envoy.
pub(super) struct Run<'s> {
    pub(super) side: &'s mut EnvoySide,
    pub(super) script: &'s Script,
    pub(super) listen: SocketAddr,
    access_log: PathBuf,
    log_begins: u64,
    metrics: MetricsSeen,
    pub(super) streams: Vec<Open>,
    /// The stream of the last step that had one.
    pub(super) last: Option<String>,
    pub(super) calls: Vec<Call>,
}

pub(super) struct Open {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) client: Endpoint,
    pub(super) upstream: Option<Endpoint>,
}

pub(super) struct Call {
    pub(super) upstream: Endpoint,
    pub(super) answered: bool,
}

impl Open {
    /// A stream that was answered without its upstream waits for none.
    fn is_answered(&self) -> bool {
        self.client.received().end != End::Open
    }
}

impl<'s> Run<'s> {
    /// `None` where Envoy refuses the plugin.
    pub(super) async fn begin(side: &'s mut EnvoySide, script: &'s Script) -> Result<Option<Self>, String> {
        let free = free_loopback_addresses(1).map_err(|error| error.to_string())?;
        let access_log = side.scratch.path().join(format!("{}.jsonl", script.name));
        let wasm = side.wasm(script)?;
        let files = ListenerFiles {
            listen: free[0],
            wasm: &wasm,
            access_log: &access_log,
            transport_socket: transport_socket(script)?,
        };
        let listener = envoy_configuration::listener(script, &files);
        let run = Self {
            log_begins: side.envoy.log_length()?,
            metrics: MetricsSeen::begin(&side.envoy, &script.name).await?,
            script,
            listen: free[0],
            access_log,
            streams: Vec::new(),
            last: None,
            calls: Vec::new(),
            side,
        };
        run.side.publish(Some(listener))?;
        let taken = run.wait_for_listener().await?;
        Ok(taken.then_some(run))
    }

    /// Whether Envoy takes the plugin.
    async fn wait_for_listener(&self) -> Result<bool, String> {
        let started = Instant::now();
        let name = format!("{}::", self.script.name);
        loop {
            if self
                .side
                .envoy
                .admin("/listeners")
                .await?
                .lines()
                .any(|line| line.starts_with(&name))
            {
                return Ok(true);
            }
            if let Some(refusal) = envoy_log::refusal(&self.log()?) {
                let refused = refusal.contains(REFUSED);
                return refused
                    .then_some(false)
                    .ok_or(format!("Envoy refuses the listener: {refusal}"));
            }
            if started.elapsed() > PATIENCE {
                return Err(format!("no listener within {PATIENCE:?}"));
            }
            sleep(POLL).await;
        }
    }

    fn log(&self) -> Result<String, String> {
        self.side.envoy.log_from(self.log_begins)
    }

    /// Breaks off what is still open, and waits until Envoy has taken note: what it logs then is not the next script's.
    pub(super) async fn leave(&mut self) -> Result<(), String> {
        self.streams.clear();
        self.calls.clear();
        for _ in 0..3 {
            self.barrier().await?;
        }
        Ok(())
    }

    /// What is there after so many steps; `None` where time alone brings the next.
    pub(super) async fn after(
        &mut self,
        steps: usize,
        expected: &[Vec<String>],
    ) -> Result<Option<Observation>, String> {
        if self.script.steps.get(steps).is_some_and(Step::is_time) {
            return Ok(None);
        }
        self.settle(expected.get(steps)).await.map(Some)
    }

    /// Waits until what is expected is there, and until whatever else Envoy has to do is done.
    async fn settle(&mut self, expected: Option<&Vec<String>>) -> Result<Observation, String> {
        let started = Instant::now();
        while let Some(expected) = expected
            && started.elapsed() < PATIENCE
            && !self.shows(expected).await?
        {
            sleep(POLL).await;
        }
        self.barrier().await?;
        self.barrier().await?;
        self.observe().await
    }

    /// The admin interface is asked only when nothing else is missing.
    async fn shows(&mut self, expected: &Vec<String>) -> Result<bool, String> {
        let quickly_seen = self.observe_without_metrics()?.lines();
        Ok(expected.starts_with(&quickly_seen) && self.observe().await?.lines() == *expected)
    }

    /// The thread that serves the streams has done what it had to do when a request behind it is answered.
    pub(super) async fn barrier(&self) -> Result<(), String> {
        let (client, backstage) = Endpoint::new();
        let stream = TcpStream::connect(self.side.barrier)
            .await
            .map_err(|error| error.to_string())?;
        tokio::spawn(h1::client(stream, backstage));
        let pairs = headers::request("GET /", &[])?;
        client.tell(Command::Headers { pairs, end: true });
        let started = Instant::now();
        while client.received().headers.is_none() {
            if started.elapsed() > PATIENCE {
                return Err("Envoy's worker answers nothing any more".to_owned());
            }
            sleep(POLL / 3).await;
        }
        Ok(())
    }

    async fn observe(&mut self) -> Result<Observation, String> {
        let metrics = self.metrics.changed(&self.side.envoy).await?;
        Ok(Observation {
            metrics,
            ..self.observe_without_metrics()?
        })
    }

    fn observe_without_metrics(&mut self) -> Result<Observation, String> {
        self.assign_arrivals();
        let process = self.side.envoy.process_id();
        let calls = self.calls.iter().filter(|_| self.script.compare_calls);
        Ok(Observation {
            refused: false,
            log: envoy_log::plugin_lines(&self.log()?, &self.script.name, process),
            streams: self
                .streams
                .iter()
                .map(|open| self.seen(open))
                .collect::<Result<_, _>>()?,
            calls: calls.map(|call| call.upstream.received()).collect(),
            metrics: Default::default(),
        })
    }

    /// A request that arrives belongs to the stream that something was done with last, or else to the first whose
    /// request has not arrived.
    fn assign_arrivals(&mut self) {
        let arrived: Vec<Endpoint> = self.side.upstreams.iter().flat_map(Arrivals::take).collect();
        for upstream in arrived {
            let waiting = |open: &&mut Open| open.upstream.is_none() && !open.is_answered();
            let last = self.last.clone();
            let own = self
                .streams
                .iter_mut()
                .filter(waiting)
                .find(|open| Some(&open.name) == last.as_ref());
            let open = match own {
                Some(open) => Some(open),
                None => self.streams.iter_mut().find(waiting),
            };
            if let Some(open) = open {
                open.upstream = Some(upstream);
            }
        }
        let called = self.side.calls.take().into_iter();
        self.calls.extend(called.map(|upstream| Call {
            upstream,
            answered: false,
        }));
    }

    fn seen(&self, open: &Open) -> Result<StreamSeen, String> {
        Ok(StreamSeen {
            name: open.name.clone(),
            client: open.client.received(),
            upstream: open.upstream.as_ref().map(Endpoint::received),
            access_log: access_log(&self.access_log, self.script, open.port)?,
        })
    }
}

fn transport_socket(script: &Script) -> Result<Option<serde_json::Value>, String> {
    match script.transport {
        Transport::Plaintext => Ok(None),
        Transport::Mtls => tls::transport_socket().map(Some),
    }
}
