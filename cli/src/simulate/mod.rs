//! `simulate`: the built filter on requests, in the embedded host.

mod answer;
mod error;
mod module;
mod requests;

pub(crate) use error::SimulateError;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use spiffe_authz_host_sim::{Plugin, PluginSetup, Trace};
use spiffe_authz_policy::RequestDocument;
use spiffe_authz_simulate::surroundings::clock;
use spiffe_authz_simulate::{Effect, Played, Player, SimulationError, Surroundings, player};

use crate::document_json::to_json;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::PolicyArguments;
use crate::request::RequestArguments;
use crate::simulate::answer::Answer;
use crate::terminal::Terminal;

/// Run the built filter on each request, in an embedded host that answers as Envoy does.
///
/// The lines are those of `decide`: what the filter said for the access log, after a check that the local reply and the
/// interlock say the same. With `--details` a line also has the local reply, the filter state, the metrics and the fuel.
///
/// Exit codes: 0 every request is allowed (with `--requests`: was played), 1 a file or a request cannot be read or there is
/// no built filter, 2 a request is denied (never with `--requests`), 3 the configuration is invalid.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    /// The requests, one JSON document a line, played as they are read; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "RequestArguments")]
    requests: Option<PathBuf>,
    #[command(flatten)]
    request: RequestArguments,
    /// The built filter [default: $SPIFFE_AUTHZ_FILTER, ./spiffe_authz_filter.wasm or ./dist/spiffe_authz_filter.wasm]
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// Also print the local reply, the filter state, the metrics and the fuel
    #[arg(long)]
    details: bool,
    /// Also show every callback and hostcall
    #[arg(long)]
    trace: bool,
    /// How they are shown: as text beside the answers, or as `trace` in each answer
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value = "text",
        requires = "trace"
    )]
    trace_format: TraceFormat,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz simulate --config orders.yaml --peer spiffe://cluster.local/ns/shop/sa/frontend --method GET --path /orders/1
  spiffe-authz simulate --config orders.yaml --requests requests.jsonl
  spiffe-authz simulate --config orders.yaml --requests - --details < requests.jsonl
  spiffe-authz simulate --config orders.yaml --requests requests.jsonl --trace";

/// How a trace is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TraceFormat {
    /// Lines for people, on standard error
    Text,
    /// A list of events in each answer
    Json,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let loaded = arguments.policies.load()?;
    // The engine tells every problem of a configuration with its place; the filter would only refuse it.
    let _ = loaded.policy_set()?;
    let mut simulation = Simulation::start(arguments, &to_json(loaded.document()))?;
    arguments.show_text(terminal, "start", &simulation.plugin.take_trace());
    let denied = match &arguments.requests {
        Some(path) => {
            simulation.answer_all(arguments, terminal, requests::requests(path)?)?;
            0
        }
        None => {
            let asked = arguments.request.read()?;
            let requests = asked.iter().map(|asked| Ok(asked.request.clone()));
            let denied = simulation.answer_all(arguments, terminal, requests)?;
            let notes: BTreeSet<_> = asked.iter().flat_map(|asked| &asked.notes).collect();
            notes
                .iter()
                .for_each(|note| terminal.note(&format!("note: {note}")));
            denied
        }
    };
    Ok(if denied == 0 { Outcome::Yes } else { Outcome::No })
}

impl Arguments {
    fn show_text(&self, terminal: &Terminal, title: &str, trace: &Trace) {
        match self.trace_format {
            TraceFormat::Text if self.trace => terminal.note(&format!("{title}:\n{trace}")),
            TraceFormat::Text | TraceFormat::Json => {}
        }
    }
}

/// The filter with its configuration, and what plays requests into it.
struct Simulation {
    plugin: Plugin,
    player: Player,
    surroundings: Surroundings,
}

impl Simulation {
    fn start(arguments: &Arguments, configuration: &str) -> Result<Self, Failure> {
        let module = module::load(arguments.module.as_deref())?;
        let setup = PluginSetup {
            trace: arguments.trace,
            ..player::setup(configuration.as_bytes())
        };
        let plugin =
            Plugin::start(&module, setup).map_err(|error| SimulateError::Refused(error.to_string()))?;
        Ok(Self {
            plugin,
            player: Player::default(),
            surroundings: Surroundings::of(configuration),
        })
    }

    /// Plays requests and prints the answers; how many are denied.
    fn answer_all(
        &mut self,
        arguments: &Arguments,
        terminal: &Terminal,
        requests: impl Iterator<Item = Result<RequestDocument, Failure>>,
    ) -> Result<usize, Failure> {
        let mut answers = std::io::stdout().lock();
        let mut denied: usize = 0;
        for (index, request) in requests.enumerate() {
            let number = index.saturating_add(1);
            let (played, answer) = self.answer(arguments, &request?, number)?;
            arguments.show_text(terminal, &format!("request {number}"), &played.trace);
            write_line(&mut answers, &answer).map_err(Failure::Unwritable)?;
            match played.verdict.decision {
                Effect::Allow => {}
                Effect::Deny => denied = denied.saturating_add(1),
            }
        }
        answers.flush().map_err(Failure::Unwritable)?;
        Ok(denied)
    }

    fn answer(
        &mut self,
        arguments: &Arguments,
        request: &RequestDocument,
        number: usize,
    ) -> Result<(Played, Answer), Failure> {
        let before = self.plugin.metrics();
        let played = self.play(request);
        let played = played.map_err(|reason| SimulateError::Request { number, reason })?;
        let mut answer = Answer::new(&played);
        if arguments.details {
            answer = answer.with_details(&played, &before, &self.plugin.metrics());
        }
        match arguments.trace_format {
            TraceFormat::Json if arguments.trace => answer = answer.with_trace(&played),
            TraceFormat::Json | TraceFormat::Text => {}
        }
        // What was shown is not kept for the next one.
        let _ = (self.plugin.take_trace(), self.plugin.take_logs());
        Ok((played, answer))
    }

    fn play(&mut self, request: &RequestDocument) -> Result<Played, SimulationError> {
        self.plugin.set_clock(clock(request)?);
        self.player.play(&mut self.plugin, &self.surroundings, request)
    }
}

fn write_line(out: &mut impl Write, answer: &Answer) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, answer)?;
    out.write_all(b"\n")
}
