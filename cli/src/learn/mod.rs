//! `learn`: the policies that admit what was seen, and nothing more.

mod arguments;
mod notes;
mod report;

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_saphyr as yaml;
use spiffe_authz_analysis::learn::{
    Collector, LearnOptions, LearnedPolicy, Place, Verification, learn, verify, wide,
};
use spiffe_authz_policy::{Document, PolicySet};

use crate::failure::Failure;
use crate::learn::report::{Learned, Report};
use crate::log_lines;
use crate::outcome::Outcome;
use crate::policies::document_of;
use crate::terminal::Terminal;

pub(crate) use arguments::Arguments;

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let options = arguments.options()?;
    let mut collector = Collector::new(&options, arguments.mesh.namespace.as_deref())
        .map_err(|errors| Failure::Work(errors.to_string()))?;
    let census = log_lines::read(&arguments.logs, terminal, |observation, log, line| {
        let place = Place {
            log: std::sync::Arc::clone(log),
            line,
        };
        let added = collector.add(observation, &place);
        added.map_err(|error| Failure::Work(error.to_string()))
    })?;
    let learned = all(arguments, &collector, &options)?;
    let report = Report::new(&census, &collector, &learned);
    notes::write(terminal, arguments, &census, &report);
    if let Some(path) = &arguments.report {
        report.write(path)?;
    }
    check(&learned)?;
    print(&learned)?;
    Ok(Outcome::Yes)
}

/// One policy a namespace, each judged by the engine.
fn all(
    arguments: &Arguments,
    collector: &Collector<'_>,
    options: &LearnOptions,
) -> Result<Vec<Learned>, Failure> {
    let policies = collector.seen().iter().map(|(namespace, seen)| {
        let policy = learn(arguments.target(namespace), seen, options);
        let verification = verify(&engine(arguments, &policy)?, &policy, seen);
        let wide = wide(&policy, seen, &arguments.trust_domains(), arguments.min_seen);
        Ok(Learned {
            policy,
            verification,
            wide,
            requests: seen
                .values()
                .fold(0, |sum, sighting| sighting.count.saturating_add(sum)),
            first: seen.values().filter_map(|sighting| sighting.first).min(),
            last: seen.values().filter_map(|sighting| sighting.last).max(),
        })
    });
    policies.collect()
}

/// The engine with the policies as they are printed. Plaintext is let through to them: whether STRICT is asked for is not the
/// question here.
fn engine(arguments: &Arguments, policy: &LearnedPolicy) -> Result<PolicySet, Failure> {
    let unusable = |reason: String| Failure::Work(format!("the learned policies cannot be loaded: {reason}"));
    let mut resources: Vec<Document> =
        yaml::from_multiple(&policy.to_yaml()).map_err(|error| unusable(error.to_string()))?;
    let permissive = yaml::from_str(&permissive(&policy.target.namespace));
    resources.push(permissive.map_err(|error| unusable(error.to_string()))?);
    let mut mesh = arguments.mesh.clone();
    mesh.namespace = Some(policy.target.namespace.clone());
    let labels: &BTreeMap<String, String> = &policy.target.labels;
    mesh.labels = labels.clone().into_iter().collect();
    let document = document_of(resources, &mesh);
    PolicySet::from_document(&document, None).map_err(|errors| unusable(errors.to_string()))
}

fn permissive(namespace: &str) -> String {
    let name = serde_json::Value::from(namespace);
    format!(
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n\
         metadata: {{name: permissive, namespace: {name}}}\nspec: {{mtls: {{mode: PERMISSIVE}}}}\n"
    )
}

fn check(learned: &[Learned]) -> Result<(), Failure> {
    if learned.is_empty() {
        let reason = "nothing to learn from: no line tells of an allowed request of a peer with an identity";
        return Err(Failure::Work(reason.to_owned()));
    }
    let is_wrong = |verification: &Verification| !verification.mismatches.is_empty();
    match learned.iter().find(|learned| is_wrong(&learned.verification)) {
        None => Ok(()),
        Some(wrong) => Err(Failure::Work(notes::mismatches(&wrong.verification))),
    }
}

fn print(learned: &[Learned]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for learned in learned {
        let text = learned.policy.to_yaml();
        out.write_all(text.as_bytes()).map_err(Failure::Unwritable)?;
    }
    out.flush().map_err(Failure::Unwritable)
}
