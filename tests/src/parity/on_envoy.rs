//! Scripts on a real Envoy, one after the other in one process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_demo::replace_file::replace_file;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::envoy::loopback::listen;
use crate::envoy::running::RunningEnvoy;
use crate::parity::endpoint::{Arrivals, Command, End, Endpoint};
use crate::parity::envoy_configuration::{self, ListenerFiles, Places};
use crate::parity::envoy_log;
use crate::parity::grpc;
use crate::parity::headers;
use crate::parity::metrics_seen::MetricsSeen;
use crate::parity::observation::{CLIENT_WENT, Observation, StreamSeen};
use crate::parity::plugin_module;
use crate::parity::script::{Bytes, CallAnswer, GrpcAnswered, Protocol, Request, Script, Step};
use crate::parity::{h1, h2, tcp, wire};
use crate::scratch::Scratch;

/// How long Envoy may take until it shows what it is expected to show.
const PATIENCE: Duration = Duration::from_secs(3);
/// How Envoy says that a plugin did not start or did not take its configuration.
const REFUSED: &str = "Unable to create Wasm plugin";
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

/// One script in Envoy.
struct Run<'s> {
    side: &'s mut EnvoySide,
    script: &'s Script,
    listen: SocketAddr,
    access_log: PathBuf,
    log_begins: u64,
    metrics: MetricsSeen,
    streams: Vec<Open>,
    /// The stream of the last step that had one.
    last: Option<String>,
    calls: Vec<Call>,
}

struct Open {
    name: String,
    port: u16,
    client: Endpoint,
    upstream: Option<Endpoint>,
}

struct Call {
    upstream: Endpoint,
    answered: bool,
}

impl Open {
    /// A stream that was answered without its upstream waits for none.
    fn is_answered(&self) -> bool {
        self.client.received().end != End::Open
    }
}

impl<'s> Run<'s> {
    /// `None` where Envoy refuses the plugin.
    async fn begin(side: &'s mut EnvoySide, script: &'s Script) -> Result<Option<Self>, String> {
        let free = free_loopback_addresses(1).map_err(|error| error.to_string())?;
        let access_log = side.scratch.path().join(format!("{}.jsonl", script.name));
        let wasm = side.wasm(script)?;
        let files = ListenerFiles {
            listen: free[0],
            wasm: &wasm,
            access_log: &access_log,
            transport_socket: None,
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
    async fn leave(&mut self) -> Result<(), String> {
        self.streams.clear();
        self.calls.clear();
        for _ in 0..3 {
            self.barrier().await?;
        }
        Ok(())
    }

    /// What is there after so many steps; `None` where time alone brings the next.
    async fn after(&mut self, steps: usize, expected: &[Vec<String>]) -> Result<Option<Observation>, String> {
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
    async fn barrier(&self) -> Result<(), String> {
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

    async fn take(&mut self, step: &Step) -> Result<(), String> {
        self.last = step.stream().map(str::to_owned).or(self.last.take());
        match step {
            Step::Request(request) => self.request(request).await,
            Step::Connect(on) => self.open(&on.stream).await,
            Step::RequestBody(part) => self.body(part, Self::to_upstream).await,
            Step::RequestTrailers(trailers) => {
                let pairs = headers::pairs(&trailers.headers)?;
                self.to_upstream(&trailers.stream, Command::Trailers(pairs))
            }
            Step::ClientReset(on) => self.to_upstream(&on.stream, Command::Break),
            Step::Response(response) => {
                let pairs = headers::response(response.status, &response.headers)?;
                let end = response.end;
                self.to_client(&response.stream, Command::Headers { pairs, end })
            }
            Step::ResponseBody(part) => self.body(part, Self::to_client).await,
            Step::ResponseTrailers(trailers) => {
                let pairs = headers::pairs(&trailers.headers)?;
                self.to_client(&trailers.stream, Command::Trailers(pairs))
            }
            Step::UpstreamReset(on) => self.to_client(&on.stream, Command::Break),
            // Envoy's timer goes off by itself, and what came of it is waited for.
            Step::Tick(_) | Step::Advance(_) => Ok(()),
            Step::CallAnswer(answer) => self.answer_call(answer),
            Step::CallFailure(_) => self.unanswered_call().map(|call| call.tell(Command::Break)),
            Step::GrpcAnswer(answer) => self.answer_grpc_call(answer),
            Step::GrpcMetadata(_) | Step::GrpcMessage(_) | Step::GrpcClose(_) => self.grpc(step),
        }
    }

    fn answer_grpc_call(&mut self, answer: &GrpcAnswered) -> Result<(), String> {
        let call = self.unanswered_call()?;
        call.tell(grpc::metadata(&[])?);
        if let Some(message) = &answer.message {
            call.tell(grpc::message(&headers::unescape(message)));
        }
        call.tell(grpc::close(answer.status, &answer.text));
        Ok(())
    }

    /// Something comes in on the oldest stream that is not closed.
    fn grpc(&mut self, step: &Step) -> Result<(), String> {
        let command = match step {
            Step::GrpcMetadata(metadata) => grpc::metadata(&metadata.headers)?,
            Step::GrpcMessage(message) => grpc::message(&message.meant()),
            Step::GrpcClose(close) => {
                self.unanswered_call()?
                    .tell(grpc::close(close.status, &close.text));
                return Ok(());
            }
            other => return Err(format!("{other:?} is nothing of gRPC")),
        };
        let call = self
            .calls
            .iter()
            .find(|call| !call.answered)
            .ok_or("there is no gRPC stream")?;
        call.upstream.tell(command);
        Ok(())
    }

    /// Each part has arrived before the next is sent: Envoy would take them for one.
    async fn body(
        &mut self,
        part: &Bytes,
        send: impl Fn(&Self, &str, Command) -> Result<(), String>,
    ) -> Result<(), String> {
        let parts = wire::parts(self.script.protocol, part);
        let last = parts.len().saturating_sub(1);
        for (place, (bytes, end)) in parts.into_iter().enumerate() {
            send(self, &part.stream, Command::Body { bytes, end })?;
            if place < last {
                self.barrier().await?;
                self.barrier().await?;
            }
        }
        Ok(())
    }

    async fn request(&mut self, request: &Request) -> Result<(), String> {
        let pairs = headers::request(&request.line, &request.headers)?;
        self.open(&request.stream).await?;
        let end = request.end;
        self.to_upstream(&request.stream, Command::Headers { pairs, end })
    }

    async fn open(&mut self, name: &str) -> Result<(), String> {
        let stream = TcpStream::connect(self.listen)
            .await
            .map_err(|error| error.to_string())?;
        let _slower = stream.set_nodelay(true);
        let port = stream.local_addr().map_err(|error| error.to_string())?.port();
        let (client, backstage) = Endpoint::new();
        match self.script.protocol {
            Protocol::Http1 => drop(tokio::spawn(h1::client(stream, backstage))),
            Protocol::Http2 => drop(tokio::spawn(h2::client(stream, backstage))),
            Protocol::Tcp => drop(tokio::spawn(tcp::client(stream, backstage))),
        }
        self.streams.push(Open {
            name: name.to_owned(),
            port,
            client,
            upstream: None,
        });
        Ok(())
    }

    fn to_upstream(&self, stream: &str, command: Command) -> Result<(), String> {
        self.stream(stream).map(|open| open.client.tell(command))
    }

    /// Where no request arrived there is nobody who could answer.
    fn to_client(&self, stream: &str, command: Command) -> Result<(), String> {
        let open = self.stream(stream)?;
        if let Some(upstream) = &open.upstream {
            upstream.tell(command);
        }
        Ok(())
    }

    fn stream(&self, name: &str) -> Result<&Open, String> {
        let found = self.streams.iter().find(|open| open.name == name);
        found.ok_or_else(|| format!("there is no stream `{name}`"))
    }

    fn unanswered_call(&mut self) -> Result<Endpoint, String> {
        let call = self.calls.iter_mut().find(|call| !call.answered);
        let call = call.ok_or("there is no call to answer")?;
        call.answered = true;
        Ok(call.upstream.clone())
    }

    fn answer_call(&mut self, answer: &CallAnswer) -> Result<(), String> {
        let call = self.unanswered_call()?;
        let (body, trailers) = (!answer.body.is_empty(), !answer.trailers.is_empty());
        let pairs = headers::response(answer.status, &answer.headers)?;
        call.tell(Command::Headers {
            pairs,
            end: !body && !trailers,
        });
        if body {
            let bytes = headers::unescape(&answer.body);
            call.tell(Command::Body {
                bytes,
                end: !trailers,
            });
        }
        if trailers {
            call.tell(Command::Trailers(headers::pairs(&answer.trailers)?));
        }
        Ok(())
    }
}

/// What the access log says about the stream of this client, once it is over.
fn access_log(path: &Path, script: &Script, port: u16) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    for line in text.lines() {
        // The last line may not be whole yet.
        let Ok(entry) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        if entry["port"].as_u64() != Some(port.into()) {
            continue;
        }
        let shown = |value: &serde_json::Value| {
            value
                .as_str()
                .map_or_else(|| "none".to_owned(), |text| text.escape_debug().to_string())
        };
        let state = script.filter_state.iter();
        let state = state.map(|key| format!("filter state {key}: {}", shown(&entry[key])));
        return Ok([format!("details: {}", details(&shown(&entry["details"])))]
            .into_iter()
            .chain(state)
            .collect());
    }
    Ok(Vec::new())
}

/// Envoy says in several ways that the client went away.
fn details(shown: &str) -> &str {
    match shown {
        "downstream_remote_disconnect" | "http2.remote_reset" => CLIENT_WENT,
        _ => shown,
    }
}
