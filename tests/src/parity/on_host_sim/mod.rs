//! A script on host-sim, by its public functions alone.

mod calls;
mod chain;
mod connection;
mod http;
mod tcp;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use spiffe_authz_host_sim::{
    Clusters, EventError, FailurePolicy, Headers, Limits, LogLevel, MetricValue, Module, PluginSetup,
    Process, Reloads, Simulator, WorkerCount, Workers,
};

use crate::parity::endpoint::Received;
use crate::parity::envoy_configuration::{CALLS, UPSTREAMS};
use crate::parity::envoy_log;
use crate::parity::headers::Pairs;
use crate::parity::observation::{Observation, StreamSeen};
use crate::parity::plugin_module;
use crate::parity::script::{self, Script};
use crate::parity::step::{Bytes, Step};
use crate::parity::wire;

static SIMULATOR: LazyLock<Simulator> =
    LazyLock::new(|| Simulator::new(Limits::default()).expect("wasmtime serves this machine"));

/// The worker that serves; Envoy runs with one too.
const WORKER: usize = 0;

/// What passes between two steps where it counts: longer than a short backoff, shorter than a long one.
const BETWEEN_STEPS: Duration = Duration::from_secs(1);

/// What was there after the start and after each step.
///
/// # Errors
/// When host-sim cannot do what the script asks for, or the probe cannot read it.
pub fn run(script: &Script) -> Result<Vec<Observation>, String> {
    let observations = observe_all(script)?;
    let mut log = observations.iter().flat_map(|seen| &seen.log);
    match log.find(|line| line.contains(UNREADABLE)) {
        Some(line) => Err(line.clone()),
        None => Ok(observations),
    }
}

fn observe_all(script: &Script) -> Result<Vec<Observation>, String> {
    let module = plugin_module::module(script)?;
    let module = SIMULATOR.module(&module).map_err(|error| error.to_string())?;
    if let Some(second) = &script.second {
        return chain::run(script, second, &module);
    }
    let Some(workers) = start(script, &module) else {
        return Ok(vec![Observation::refused()]);
    };
    let mut side = Side {
        script,
        workers,
        streams: Vec::new(),
        log: Vec::new(),
        calls: BTreeMap::new(),
        has_failed: false,
    };
    let mut observations = vec![side.observe()];
    for step in &script.steps {
        let_time_pass(script, &mut side.workers);
        side.take(step).map_err(|error| format!("{step:?}: {error}"))?;
        side.after_event()?;
        observations.push(side.observe());
    }
    Ok(observations)
}

/// `None` where the plugin is refused.
fn start(script: &Script, module: &Module) -> Option<Workers> {
    let mut workers = Workers::start(module, setup(script), WorkerCount::ONE, policy(script)).ok()?;
    set_reload_interval(script, &mut workers);
    Some(workers)
}

fn set_reload_interval(script: &Script, workers: &mut Workers) {
    if let Some(milliseconds) = script.reload_interval {
        workers.set_reload_interval(Duration::from_millis(milliseconds));
    }
}

/// Where VMs are loaded again it counts that some time passes in Envoy from step to step.
fn let_time_pass(script: &Script, workers: &mut Workers) {
    if script.failure_policy == script::FailurePolicy::FailReload {
        // A timer that traps on the way is seen as the VM's failure.
        let _trapped = workers.advance(BETWEEN_STEPS);
    }
}

fn setup(script: &Script) -> PluginSetup {
    let clusters = CALLS.iter().chain(&UPSTREAMS);
    PluginSetup {
        name: script.name.clone(),
        root_id: script.root_id.clone().unwrap_or_else(|| script.name.clone()),
        vm_id: script.name.clone(),
        plugin_configuration: script.plugin_configuration().into_bytes(),
        vm_configuration: script.vm_configuration().into_bytes(),
        environment: script.environment.clone().into_iter().collect(),
        clusters: clusters.fold(Clusters::new(), |clusters, name| clusters.with(*name)),
        process: Process::new(),
        ..PluginSetup::default()
    }
}

fn policy(script: &Script) -> FailurePolicy {
    match script.failure_policy {
        script::FailurePolicy::FailClosed => FailurePolicy::FailClosed,
        script::FailurePolicy::FailOpen => FailurePolicy::FailOpen,
        script::FailurePolicy::FailReload => FailurePolicy::FailReload,
        script::FailurePolicy::LegacyFailOpen => FailurePolicy::LegacyFailOpen,
    }
}

/// What the probe logs of statements that it cannot read, and then runs without any: on both sides alike.
const UNREADABLE: &str = "the script cannot be read: ";

struct Side<'s> {
    script: &'s Script,
    workers: Workers,
    streams: Vec<Open>,
    /// What was logged in VMs that are gone too.
    log: Vec<String>,
    /// By the numbers of the calls.
    calls: BTreeMap<u32, Received>,
    has_failed: bool,
}

/// A stream of a script.
enum Open {
    Http(Box<http::OpenHttp>),
    Tcp(Box<tcp::OpenTcp>),
}

impl Side<'_> {
    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Request(request) => self.open_http(request),
            Step::Connect(on) => self.open_tcp(&on.stream),
            Step::RequestBody(part) => self.request_body(part),
            Step::RequestTrailers(trailers) => {
                self.http(&trailers.stream)?.request_trailers(&trailers.headers)
            }
            Step::Response(response) => self.http(&response.stream)?.response(response),
            Step::ResponseBody(part) => self.response_body(part),
            Step::ResponseTrailers(trailers) => {
                self.http(&trailers.stream)?.response_trailers(&trailers.headers)
            }
            Step::ClientReset(on) => match self.stream(&on.stream)? {
                Open::Http(open) => open.client_reset(),
                Open::Tcp(open) => open.client_reset(),
            },
            Step::UpstreamReset(on) => match self.stream(&on.stream)? {
                Open::Http(open) => open.upstream_reset(),
                Open::Tcp(open) => open.upstream_reset(),
            },
            Step::Tick(_) => self.on_worker(|plugin| plugin.tick()),
            Step::Advance(time) => {
                let time = std::time::Duration::from_millis(time.milliseconds);
                self.on_worker(|plugin| plugin.advance(time))
            }
            Step::CallAnswer(answer) => self.answer_call(answer),
            Step::CallFailure(_) => self.fail_call(),
            Step::GrpcAnswer(answer) => self.answer_grpc_call(answer),
            Step::GrpcMetadata(metadata) => self.grpc_metadata(metadata),
            Step::GrpcMessage(message) => self.grpc_message(message),
            Step::GrpcClose(close) => self.grpc_close(close),
        }
    }

    fn request_body(&mut self, part: &Bytes) -> Result<(), String> {
        for (bytes, ends) in wire::parts(self.script.protocol, part) {
            match self.stream(&part.stream)? {
                Open::Http(open) => open.request_body(&bytes, ends)?,
                Open::Tcp(open) => open.downstream_data(&bytes, ends)?,
            }
        }
        Ok(())
    }

    fn response_body(&mut self, part: &Bytes) -> Result<(), String> {
        for (bytes, ends) in wire::parts(self.script.protocol, part) {
            match self.stream(&part.stream)? {
                Open::Http(open) => open.response_body(&bytes, ends)?,
                Open::Tcp(open) => open.upstream_data(&bytes, ends)?,
            }
        }
        Ok(())
    }

    /// A callback that traps is no error: the log shows it.
    fn on_worker<T>(
        &mut self,
        event: impl FnOnce(&mut spiffe_authz_host_sim::Plugin) -> Result<T, EventError>,
    ) -> Result<(), String> {
        let plugin = self.workers.worker(WORKER).ok_or("the plugin is left out")?;
        match event(plugin) {
            Ok(_) | Err(EventError::Trapped(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn stream(&mut self, name: &str) -> Result<&mut Open, String> {
        let found = self.streams.iter_mut().find(|open| match open {
            Open::Http(open) => open.name() == name,
            Open::Tcp(open) => open.name() == name,
        });
        found.ok_or_else(|| format!("there is no stream `{name}`"))
    }

    fn http(&mut self, name: &str) -> Result<&mut http::OpenHttp, String> {
        match self.stream(name)? {
            Open::Http(open) => Ok(open),
            Open::Tcp(_) => Err(format!("`{name}` is no HTTP stream")),
        }
    }

    /// What Envoy does by itself once an event is over: queues are told, and streams that are complete end.
    fn after_event(&mut self) -> Result<(), String> {
        if let Some(plugin) = self.workers.worker(WORKER)
            && plugin.failure().is_none()
        {
            let _trapped = plugin.deliver_queues();
        }
        for open in &mut self.streams {
            match open {
                Open::Http(open) => open.end_if_complete(),
                Open::Tcp(open) => open.end_if_complete(),
            }
        }
        self.note_calls();
        Ok(())
    }

    fn observe(&mut self) -> Observation {
        self.note_log();
        let script = self.script;
        Observation {
            refused: false,
            log: self.log.clone(),
            streams: self.streams.iter_mut().map(|open| seen(open, script)).collect(),
            calls: self.calls_to_compare(),
            metrics: self.metrics(),
        }
    }

    fn note_log(&mut self) {
        let Some(plugin) = self.workers.worker(WORKER) else {
            return;
        };
        let lines = plugin.take_logs();
        self.log.extend(
            lines
                .iter()
                .map(|line| envoy_log::shown(level(line.level), &line.text())),
        );
        let failure = plugin.failure();
        if let Some(trap) = failure.as_ref().filter(|_| !self.has_failed) {
            self.log.push(envoy_log::trap(trap.callback.export()));
        }
        self.has_failed = failure.is_some();
    }

    fn metrics(&mut self) -> std::collections::BTreeMap<String, String> {
        let Some(plugin) = self.workers.worker(WORKER) else {
            return Default::default();
        };
        let metrics = plugin.metrics();
        let metrics = metrics
            .iter()
            .map(|(name, value)| (name.into_owned(), metric(value)));
        metrics
            .chain(reloads(std::slice::from_ref(&self.workers)))
            .collect()
    }
}

fn seen(open: &mut Open, script: &Script) -> StreamSeen {
    match open {
        Open::Http(open) => open.seen(script),
        Open::Tcp(open) => open.seen(script),
    }
}

/// The counters of reloads that are not 0, over plugins of one name.
fn reloads(plugins: &[Workers]) -> Vec<(String, String)> {
    let sum = |count: fn(Reloads) -> u64| {
        plugins
            .iter()
            .map(|workers| count(workers.reloads()))
            .sum::<u64>()
    };
    let counters = [
        ("vm_reload_backoff", sum(|reloads| reloads.vm_reload_backoff)),
        ("vm_reload_failure", sum(|reloads| reloads.vm_reload_failure)),
        ("vm_reload_success", sum(|reloads| reloads.vm_reload_success)),
    ];
    let counted = counters.into_iter().filter(|(_, count)| *count > 0);
    counted
        .map(|(name, count)| (name.to_owned(), count.to_string()))
        .collect()
}

fn metric(value: &MetricValue) -> String {
    match value {
        MetricValue::Counter(value) | MetricValue::Gauge(value) => value.to_string(),
        MetricValue::Histogram(samples) => format!("{} samples", samples.len()),
    }
}

fn pairs(headers: &Headers) -> Pairs {
    headers
        .iter()
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()))
        .collect()
}

/// The lines of the access log for a stream that is over.
fn access_log(details: &str, script: &Script, state: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    let state = |key: &String| {
        let value = state(key).map_or_else(|| "none".to_owned(), |value| value.escape_ascii().to_string());
        format!("filter state {key}: {value}")
    };
    [format!("details: {details}")]
        .into_iter()
        .chain(script.filter_state.iter().map(state))
        .collect()
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
