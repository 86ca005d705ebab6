//! The report as one JSON document.

use serde::Serialize;
use spiffe_authz_analysis::coverage::{Coverage, Share};

use crate::policy_tests::expectation::Expectation;
use crate::policy_tests::failure::TestsFailure;
use crate::policy_tests::measure::Measured;
use crate::policy_tests::run::{CaseResult, Run, SuiteRun};
use crate::verdict::Verdict;

#[derive(Serialize)]
struct Report<'r> {
    passed: usize,
    failed: usize,
    files: Vec<File<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coverage: Vec<Configuration<'r>>,
}

#[derive(Serialize)]
struct File<'r> {
    file: String,
    cases: Vec<Case<'r>>,
}

#[derive(Serialize)]
struct Case<'r> {
    name: &'r str,
    /// The place in the file.
    at: &'r str,
    /// Left out where the policies name it themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<&'r str>,
    passed: bool,
    expected: &'r Expectation,
    got: &'r Verdict,
    /// The rule that came nearest to allowing what was denied, where the case failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<&'r str>,
}

#[derive(Serialize)]
struct Configuration<'r> {
    configuration: &'r str,
    rules: Counted,
    values: Counted,
    #[serde(flatten)]
    coverage: &'r Coverage,
}

#[derive(Serialize)]
struct Counted {
    hit: usize,
    of: usize,
    /// `null` of nothing.
    percent: Option<usize>,
}

pub(in crate::policy_tests) fn json(run: &Run<'_>) -> Result<String, TestsFailure> {
    let report = Report {
        passed: run.passed(),
        failed: run.failed(),
        files: run.suites.iter().map(file).collect(),
        coverage: run.coverage.iter().map(configuration).collect(),
    };
    let text = serde_json::to_string_pretty(&report);
    let text = text.map_err(|error| TestsFailure::Report(error.to_string()))?;
    Ok(format!("{text}\n"))
}

fn file<'r>(run: &'r SuiteRun<'_>) -> File<'r> {
    File {
        file: run.path(),
        cases: run.results.iter().map(|result| case(run, result)).collect(),
    }
}

fn case<'r>(run: &'r SuiteRun<'_>, result: &'r CaseResult<'_>) -> Case<'r> {
    Case {
        name: &result.case.name,
        at: &result.case.at,
        workload: run
            .workload(result.case)
            .and_then(|workload| workload.name.as_deref()),
        passed: result.is_passed(),
        expected: &result.case.expectation,
        got: &result.verdict,
        nearest: result.nearest.as_deref(),
    }
}

fn configuration(measured: &Measured) -> Configuration<'_> {
    Configuration {
        configuration: &measured.name,
        rules: measured.coverage.rules().into(),
        values: measured.coverage.values().into(),
        coverage: &measured.coverage,
    }
}

impl From<Share> for Counted {
    fn from(share: Share) -> Self {
        Self {
            hit: share.hit,
            of: share.of,
            percent: share.percent(),
        }
    }
}
