//! Findings as JUnit XML: a suite for each file, in which each finding is a case.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::check::omission::Omission;
use crate::diagnostics::{Diagnostic, Report, Severity, render_one};
use crate::failure::Failure;

/// What is in no file.
const CONFIGURATION: &str = "configuration";

pub(super) fn render(report: &Report, omissions: &[Omission]) -> Result<String, Failure> {
    let mut cases: BTreeMap<String, Vec<TestCase>> = BTreeMap::new();
    for source in report.sources() {
        cases.entry(source.name()).or_default();
    }
    let notes = omissions.iter().map(|omission| &omission.note);
    for diagnostic in report.diagnostics().iter().chain(notes) {
        let region = diagnostic
            .label
            .as_ref()
            .and_then(|label| report.region(&label.location));
        let file = region.map_or_else(|| CONFIGURATION.to_owned(), |region| region.file);
        cases.entry(file).or_default().push(case(report, diagnostic));
    }
    let mut junit = quick_junit::Report::new("spiffe-authz check");
    for (file, cases) in cases {
        let mut suite = TestSuite::new(file);
        if cases.is_empty() {
            suite.add_test_case(TestCase::new("check", TestCaseStatus::success()));
        }
        suite.add_test_cases(cases);
        junit.add_test_suite(suite);
    }
    let text = junit.to_string();
    text.map_err(|error| Failure::Unwritable(std::io::Error::other(error)))
}

/// Errors are failures; what is no error is told in what the case printed.
fn case(report: &Report, diagnostic: &Diagnostic) -> TestCase {
    let region = diagnostic
        .label
        .as_ref()
        .and_then(|label| report.region(&label.location));
    let name = match region {
        Some(region) => format!("{} at {}:{}", diagnostic.code, region.line, region.column),
        None => diagnostic.code.to_owned(),
    };
    let shown = render_one(report, diagnostic, false);
    match diagnostic.severity {
        Severity::Error => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(diagnostic.code);
            status.set_message(diagnostic.message.as_str());
            status.set_description(shown);
            TestCase::new(name, status)
        }
        Severity::Warning | Severity::Note => {
            let mut case = TestCase::new(name, TestCaseStatus::success());
            case.set_system_out(shown);
            case
        }
    }
}
