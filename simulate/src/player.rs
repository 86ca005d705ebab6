//! [`Player`]: one request document, played into a plugin.

use std::collections::BTreeMap;

use spiffe_authz_host_sim::{
    CallbackRun, EndOfStream, LocalReply, Outcome, Plugin, PluginSetup, Stream, TcpOutcome, TcpStream, Trace,
};
use spiffe_authz_policy::{Protocol, RequestDocument};

use crate::error::SimulationError;
use crate::report::{self, FilterReport};
use crate::simulated_connection::SimulatedConnections;
use crate::surroundings::Surroundings;
use crate::verdict::{Effect, Verdict};

/// The filter's name in every Envoy configuration.
const NAME: &str = "spiffe_authz";
const FORBIDDEN: u32 = 403;
/// The bytes of a connection that reach the application where it is allowed.
const BYTES: &[u8] = b"hello";

/// Plays requests; the certificates of their peers come from one CA.
#[derive(Default)]
pub struct Player {
    connections: SimulatedConnections,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Played {
    /// What the filter decided.
    pub verdict: Verdict,
    /// The answer in the application's place, where a request got one.
    pub local_reply: Option<LocalReply>,
    /// All filter state that the filter set, keys as Envoy has them.
    pub filter_state: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Each callback that ran, with its cost.
    pub runs: Vec<CallbackRun>,
    /// What happened in between; empty unless the plugin is traced.
    pub trace: Trace,
}

/// The setup of a plugin with this configuration, named as in every Envoy configuration of this project.
#[must_use]
pub fn setup(configuration: &[u8]) -> PluginSetup {
    PluginSetup {
        name: NAME.to_owned(),
        root_id: NAME.to_owned(),
        vm_id: NAME.to_owned(),
        plugin_configuration: configuration.to_vec(),
        ..PluginSetup::default()
    }
}

impl Player {
    /// Plays a request or a connection, as the document's `protocol` has it. The plugin's clock is not touched: see
    /// [`clock`](crate::surroundings::clock).
    ///
    /// # Errors
    /// When the filter traps, or leaves no verdict or one that contradicts what it did; or when the document says what no
    /// proxy can show.
    pub fn play(
        &self,
        plugin: &mut Plugin,
        surroundings: &Surroundings,
        request: &RequestDocument,
    ) -> Result<Played, SimulationError> {
        match request.protocol() {
            Protocol::Http => self.request(plugin, surroundings, request),
            Protocol::Tcp => self.connection(plugin, surroundings, request),
        }
    }

    fn request(
        &self,
        plugin: &mut Plugin,
        surroundings: &Surroundings,
        request: &RequestDocument,
    ) -> Result<Played, SimulationError> {
        let connection = self.connections.connection(request)?.properties();
        let mut stream = plugin.http_stream(connection.and(surroundings.written_before(request)?));
        let local_reply = send(&mut stream, surroundings, request)?;
        let details = local_reply.as_ref().map(LocalReply::details_text);
        let verdict = filter_report(|key| stream.filter_state(key)).verdict(details.as_deref())?;
        let filter_state = stream.all_filter_state();
        stream.finish().map_err(|trap| SimulationError::Trap {
            trap: trap.to_string(),
        })?;
        Ok(Played {
            verdict,
            local_reply,
            filter_state,
            runs: stream.runs(),
            trace: stream.trace(),
        })
    }

    fn connection(
        &self,
        plugin: &mut Plugin,
        surroundings: &Surroundings,
        request: &RequestDocument,
    ) -> Result<Played, SimulationError> {
        let written = surroundings.written_before(request)?;
        let before = self.connections.before_handshake(request).properties();
        let after = self.connections.connection(request)?.properties();
        let mut stream = plugin.tcp_stream(before.and(written.clone()));
        match stream.new_connection() {
            TcpOutcome::Continue => {}
            other @ (TcpOutcome::Pause
            | TcpOutcome::Closed
            | TcpOutcome::Trapped(_)
            | TcpOutcome::Failed
            | TcpOutcome::OutOfOrder) => return Err(no_answer("a new connection", &other)),
        }
        stream.set_properties(after.and(written));
        let effect = exchange(&mut stream)?;
        let verdict = filter_report(|key| stream.filter_state(key)).connection_verdict()?;
        let filter_state = stream.all_filter_state();
        stream.finish().map_err(|trap| SimulationError::Trap {
            trap: trap.to_string(),
        })?;
        if verdict.decision != effect {
            return Err(SimulationError::Contradiction {
                report: format!("{verdict}, but the connection came to {}", effect.word()),
            });
        }
        Ok(Played {
            verdict,
            local_reply: None,
            filter_state,
            runs: stream.runs(),
            trace: stream.trace(),
        })
    }
}

/// Sends the headers; the local reply where the filter gave one.
fn send(
    stream: &mut Stream,
    surroundings: &Surroundings,
    request: &RequestDocument,
) -> Result<Option<LocalReply>, SimulationError> {
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
        Outcome::LocalReply(reply) if reply.status == FORBIDDEN || surroundings.shapes_denials() => {
            Ok(Some(reply))
        }
        other @ (Outcome::LocalReply(_)
        | Outcome::Pause
        | Outcome::Closed
        | Outcome::Trapped(_)
        | Outcome::Failed
        | Outcome::OutOfOrder) => Err(no_answer("a request", &other)),
    }
}

/// Sends bytes; whether they went on, or the connection ended before them.
fn exchange(stream: &mut TcpStream) -> Result<Effect, SimulationError> {
    let outcome = stream.downstream_data(BYTES, EndOfStream::No);
    let sent = stream.sent_upstream();
    match outcome {
        TcpOutcome::Continue if sent == BYTES => Ok(Effect::Allow),
        TcpOutcome::Closed if sent.is_empty() => Ok(Effect::Deny),
        other @ (TcpOutcome::Continue
        | TcpOutcome::Closed
        | TcpOutcome::Pause
        | TcpOutcome::Trapped(_)
        | TcpOutcome::Failed
        | TcpOutcome::OutOfOrder) => Err(SimulationError::NoAnswer {
            event: "the first bytes of a connection",
            outcome: format!("{other:?}, and {} bytes went on", sent.len()),
        }),
    }
}

fn no_answer(event: &'static str, outcome: &impl std::fmt::Debug) -> SimulationError {
    SimulationError::NoAnswer {
        event,
        outcome: format!("{outcome:?}"),
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
