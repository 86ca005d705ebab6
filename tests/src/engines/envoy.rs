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

    fn cannot_run(&self, case: &Case) -> Option<&'static str> {
        cannot_run(case)
    }

    fn decide(&self, configuration: &PluginConfiguration, case: &Case) -> Result<Verdict, String> {
        self.batch()?.verdict(&configuration.file, &case.name)
    }

    fn refuse(&self, configuration: &PluginConfiguration) -> Result<Vec<Problem>, String> {
        self.batch()?.problems(&configuration.file)
    }
}

/// Why a case cannot come over HTTP/1.1 and mTLS.
#[must_use]
pub fn cannot_run(case: &Case) -> Option<&'static str> {
    limits::more_uri_sans_than_the_filter_sees(case)
        .or_else(|| limits::no_destination_port(case))
        .or_else(|| limits::no_pseudo_header(case))
        .or_else(|| limits::uri_san_beyond_ascii(case))
        .or_else(|| limits::path_refused_before_any_filter(case))
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
