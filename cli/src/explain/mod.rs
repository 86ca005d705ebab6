//! `explain`: why a request is decided as it is.

mod answer;
mod cause;
mod clause;
mod excerpt;
mod human;
mod paint;
mod rule;
mod table;
mod written;

use std::io::Write as _;

use clap::ValueEnum;

use crate::explain::answer::Answer;
use crate::explain::human::Human;
use crate::explain::written::Written;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::PolicyArguments;
use crate::request::RequestArguments;
use crate::terminal::Terminal;

/// Say why a request is allowed or denied: the rule that decided, or the one that came nearest and what it expected.
///
/// The decision is that of the engine, and each field is judged by the function that judges it in the filter.
#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    #[command(flatten)]
    request: RequestArguments,
    /// How the explanation is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Show every rule, not only the one that matters
    #[arg(long)]
    all: bool,
}

const HELP: &str = "\
EXAMPLES:
  # Why is this request denied?
  spiffe-authz explain --config orders.yaml --peer spiffe://cluster.local/ns/shop/sa/frontend --method PUT --path /orders/1

  # Why was that one denied? The line is from the log of the proxy
  tail -1 envoy.log | spiffe-authz explain --config orders.yaml --audit -

  # What Istio policies in a folder say of a peer with this certificate, every rule
  spiffe-authz explain -f policies/ -n shop -l app=orders --cert peer.pem --method GET --path /orders/1 --all

  # For a program
  spiffe-authz explain --config orders.yaml --request request.json --format json

EXIT CODES:
  0  it is explained, whatever the decision (`decide` has the decision as its exit code)
  1  wrong use, or a file or a request that cannot be read
  3  the configuration is invalid";

/// A form of the answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON object a line for each request
    Json,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let asked = arguments.request.read()?;
    let loaded = arguments.policies.load()?;
    let (policies, stated) = (loaded.policy_set()?, loaded.stated()?);
    let written = Written::new(&loaded, &stated);
    let human = Human::new(&written, terminal.stdout_has_colour(), arguments.all);
    let mut out = std::io::stdout().lock();
    for (index, asked) in asked.iter().enumerate() {
        let answer = asked
            .request
            .with_request(|request| Answer::new(&policies.explain(request), asked, &written));
        let text = match arguments.format {
            Format::Human => human.text(&answer, index),
            Format::Json => json(&answer).map_err(Failure::Unwritable)?,
        };
        out.write_all(text.as_bytes()).map_err(Failure::Unwritable)?;
    }
    out.flush().map_err(Failure::Unwritable)?;
    Ok(Outcome::Yes)
}

fn json(answer: &Answer) -> std::io::Result<String> {
    Ok(format!("{}\n", serde_json::to_string(answer)?))
}
