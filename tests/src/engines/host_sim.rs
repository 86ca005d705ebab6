//! The built filter in host-sim.

use std::fs;
use std::sync::OnceLock;

use spiffe_authz_envoy_config::direct_address;
use spiffe_authz_host_sim::{
    Clock, EndOfStream, Limits, Module, Outcome, Plugin, PluginError, PluginFailure, PluginSetup, Properties,
    Simulator, Stream, TcpOutcome, TcpStream,
};
use spiffe_authz_policy::{Protocol, RequestDocument};

use crate::corpus::{Case, PluginConfiguration};
use crate::dynamic_metadata;
use crate::engine::Engine;
use crate::engines::limits;
use crate::engines::mentions::{self, shapes_denials};
use crate::engines::simulated_connection::SimulatedConnections;
use crate::problem::{self, Problem};
use crate::report::{self, FilterReport};
use crate::verdict::{Effect, Verdict};
use crate::workspace;

/// The filter's name in every Envoy configuration.
const NAME: &str = "spiffe_authz";
const FORBIDDEN: u32 = 403;
/// The bytes of a connection that reach the application where it is allowed.
const BYTES: &[u8] = b"hello";

/// The filter on wasmtime, a plugin of its own for each case. The module is compiled once.
#[derive(Default)]
pub struct HostSim {
    module: OnceLock<Result<Module, String>>,
    connections: SimulatedConnections,
}

impl Engine for HostSim {
    fn name(&self) -> &'static str {
        "host_sim"
    }

    fn cannot_run(&self, configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
        limits::no_destination_port(case)
            .or_else(|| limits::no_address(configuration, case))
            .or_else(|| limits::no_time(configuration, case))
            .or_else(|| limits::no_end_of_certificate(configuration, case))
            .or_else(|| limits::end_within_a_second(case))
            .or_else(|| limits::facts_beyond_ascii(configuration, case))
    }

    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String> {
        let mut plugin = self
            .start(configuration, clock(&case.request)?)?
            .map_err(|error| error.to_string())?;
        match case.request.protocol() {
            Protocol::Http => self.judge_request(&mut plugin, configuration, &case.request),
            Protocol::Tcp => self.judge_connection(&mut plugin, configuration, &case.request),
        }
    }

    fn refuse(&self, configuration: &PluginConfiguration) -> Result<Vec<Problem>, String> {
        let Err(PluginError { failure, log, .. }) = self.start(configuration, Clock::System)? else {
            return Err("the configuration is accepted".to_owned());
        };
        if failure != PluginFailure::ConfigurationRefused {
            return Err(failure.to_string());
        }
        let lines: Vec<_> = log.iter().map(|line| line.text()).collect();
        problem::from_log(lines.iter().map(AsRef::as_ref))
    }
}

impl HostSim {
    fn start(
        &self,
        configuration: &PluginConfiguration,
        clock: Clock,
    ) -> Result<Result<Plugin, PluginError>, String> {
        let module = self.module.get_or_init(compile).as_ref().map_err(Clone::clone)?;
        let setup = PluginSetup {
            name: NAME.to_owned(),
            root_id: NAME.to_owned(),
            vm_id: NAME.to_owned(),
            plugin_configuration: configuration.json.as_bytes().to_vec(),
            clock,
            ..PluginSetup::default()
        };
        Ok(Plugin::start(module, setup))
    }

    fn judge_request(
        &self,
        plugin: &mut Plugin,
        configuration: &PluginConfiguration,
        request: &RequestDocument,
    ) -> Result<Verdict, String> {
        let connection = self.connections.connection(request)?.properties();
        let mut stream = plugin.http_stream(connection.and(written_before(configuration, request)?));
        let details = send(&mut stream, configuration, request)?;
        let report = filter_report(|key| stream.filter_state(key));
        stream.finish().map_err(|trap| trap.to_string())?;
        report.verdict(details.as_deref())
    }

    fn judge_connection(
        &self,
        plugin: &mut Plugin,
        configuration: &PluginConfiguration,
        request: &RequestDocument,
    ) -> Result<Verdict, String> {
        let written = written_before(configuration, request)?;
        let before = self.connections.before_handshake(request).properties();
        let after = self.connections.connection(request)?.properties();
        let mut stream = plugin.tcp_stream(before.and(written.clone()));
        match stream.new_connection() {
            TcpOutcome::Continue => {}
            other => return Err(format!("a new connection came to {other:?}")),
        }
        stream.set_properties(after.and(written));
        let effect = exchange(&mut stream)?;
        let verdict = filter_report(|key| stream.filter_state(key)).connection_verdict()?;
        stream.finish().map_err(|trap| trap.to_string())?;
        match verdict.decision == effect {
            true => Ok(verdict),
            false => Err(format!("{verdict}, but the connection came to {}", effect.word())),
        }
    }
}

fn compile() -> Result<Module, String> {
    let path = workspace::filter_wasm()?;
    let wasm = fs::read(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let simulator = Simulator::new(Limits::default()).map_err(|error| error.to_string())?;
    simulator.module(&wasm).map_err(|error| error.to_string())
}

/// The time of the case, and the machine's where it has none.
fn clock(request: &RequestDocument) -> Result<Clock, String> {
    let Some(time) = request.time() else {
        return Ok(Clock::System);
    };
    let since_epoch = time - time::OffsetDateTime::UNIX_EPOCH;
    let since_epoch = since_epoch
        .try_into()
        .map_err(|_| format!("{time} lies before 1970"))?;
    Ok(Clock::Fixed(since_epoch))
}

/// What the filters in front of ours have written: the direct address, the peer that is handed on, and dynamic metadata.
fn written_before(
    configuration: &PluginConfiguration,
    request: &RequestDocument,
) -> Result<Properties, String> {
    let direct = request
        .source_ip()
        .map_or_else(|| "127.0.0.1".to_owned(), |ip| ip.to_string());
    let properties = Properties::new().filter_state(direct_address::FILTER_STATE_KEY, direct);
    let properties = match request.handed_on() {
        Some(peer) => properties.filter_state(mentions::peer_principal_key(configuration), peer),
        None => properties,
    };
    let Some(metadata) = request.metadata() else {
        return Ok(properties);
    };
    Ok(properties.dynamic_metadata(dynamic_metadata::metadata(metadata)?))
}

/// Sends the headers; the details of the local reply where the filter gave one.
fn send(
    stream: &mut Stream,
    configuration: &PluginConfiguration,
    request: &RequestDocument,
) -> Result<Option<String>, String> {
    let method = request.method().map(str::as_bytes);
    let pseudo = [
        (":method", method),
        (":authority", request.host()),
        (":path", request.path()),
    ];
    let pseudo = pseudo
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let headers: Vec<(&str, &[u8])> = pseudo.chain(request.headers()).collect();
    match stream.request_headers(&headers, EndOfStream::Yes) {
        Outcome::Continue => Ok(None),
        Outcome::LocalReply(reply) if reply.status == FORBIDDEN || shapes_denials(configuration) => {
            Ok(Some(reply.details_text().into_owned()))
        }
        other @ (Outcome::LocalReply(_)
        | Outcome::Pause
        | Outcome::Closed
        | Outcome::Trapped(_)
        | Outcome::Failed
        | Outcome::OutOfOrder) => Err(format!("{other:?}")),
    }
}

/// Sends bytes; whether they went on, or the connection ended before them.
fn exchange(stream: &mut TcpStream) -> Result<Effect, String> {
    let outcome = stream.downstream_data(BYTES, EndOfStream::No);
    let sent = stream.sent_upstream();
    match outcome {
        TcpOutcome::Continue if sent == BYTES => Ok(Effect::Allow),
        TcpOutcome::Closed if sent.is_empty() => Ok(Effect::Deny),
        other => Err(format!("{other:?}, and {} bytes went on", sent.len())),
    }
}

fn filter_report(state: impl Fn(&str) -> Option<Vec<u8>>) -> FilterReport {
    let text = |key| {
        let bytes = state(key).filter(|bytes| !bytes.is_empty())?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    FilterReport {
        interlock: text(report::INTERLOCK),
        decision: text(report::DECISION),
        cause: text(report::CAUSE),
        policy: text(report::POLICY),
        rule: text(report::RULE),
        audited: text(report::AUDITED),
        would_deny: text(report::WOULD_DENY),
        would_allow: text(report::WOULD_ALLOW),
    }
}
