//! The report in JUnit's XML, as CI systems read it.

use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::policy_tests::failure::TestsFailure;
use crate::policy_tests::run::{CaseResult, Run, SuiteRun};

/// A test suite a file, a test case a case. No times: a case takes microseconds.
pub(in crate::policy_tests) fn junit(run: &Run<'_>) -> Result<String, TestsFailure> {
    let mut report = Report::new("spiffe-authz test");
    report.add_test_suites(run.suites.iter().map(suite));
    report
        .to_string()
        .map_err(|error| TestsFailure::Report(error.to_string()))
}

fn suite(run: &SuiteRun<'_>) -> TestSuite {
    let mut suite = TestSuite::new(run.path());
    suite.add_test_cases(run.results.iter().map(|result| case(run, result)));
    suite
}

fn case(run: &SuiteRun<'_>, result: &CaseResult<'_>) -> TestCase {
    let status = if result.is_passed() {
        TestCaseStatus::success()
    } else {
        failure(run, result)
    };
    let mut case = TestCase::new(result.case.name.as_str(), status);
    case.set_classname(run.path());
    case
}

fn failure(run: &SuiteRun<'_>, result: &CaseResult<'_>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let missed: Vec<String> = result
        .comparisons
        .iter()
        .filter(|comparison| !comparison.is_met())
        .map(|comparison| {
            let expected = comparison.expected.as_deref().unwrap_or("-");
            format!(
                "{}: expected {expected}, got {}",
                comparison.field, comparison.got
            )
        })
        .collect();
    status.set_type("decision");
    status.set_message(missed.join("; "));
    status.set_description(description(run, result));
    status
}

fn description(run: &SuiteRun<'_>, result: &CaseResult<'_>) -> String {
    let mut text = format!("{} {}", run.path(), result.case.at);
    if let Some(name) = run
        .workload(result.case)
        .and_then(|workload| workload.name.as_deref())
    {
        let _ = write!(text, ", asked of {name}");
    }
    for comparison in &result.comparisons {
        let expected = comparison.expected.as_deref().unwrap_or("-");
        let _ = write!(
            text,
            "\n{}: expected {expected}, got {}",
            comparison.field, comparison.got
        );
    }
    if let Some(nearest) = &result.nearest {
        let _ = write!(text, "\nnearest: {nearest}");
    }
    text
}
