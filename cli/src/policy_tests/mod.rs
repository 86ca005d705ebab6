//! `test`: policy unit tests, written in YAML and judged by the engine.

mod case;
mod draft;
mod expectation;
mod failure;
mod files;
mod fixtures;
mod measure;
mod nearest;
mod node;
mod policy_source;
mod problem;
mod progress;
mod report;
mod run;
mod suite;
mod table;
mod watch;
mod workloads;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policy_tests::progress::Progress;
use crate::policy_tests::run::{Choice, Run};
use crate::policy_tests::suite::Suite;
use crate::terminal::Terminal;

pub(crate) use failure::TestsFailure;

/// Run policy unit tests: requests, and what must be decided on them.
///
/// A test file names its policies, and holds cases and tables. The very engine that guards a workload is asked about each
/// request.
///
/// Exit codes: 0 all passed, 1 a file cannot be read or is no test file, 2 a case failed or too little was tried, 3 the
/// policies are invalid.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Test files, and folders with files `*.test.yaml` in them; `-` is standard input
    #[arg(value_name = "FILE_OR_DIR", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only the cases with this text in their name
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How the results are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show which rules and values of the policies no case tries
    #[arg(long)]
    coverage: bool,
    /// Fail where the cases try less than so many percent of all rules and values; measures as `--coverage` does
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    fail_under: Option<u8>,
    /// Run again whenever a test file or a policy changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

/// How the results are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One JSON document
    Json,
    /// JUnit's XML
    Junit,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz test
      every `*.test.yaml` below the working directory
  spiffe-authz test orders.test.yaml --filter payments
      the cases of one file that have `payments` in their name
  spiffe-authz test policies/ --fail-under 100
      fail where a rule or a value is never tried
  spiffe-authz test --format junit > policy-tests.xml
      for a CI system
  spiffe-authz test --watch
      again after every change, while policies are written";

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    if arguments.watch {
        return watch::watch(arguments, terminal);
    }
    run_once(arguments, terminal)
}

/// Runs everything, and prints the report.
fn run_once(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let suites = read(&arguments.paths, terminal)?;
    let cases = suites.iter().map(|suite| suite.all().count()).sum();
    let run = Run::of(&suites, arguments.choice(), &Progress::new(cases, terminal))?;
    if let (Some(filter), None) = (&arguments.filter, run.results().next()) {
        let filter = filter.clone();
        return Err(TestsFailure::NothingChosen { filter }.into());
    }
    let text = match arguments.format {
        Format::Human => report::human(&run, terminal),
        Format::Json => report::json(&run)?,
        Format::Junit => report::junit(&run)?,
    };
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(Failure::Unwritable)?;
    Ok(arguments.judge(&run, terminal))
}

/// Reads every file. What is wrong with each of them is told.
fn read(paths: &[PathBuf], terminal: &Terminal) -> Result<Vec<Suite>, Failure> {
    let mut suites = Vec::new();
    let mut failed: Option<Failure> = None;
    for path in files::find(paths)? {
        match Suite::read(&path) {
            Ok(suite) => suites.push(suite),
            Err(failure) => {
                if let Some(earlier) = failed.replace(failure) {
                    terminal.error(&earlier);
                }
            }
        }
    }
    failed.map_or(Ok(suites), Err)
}

impl Arguments {
    fn choice(&self) -> Choice<'_> {
        Choice {
            filter: self.filter.as_deref(),
            measures: self.coverage || self.fail_under.is_some(),
        }
    }

    fn reads_standard_input(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// Says how it ended.
    fn judge(&self, run: &Run<'_>, terminal: &Terminal) -> Outcome {
        let (passed, failed) = (run.passed(), run.failed());
        terminal.note(&format!("{passed} passed, {failed} failed"));
        let mut is_enough = true;
        for measured in &run.coverage {
            let percent = usize::from(self.fail_under.unwrap_or_default());
            let total = measured.coverage.total();
            if total.is_under(percent) {
                is_enough = false;
                terminal.note(&format!(
                    "{}: {} of {} rules and values are tried, fewer than {percent}%",
                    measured.name, total.hit, total.of
                ));
            }
        }
        if failed == 0 && is_enough {
            Outcome::Yes
        } else {
            Outcome::No
        }
    }
}
