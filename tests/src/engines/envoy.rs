//! The built filter in a real Envoy, over real connections.

use std::sync::OnceLock;

use crate::corpus::{Case, CorpusFile, PluginConfiguration};
use crate::engine::Engine;
use crate::engines::limits;
use crate::envoy::batch::Batch;
use crate::problem::Problem;
use crate::verdict::Verdict;

/// One Envoy for the whole corpus. It runs all cases when the first one is asked for, and ends.
pub struct Envoy {
    corpus: Vec<CorpusFile>,
    batch: OnceLock<Result<Batch, String>>,
}

impl Envoy {
    /// The engine for this corpus.
    #[must_use]
    pub fn new(corpus: &[CorpusFile]) -> Self {
        Self {
            corpus: corpus.to_vec(),
            batch: OnceLock::new(),
        }
    }

    fn batch(&self) -> Result<&Batch, String> {
        self.batch
            .get_or_init(|| run(&self.corpus))
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl Engine for Envoy {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn cannot_run(&self, configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
        cannot_run(configuration, case)
    }

    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String> {
        self.batch()?.verdict(&configuration.file, &case.name)
    }

    fn refuse(&self, configuration: &PluginConfiguration) -> Result<Vec<Problem>, String> {
        self.batch()?.problems(&configuration.file)
    }
}

/// Why a case cannot come over a connection of the tests.
#[must_use]
pub fn cannot_run(configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
    limits::no_destination_port(case)
        .or_else(|| limits::handed_on(case))
        .or_else(|| limits::digest(configuration, case))
        .or_else(|| limits::no_address(configuration, case))
        .or_else(|| limits::no_time(configuration, case))
        .or_else(|| limits::another_time(case))
        .or_else(|| limits::source_beyond_loopback(configuration, case))
        .or_else(|| limits::two_families(case))
        .or_else(|| limits::server_name(case))
        .or_else(|| limits::facts_beyond_ascii(configuration, case))
        .or_else(|| limits::certificate_facts(case))
        .or_else(|| limits::no_end_of_certificate(configuration, case))
        .or_else(|| limits::no_pseudo_header(case))
        .or_else(|| limits::path_refused_before_any_filter(case))
        .or_else(|| limits::metadata_of_a_connection(case))
        .or_else(|| limits::blanks_around_headers(case))
}

fn run(corpus: &[CorpusFile]) -> Result<Batch, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime
        .map_err(|error| error.to_string())?
        .block_on(Batch::run(corpus))
}
