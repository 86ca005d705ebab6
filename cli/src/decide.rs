//! `decide`: one decision a request, as JSON lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use spiffe_authz_policy::{PolicyId, PolicySet, Request, RequestDocument};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::PolicyArguments;
use crate::terminal::Terminal;

/// Print the decision on each request, one JSON line each, in order.
///
/// Exit codes: 0 every request was judged, 1 a file or a request cannot be read, 3 the configuration is invalid.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    /// The requests, one JSON document a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, _terminal: &Terminal) -> Result<Outcome, Failure> {
    let policies = arguments.policies.load()?.policy_set()?;
    let path = arguments.requests.as_path();
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
        let answer = request.with_request(|request| Answer::to(request, &policies));
        write_line(&mut answers, &answer).map_err(Failure::Unwritable)?;
    }
    answers.flush().map_err(Failure::Unwritable)?;
    Ok(Outcome::Yes)
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

fn write_line(out: &mut impl Write, answer: &Answer) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, answer)?;
    out.write_all(b"\n")
}

/// One line of the output.
#[derive(serde::Serialize)]
struct Answer {
    decision: &'static str,
    cause: &'static str,
    /// `namespace/name`, where a rule decided.
    policy: Option<String>,
    /// The index of that rule in its policy.
    rule: Option<usize>,
    /// The AUDIT policies that match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    audited: Vec<String>,
    /// The dry-run policies that would deny.
    #[serde(rename = "wouldDeny", skip_serializing_if = "Vec::is_empty")]
    would_deny: Vec<String>,
    /// The dry-run policies that would allow.
    #[serde(rename = "wouldAllow", skip_serializing_if = "Vec::is_empty")]
    would_allow: Vec<String>,
}

impl Answer {
    fn to(request: &Request<'_>, policies: &PolicySet) -> Self {
        let (decision, observations) = (policies.decide(request), policies.observe(request));
        let rule = decision.rule();
        let names = |ids: Vec<&PolicyId>| ids.into_iter().map(PolicyId::to_string).collect();
        Self {
            decision: decision.effect(),
            cause: decision.code(),
            policy: rule.map(|rule| rule.policy.to_string()),
            rule: rule.map(|rule| rule.index),
            audited: names(observations.audited.iter().map(|rule| rule.policy).collect()),
            would_deny: names(observations.would_deny),
            would_allow: names(observations.would_allow),
        }
    }
}
