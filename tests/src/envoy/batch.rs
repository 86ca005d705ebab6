//! [`Batch`]: the whole corpus through one Envoy, with a listener for each configuration.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_policy::RequestDocument;
use tokio::task::JoinSet;

use crate::corpus::{CorpusFile, Expected, PluginConfiguration};
use crate::envoy::client::{Connection, Opening};
use crate::envoy::conformance_listener::read_report;
use crate::envoy::identities::Identities;
use crate::envoy::plan::{Job, Plan};
use crate::envoy::running::RunningEnvoy;
use crate::envoy::tripwire::{CASE_HEADER, Tripwire};
use crate::problem::Problem;
use crate::scratch::Scratch;
use crate::verdict::{Effect, Verdict};

/// How many connections are open at once.
const CONCURRENCY: usize = 4;
const ALLOWED: u16 = 200;
const FORBIDDEN: u16 = 403;
/// gRPC's PERMISSION_DENIED, which stands for 403.
const GRPC_FORBIDDEN: &[u8] = b"7";

/// What Envoy made of the corpus.
pub struct Batch {
    verdicts: HashMap<CaseKey, Result<Verdict, String>>,
    refusals: HashMap<String, Result<Vec<Problem>, String>>,
}

/// The name of a file and of a case in it.
type CaseKey = (String, String);

impl Batch {
    /// Runs every case that HTTP/1.1 can carry, and every configuration that must be refused.
    ///
    /// # Errors
    /// When there is no Envoy, or it does not serve.
    pub async fn run(corpus: &[CorpusFile]) -> Result<Self, String> {
        let scratch = Scratch::new("conformance")?;
        let identities = Arc::new(Identities::new(&scratch)?);
        let tripwire = Arc::new(Tripwire::start().await?);
        let plan = Plan::new(corpus, &scratch)?;
        let bootstrap = plan.bootstrap(&identities, &tripwire)?;
        let envoy = RunningEnvoy::start(&scratch, &bootstrap, plan.admin.socket_addr()).await?;
        let verdicts = judge_all(plan.jobs, &identities, &tripwire).await;
        let refusals = plan.refusals.run(&envoy, &refused(corpus)).await;
        envoy.stop().await?;
        let verdicts = without_late_arrivals(verdicts, &tripwire);
        let batch = Self { verdicts, refusals };
        if !batch.agrees_with(corpus) {
            eprintln!("Envoy's logs are in {}", scratch.keep().display());
        }
        Ok(batch)
    }

    /// Whether no case that ran came out otherwise than expected.
    fn agrees_with(&self, corpus: &[CorpusFile]) -> bool {
        corpus.iter().all(|file| match &file.expected {
            Expected::Refused(_) => self.problems(&file.name).is_ok(),
            Expected::Decides(cases) => cases.iter().all(|case| {
                let key = (file.name.clone(), case.name.clone());
                self.verdicts
                    .get(&key)
                    .is_none_or(|result| result.as_ref() == Ok(&case.verdict))
            }),
        })
    }

    /// What came of a case.
    ///
    /// # Errors
    /// When the case did not run, or gave no verdict.
    pub fn verdict(&self, file: &str, case: &str) -> Result<Verdict, String> {
        let key = (file.to_owned(), case.to_owned());
        self.verdicts
            .get(&key)
            .cloned()
            .unwrap_or_else(|| Err("the case did not run".to_owned()))
    }

    /// The problems for which a configuration was refused.
    ///
    /// # Errors
    /// When the configuration was not refused.
    pub fn problems(&self, file: &str) -> Result<Vec<Problem>, String> {
        self.refusals
            .get(file)
            .cloned()
            .unwrap_or_else(|| Err("the configuration was not tried".to_owned()))
    }
}

fn refused(corpus: &[CorpusFile]) -> Vec<PluginConfiguration> {
    let refused = corpus
        .iter()
        .filter(|file| matches!(file.expected, Expected::Refused(_)));
    refused.map(|file| file.configuration.clone()).collect()
}

/// Sends the cases over a few workers.
async fn judge_all(
    jobs: VecDeque<Job>,
    identities: &Arc<Identities>,
    tripwire: &Arc<Tripwire>,
) -> HashMap<CaseKey, Result<Verdict, String>> {
    let jobs = Arc::new(Mutex::new(jobs));
    let mut workers = JoinSet::new();
    for _ in 0..CONCURRENCY {
        workers.spawn(work(
            Arc::clone(&jobs),
            Arc::clone(identities),
            Arc::clone(tripwire),
        ));
    }
    workers.join_all().await.into_iter().flatten().collect()
}

async fn work(
    jobs: Arc<Mutex<VecDeque<Job>>>,
    identities: Arc<Identities>,
    tripwire: Arc<Tripwire>,
) -> Vec<(CaseKey, Result<Verdict, String>)> {
    let take = || jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let mut results = Vec::new();
    while let Some(job) = take() {
        let result = judge(&job, &identities, &tripwire).await;
        results.push(((job.file, job.case.name), result));
    }
    results
}

async fn judge(job: &Job, identities: &Identities, tripwire: &Tripwire) -> Result<Verdict, String> {
    let document = &job.case.request;
    let tls = document
        .uri_sans()
        .map(|uri_sans| identities.client(&as_text(uri_sans)?))
        .transpose()?;
    let opening = Opening {
        destination_port: document.destination_port(),
        tls,
    };
    let id = case_id(&job.file, &job.case.name);
    let request = http_request(document).with_header(CASE_HEADER, id.as_str());
    let response = Connection::open(job.listen, opening)
        .await?
        .send(&request)
        .await?;
    let (report, details) = read_report(&response);
    let verdict = report
        .verdict(details.as_deref())
        .map_err(|error| format!("status {}: {error}", response.status))?;
    let refused = response.status == FORBIDDEN || response.header("grpc-status") == Some(GRPC_FORBIDDEN);
    match (verdict.decision, refused, tripwire.arrivals_of(&id)) {
        (Effect::Deny, true, 0) => Ok(verdict),
        (Effect::Allow, false, 1) if response.status == ALLOWED => Ok(verdict),
        (_, _, arrivals) => Err(format!(
            "{verdict}, but status {} and {arrivals} arrivals",
            response.status
        )),
    }
}

/// A URI SAN is an IA5String.
fn as_text(uri_sans: &[Vec<u8>]) -> Result<Vec<String>, String> {
    let text = |uri_san: &Vec<u8>| String::from_utf8(uri_san.clone()).map_err(|error| error.to_string());
    uri_sans.iter().map(text).collect()
}

fn case_id(file: &str, case: &str) -> String {
    format!("{file}::{case}").escape_debug().to_string()
}

/// The request as HTTP/1.1. What it lacks cannot be left out there, so such a case does not run.
fn http_request(document: &RequestDocument) -> HttpRequest {
    let mut request = HttpRequest::new(document.method().unwrap_or_default(), "");
    request.target = document.path().unwrap_or_default().to_vec();
    request = request.with_header("host", document.host().unwrap_or_default());
    if document.is_grpc() {
        request = request.with_header("content-type", "application/grpc");
    }
    document
        .headers()
        .fold(request, |request, (name, value)| request.with_header(name, value))
}

/// A denied request must not arrive later either.
fn without_late_arrivals(
    mut verdicts: HashMap<CaseKey, Result<Verdict, String>>,
    tripwire: &Tripwire,
) -> HashMap<CaseKey, Result<Verdict, String>> {
    for ((file, case), result) in &mut verdicts {
        let denied = result
            .as_ref()
            .is_ok_and(|verdict| verdict.decision == Effect::Deny);
        if denied && tripwire.arrivals_of(&case_id(file, case)) > 0 {
            *result = Err("the request was denied and has reached the application".to_owned());
        }
    }
    verdicts
}
