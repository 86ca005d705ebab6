//! A script on host-sim, by its public functions alone.

use std::sync::LazyLock;

use spiffe_authz_host_sim::{
    Connection, EndOfStream, Headers, Limits, LogLevel, Outcome, Plugin, PluginSetup, Simulator, Stream, Trap,
};

use crate::parity::endpoint::{End, Received};
use crate::parity::envoy_log;
use crate::parity::headers::{self, Pairs};
use crate::parity::observation::{Observation, StreamSeen};
use crate::parity::plugin_module;
use crate::parity::script::{Protocol, Request, Response, Script, Step};

static SIMULATOR: LazyLock<Simulator> =
    LazyLock::new(|| Simulator::new(Limits::default()).expect("wasmtime serves this machine"));

/// What was there after the start and after each step.
///
/// # Errors
/// When host-sim cannot do what the script asks for.
pub fn run(script: &Script) -> Result<Vec<Observation>, String> {
    let module = SIMULATOR
        .module(&plugin_module::module(script)?)
        .map_err(|error| error.to_string())?;
    let plugin = match Plugin::start(&module, setup(script)) {
        Ok(plugin) => plugin,
        Err(error) => return Err(format!("the plugin did not start: {error}")),
    };
    let mut side = Side {
        script,
        plugin,
        streams: Vec::new(),
        trap: None,
    };
    let mut observations = vec![side.observation()];
    for step in &script.steps {
        side.take(step)?;
        observations.push(side.observation());
    }
    Ok(observations)
}

fn setup(script: &Script) -> PluginSetup {
    PluginSetup {
        name: script.name.clone(),
        root_id: script.root_id.clone().unwrap_or_else(|| script.name.clone()),
        vm_id: script.name.clone(),
        plugin_configuration: script.plugin_configuration().into_bytes(),
        vm_configuration: script.vm_configuration().into_bytes(),
        environment: script.environment.clone().into_iter().collect(),
        ..PluginSetup::default()
    }
}

struct Side<'s> {
    script: &'s Script,
    plugin: Plugin,
    streams: Vec<Open>,
    trap: Option<Trap>,
}

struct Open {
    stream: Stream,
    seen: StreamSeen,
    finished: bool,
}

impl Side<'_> {
    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Request(request) => self.request(request),
            Step::Response(response) => self.response(response),
            other => Err(format!("host-sim cannot do this yet: {other:?}")),
        }
    }

    fn request(&mut self, request: &Request) -> Result<(), String> {
        let pairs = as_envoy_passes_on(headers::request(&request.line, &request.headers)?);
        let stream = self.plugin.http_stream(connection().properties());
        let seen = StreamSeen {
            name: request.stream.clone(),
            ..StreamSeen::default()
        };
        let mut open = Open {
            stream,
            seen,
            finished: false,
        };
        let outcome = open.stream.request_headers(&pairs, end(request.end));
        if outcome == Outcome::Continue {
            open.seen.upstream = Some(Received {
                headers: Some(to_upstream(&open.stream.current_request_headers())),
                end: ended(request.end),
                ..Received::default()
            });
        }
        self.note(&mut open, outcome, End::Open)?;
        self.streams.push(open);
        Ok(())
    }

    fn response(&mut self, response: &Response) -> Result<(), String> {
        let pairs = headers::response(response.status, &response.headers)?;
        let place = self
            .streams
            .iter()
            .position(|open| open.seen.name == response.stream);
        let mut open = self.streams.remove(place.ok_or("no such stream")?);
        let outcome = open.stream.response_headers(&pairs, end(response.end));
        if outcome == Outcome::Continue {
            open.seen.client.headers = Some(all(&open.stream.current_response_headers()));
            open.seen.client.end = ended(response.end);
        }
        self.note(&mut open, outcome, ended(response.end))?;
        self.streams.insert(place.unwrap_or_default(), open);
        Ok(())
    }

    /// Takes note of what became of a stream; one that is over is finished.
    fn note(&mut self, open: &mut Open, outcome: Outcome, end: End) -> Result<(), String> {
        let is_over = match outcome {
            Outcome::Continue => end == End::Complete,
            Outcome::Pause => false,
            Outcome::LocalReply(reply) => {
                open.seen.client.headers = Some(all(&open.stream.current_response_headers()));
                open.seen.client.body = reply.body;
                open.seen.client.end = End::Complete;
                true
            }
            Outcome::Trapped(trap) => {
                self.trap = Some(trap);
                true
            }
            Outcome::Failed | Outcome::OutOfOrder => return Err(format!("{outcome:?}")),
        };
        if is_over && !open.finished {
            open.finished = true;
            let _trap = open.stream.finish();
            open.seen.access_log = self.access_log(&open.stream);
        }
        Ok(())
    }

    fn access_log(&self, stream: &Stream) -> Vec<String> {
        let details = stream.local_reply().map_or_else(
            || "via_upstream".to_owned(),
            |reply| reply.details_text().into_owned(),
        );
        let state = |key: &String| {
            let value = stream.filter_state(key);
            let value = value.map_or_else(|| "none".to_owned(), |value| value.escape_ascii().to_string());
            format!("filter state {key}: {value}")
        };
        [format!("details: {details}")]
            .into_iter()
            .chain(self.script.filter_state.iter().map(state))
            .collect()
    }

    fn observation(&self) -> Observation {
        let lines = self.plugin.logs();
        let mut log: Vec<String> = lines
            .iter()
            .map(|line| envoy_log::shown(level(line.level), &line.text()))
            .collect();
        log.extend(
            self.plugin
                .failure()
                .map(|trap| envoy_log::trap(trap.callback.export())),
        );
        let metrics = self.plugin.metrics();
        let metrics = metrics
            .iter()
            .map(|(name, value)| (name.into_owned(), metric(value)))
            .collect();
        Observation {
            log,
            streams: self.streams.iter().map(|open| open.seen.clone()).collect(),
            calls: Vec::new(),
            metrics,
        }
    }
}

fn metric(value: &spiffe_authz_host_sim::MetricValue) -> String {
    use spiffe_authz_host_sim::MetricValue;
    match value {
        MetricValue::Counter(value) | MetricValue::Gauge(value) => value.to_string(),
        MetricValue::Histogram(samples) => format!("{} samples", samples.len()),
    }
}

/// What Envoy's connection manager makes of a request's headers before the first filter.
fn as_envoy_passes_on(mut pairs: Pairs) -> Pairs {
    pairs.push((":scheme".to_owned(), b"http".to_vec()));
    pairs.push(("x-forwarded-proto".to_owned(), b"http".to_vec()));
    pairs
}

/// A request's scheme is no header on the wire.
fn to_upstream(headers: &Headers) -> Pairs {
    let pairs = all(headers);
    pairs.into_iter().filter(|(name, _)| name != ":scheme").collect()
}

fn all(headers: &Headers) -> Pairs {
    headers
        .iter()
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()))
        .collect()
}

fn connection() -> Connection {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    Connection::plaintext(address, address)
}

fn end(end: bool) -> EndOfStream {
    if end { EndOfStream::Yes } else { EndOfStream::No }
}

fn ended(end: bool) -> End {
    if end { End::Complete } else { End::Open }
}

/// Envoy's word for a level.
fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "trace",
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warning",
        LogLevel::Error => "error",
        LogLevel::Critical => "critical",
    }
}
