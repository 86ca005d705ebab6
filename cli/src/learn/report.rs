//! [`Report`]: what was learned, as JSON.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};
use spiffe_authz_analysis::learn::{Collector, LearnedPolicy, Minimality, Place, Verification, Wide};
use spiffe_authz_analysis::observed::rfc3339;
use time::OffsetDateTime;

use crate::failure::Failure;
use crate::log_lines::Census;

/// One policy, and what is to be said of it.
pub(crate) struct Learned {
    pub(crate) policy: LearnedPolicy,
    pub(crate) verification: Verification,
    pub(crate) wide: Vec<Wide>,
    /// How many requests and connections it was learned from.
    pub(crate) requests: u64,
    pub(crate) first: Option<OffsetDateTime>,
    pub(crate) last: Option<OffsetDateTime>,
}

/// What was learned. See `docs/cli/learn.md` for the fields.
#[derive(Serialize)]
pub(crate) struct Report {
    lines: u64,
    observations: u64,
    unreadable: u64,
    #[serde(rename = "notLearned")]
    pub(crate) not_learned: Vec<NotLearnedEntry>,
    pub(crate) policies: Vec<PolicyEntry>,
}

#[derive(Serialize)]
pub(crate) struct NotLearnedEntry {
    pub(crate) reason: &'static str,
    #[serde(skip)]
    pub(crate) explanation: &'static str,
    pub(crate) count: u64,
    pub(crate) examples: Vec<Example>,
}

#[derive(Serialize)]
pub(crate) struct Example {
    pub(crate) log: String,
    pub(crate) line: u64,
    pub(crate) seen: String,
}

#[derive(Serialize)]
pub(crate) struct PolicyEntry {
    pub(crate) policy: String,
    pub(crate) requests: u64,
    pub(crate) first: Option<String>,
    pub(crate) last: Option<String>,
    pub(crate) rules: usize,
    #[serde(rename = "fewestRules")]
    pub(crate) has_fewest_rules: bool,
    pub(crate) verified: Verified,
    pub(crate) wide: Vec<WideEntry>,
}

#[derive(Serialize)]
pub(crate) struct Verified {
    pub(crate) allowed: u64,
    pub(crate) denied: u64,
    pub(crate) mismatches: usize,
}

#[derive(Serialize)]
pub(crate) struct WideEntry {
    pub(crate) kind: &'static str,
    /// The same for people.
    #[serde(skip)]
    pub(crate) sentence: String,
    #[serde(flatten)]
    fields: Value,
}

impl Report {
    pub(crate) fn new(census: &Census, collector: &Collector<'_>, learned: &[Learned]) -> Self {
        let refusals = collector
            .refusals()
            .iter()
            .map(|(reason, refused)| NotLearnedEntry {
                reason: reason.code(),
                explanation: reason.explanation(),
                count: refused.count,
                examples: refused
                    .examples
                    .iter()
                    .map(|(place, seen)| example(place, seen))
                    .collect(),
            });
        Self {
            lines: census.lines,
            observations: census.observations,
            unreadable: census.unread,
            not_learned: refusals.collect(),
            policies: learned.iter().map(PolicyEntry::new).collect(),
        }
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let unwritable =
            |reason: std::io::Error| Failure::Work(format!("cannot write `{}`: {reason}", path.display()));
        let mut json = serde_json::to_string_pretty(self).map_err(|error| unwritable(error.into()))?;
        json.push('\n');
        std::fs::write(path, json).map_err(unwritable)
    }
}

fn example(place: &Place, seen: &str) -> Example {
    Example {
        log: place.log.to_string(),
        line: place.line,
        seen: seen.to_owned(),
    }
}

impl PolicyEntry {
    fn new(learned: &Learned) -> Self {
        let target = &learned.policy.target;
        Self {
            policy: format!("{}/{}", target.namespace, target.name),
            requests: learned.requests,
            first: learned.first.map(rfc3339),
            last: learned.last.map(rfc3339),
            rules: learned.policy.rules.len(),
            has_fewest_rules: learned.policy.minimality == Minimality::Minimal,
            verified: Verified {
                allowed: learned.verification.admitted,
                denied: learned.verification.denied,
                mismatches: learned.verification.mismatches.len(),
            },
            wide: learned.wide.iter().map(WideEntry::new).collect(),
        }
    }
}

impl WideEntry {
    fn new(wide: &Wide) -> Self {
        let (sentence, fields) = told(wide);
        Self {
            kind: wide.code(),
            sentence,
            fields,
        }
    }
}

/// How many values are shown of many.
const EXAMPLES: usize = 3;

/// What is wide, for people and for machines.
fn told(wide: &Wide) -> (String, Value) {
    match wide {
        Wide::WholeNamespace => (
            "it has no labels and holds for every workload of its namespace; say `--labels`".to_owned(),
            json!({}),
        ),
        Wide::Template(template) => {
            let examples: Vec<&String> = template.paths.iter().take(EXAMPLES).collect();
            let count = template.paths.len();
            let shown: Vec<&str> = examples.iter().map(|path| path.as_str()).collect();
            let (peer, operation) = (template.peer.to_string(), template.operation.to_string());
            let sentence = format!(
                "{peer}: {operation} stands for {count} paths, such as {}",
                shown.join(", ")
            );
            (
                sentence,
                json!({"peer": peer, "operation": operation, "count": count, "examples": examples}),
            )
        }
        Wide::ManyMethods { peer, path, methods } => {
            let names: Vec<&str> = methods.iter().map(String::as_str).collect();
            let sentence = format!("{peer}: {} methods on {path}: {}", names.len(), names.join(", "));
            (
                sentence,
                json!({"peer": peer.to_string(), "path": path, "methods": names}),
            )
        }
        Wide::AnotherTrustDomain(peer) => {
            let sentence = format!("{peer} is of another trust domain");
            (sentence, json!({"peer": peer.to_string()}))
        }
        Wide::WithoutIdentity(peer) => {
            let sentence = format!("{peer}: admitted by its address, whoever uses it");
            (sentence, json!({"peer": peer.to_string()}))
        }
        Wide::AnyPort { accesses } => {
            let sentence = format!(
                "of {accesses} accesses the log does not say the port: they are admitted on every one"
            );
            (sentence, json!({"accesses": accesses}))
        }
        Wide::ConnectionsAndRequests { port } => {
            let sentence = format!(
                "port {port} carries requests and other connections: a rule for these admits any request"
            );
            (sentence, json!({"port": port}))
        }
        Wide::Seldom { access, count, place } => {
            let sentence = format!("{access}: seen {count}x, first at {}:{}", place.log, place.line);
            let fields = json!({
                "peer": access.peer.to_string(), "operation": access.operation.to_string(), "count": count,
                "log": &*place.log, "line": place.line,
            });
            (sentence, fields)
        }
    }
}
