//! `decide`: one decision a request, as JSON lines.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use spiffe_authz_policy::RequestDocument;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::PolicyArguments;
use crate::request::{Asked, RequestArguments};
use crate::terminal::Terminal;
use crate::verdict::Verdict;

/// Print the decision on each request, one JSON line each, in order.
///
/// The requests are described by flags or come from a file or a log, or as JSON lines by `--requests`.
#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    /// The requests, one JSON document a line, judged as they are read and none of them with a time that it does not
    /// say itself; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "RequestArguments")]
    requests: Option<PathBuf>,
    #[command(flatten)]
    request: RequestArguments,
}

const HELP: &str = "\
EXAMPLES:
  # One request: the exit code is the answer
  spiffe-authz decide --config orders.yaml --peer spiffe://cluster.local/ns/shop/sa/frontend --method GET --path /orders/1

  # Istio policies as they lie in a repository, for the workload app=orders in namespace shop
  spiffe-authz decide -f policies/ -n shop -l app=orders --plaintext --method GET --path /orders/1

  # Many requests, one JSON document a line
  spiffe-authz decide --config orders.yaml --requests requests.jsonl

  # What these policies would have done with the requests of an access log
  spiffe-authz decide --config orders.yaml --access-log access.log

EXIT CODES:
  0  every request is allowed; with --requests: every request was judged
  1  wrong use, or a file or a request that cannot be read
  2  a request is denied (never with --requests)
  3  the configuration is invalid";

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    match &arguments.requests {
        Some(path) => stream(path, &arguments.policies),
        None => judge(&arguments.request.read()?, &arguments.policies, terminal),
    }
}

/// Judges requests while they are read.
fn stream(path: &Path, policies: &PolicyArguments) -> Result<Outcome, Failure> {
    let policies = policies.load()?.policy_set()?;
    let mut answers = std::io::stdout().lock();
    for (index, line) in open(path)?.split(b'\n').enumerate() {
        let line = line.map_err(|reason| Failure::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let request = RequestDocument::from_json(&line).map_err(|errors| Failure::Request {
            path: path.to_owned(),
            line: index.saturating_add(1),
            errors,
        })?;
        let answer = request.with_request(|request| Verdict::on(request, &policies));
        write_line(&mut answers, &answer).map_err(Failure::Unwritable)?;
    }
    answers.flush().map_err(Failure::Unwritable)?;
    Ok(Outcome::Yes)
}

/// Judges requests of which the exit code tells whether all are allowed.
fn judge(asked: &[Asked], policies: &PolicyArguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let policies = policies.load()?.policy_set()?;
    let mut answers = std::io::stdout().lock();
    let mut outcome = Outcome::Yes;
    for asked in asked {
        let answer = asked
            .request
            .with_request(|request| Verdict::on(request, &policies));
        if answer.is_denial() {
            outcome = Outcome::No;
        }
        write_line(&mut answers, &answer).map_err(Failure::Unwritable)?;
    }
    answers.flush().map_err(Failure::Unwritable)?;
    notes(asked)
        .iter()
        .for_each(|note| terminal.note(&format!("note: {note}")));
    Ok(outcome)
}

/// What has to be said of the requests, each once.
fn notes(asked: &[Asked]) -> BTreeSet<&str> {
    let notes = asked.iter().flat_map(|asked| &asked.notes);
    notes.map(String::as_str).collect()
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    Ok(Box::new(BufReader::new(file)))
}

fn write_line(out: &mut impl Write, answer: &Verdict) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, answer)?;
    out.write_all(b"\n")
}
