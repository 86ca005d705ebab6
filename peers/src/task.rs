//! [`Task`]: one document and its requests, in every form that somebody needs.

use std::time::Duration;

use spiffe_authz_bench::documents::{Distribution, configuration, requests};
use spiffe_authz_policy::{PolicySet, Request, RequestDocument};

use crate::condition::{self, Rule};
use crate::cpu_time::CpuTime;
use crate::facts::Facts;

/// How many requests there are; every other one is allowed.
pub const REQUESTS: usize = 64;

/// One document and its requests.
pub struct Task<'t> {
    /// Our document, compiled.
    pub policies: &'t PolicySet,
    /// How long that took.
    pub compiling: Duration,
    /// The requests as our engine takes them.
    pub requests: &'t [&'t Request<'t>],
    /// The rules, for translation.
    pub rules: &'t [Rule],
    /// The requests as the others are told of them.
    pub facts: &'t [Facts],
    /// Whether each request must be allowed.
    pub expected: &'t [bool],
}

/// Makes a document of so many rules with its requests, and lends it.
///
/// # Errors
/// When the document or a request cannot be read or translated.
pub fn with_task<T>(
    distribution: Distribution,
    rules: usize,
    use_it: impl FnOnce(&Task<'_>) -> T,
) -> Result<T, String> {
    let configuration = configuration(distribution, "zero-trust", rules);
    let rules = condition::rules(&configuration)?;
    let bytes = configuration.to_string();
    drop(configuration);
    let start = CpuTime::start();
    let policies =
        PolicySet::from_plugin_configuration(bytes.as_bytes(), None).map_err(|errors| errors.to_string())?;
    let compiling = start.elapsed();
    let asked = requests(distribution, rules.len(), REQUESTS);
    let facts: Vec<Facts> = asked
        .iter()
        .map(|asked| Facts::of(&asked.request))
        .collect::<Result<_, _>>()?;
    let expected: Vec<bool> = asked.iter().map(|asked| asked.is_allowed).collect();
    let documents = asked
        .iter()
        .map(|asked| RequestDocument::from_json(asked.request.to_string().as_bytes()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|errors| errors.to_string())?;
    Ok(with_requests(&documents, Vec::new(), |requests| {
        use_it(&Task {
            policies: &policies,
            compiling,
            requests,
            rules: &rules,
            facts: &facts,
            expected: &expected,
        })
    }))
}

/// Lends all requests at once; each document lends its own to a function.
fn with_requests<T>(
    documents: &[RequestDocument],
    lent: Vec<&Request<'_>>,
    use_them: impl FnOnce(&[&Request<'_>]) -> T,
) -> T {
    match documents.split_first() {
        None => use_them(&lent),
        Some((document, rest)) => document.with_request(|request| {
            let mut lent = lent;
            lent.push(request);
            with_requests(rest, lent, use_them)
        }),
    }
}
