//! [`Batch`]: the whole corpus through one Envoy, with a listener for each configuration.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use crate::corpus::{CorpusFile, Expected, PluginConfiguration};
use crate::envoy::application::Listening;
use crate::envoy::conformance_listener::Door;
use crate::envoy::connection_log::ConnectionLog;
use crate::envoy::echo::Echo;
use crate::envoy::identities::Identities;
use crate::envoy::plan::{Job, Plan, case_id};
use crate::envoy::running::RunningEnvoy;
use crate::envoy::tcp_case::Connected;
use crate::envoy::tripwire::Tripwire;
use crate::envoy::{http_case, tcp_case};
use crate::problem::Problem;
use crate::scratch::Scratch;
use crate::verdict::{Effect, Verdict};

/// How many connections are open at once.
const CONCURRENCY: usize = 4;

/// What Envoy made of the corpus.
pub struct Batch {
    verdicts: Verdicts,
    refusals: HashMap<String, Result<Vec<Problem>, String>>,
}

/// The name of a file and of a case in it.
type CaseKey = (String, String);
type Verdicts = HashMap<CaseKey, Result<Verdict, String>>;

/// What is known of a case while Envoy still runs.
enum Ran {
    Request(Verdict),
    Connection(Connected),
}

impl Batch {
    /// Runs every case that a connection can carry, and every configuration that must be refused.
    ///
    /// # Errors
    /// When there is no Envoy, or it does not serve.
    pub async fn run(corpus: &[CorpusFile]) -> Result<Self, String> {
        let scratch = Scratch::new("conformance")?;
        let identities = Arc::new(Identities::new(&scratch)?);
        let tripwire = Arc::new(Tripwire::start().await?);
        let echo = Echo::start().await?;
        let plan = Plan::new(corpus, &scratch)?;
        let bootstrap = plan.bootstrap(&identities, tripwire.address(), echo.address())?;
        let envoy = RunningEnvoy::start(&scratch, &bootstrap, plan.admin.socket_addr()).await?;
        let ran = run_all(plan.jobs, &identities, &tripwire).await;
        let refusals = plan.refusals.run(&envoy, &refused(corpus)).await;
        envoy.stop().await?;
        let log = ConnectionLog::read(&plan.connection_log)?;
        let verdicts = without_late_arrivals(verdicts(ran, &log, &echo), &tripwire);
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

/// Runs the cases on a few workers, each with a number of its own.
async fn run_all(
    jobs: VecDeque<Job>,
    identities: &Arc<Identities>,
    tripwire: &Arc<Tripwire>,
) -> Vec<(CaseKey, Result<Ran, String>)> {
    let jobs: VecDeque<(u16, Job)> = (1..).zip(jobs).collect();
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
    jobs: Arc<Mutex<VecDeque<(u16, Job)>>>,
    identities: Arc<Identities>,
    tripwire: Arc<Tripwire>,
) -> Vec<(CaseKey, Result<Ran, String>)> {
    let take = || jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let mut results = Vec::new();
    while let Some((number, job)) = take() {
        let result = match &job.door {
            Door::Http(metadata) => http_case::judge(&job, metadata, &identities, &tripwire)
                .await
                .map(Ran::Request),
            Door::Tcp => tcp_case::connect(&job, number, &identities)
                .await
                .map(Ran::Connection),
        };
        results.push(((job.configuration.file, job.case.name), result));
    }
    results
}

fn verdicts(ran: Vec<(CaseKey, Result<Ran, String>)>, log: &ConnectionLog, echo: &Echo) -> Verdicts {
    let verdict = |ran| match ran {
        Ran::Request(verdict) => Ok(verdict),
        Ran::Connection(connected) => connected.verdict(log, echo),
    };
    ran.into_iter()
        .map(|(key, ran)| (key, ran.and_then(verdict)))
        .collect()
}

/// A denied request must not arrive later either.
fn without_late_arrivals(mut verdicts: Verdicts, tripwire: &Tripwire) -> Verdicts {
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
