//! The report for people.

use std::fmt::Write as _;

use crate::policy_tests::expectation::Comparison;
use crate::policy_tests::report::coverage;
use crate::policy_tests::report::matrix::matrix;
use crate::policy_tests::report::style::{Cell, Style, aligned, plain};
use crate::policy_tests::run::{CaseResult, Run, SuiteRun};
use crate::terminal::Terminal;

/// So many cases of a file are named when they pass; of more, the number is told.
const MOST_NAMED: usize = 100;

/// The whole report: each file with its cases and tables, what failed side by side, and the coverage.
pub(in crate::policy_tests) fn human(run: &Run<'_>, terminal: &Terminal) -> String {
    let style = Style {
        has_colour: terminal.stdout_has_colour(),
    };
    let mut text = String::new();
    for suite in &run.suites {
        if terminal.is_quiet() {
            add_failures(suite, style, &mut text);
        } else {
            add_suite(suite, style, &mut text);
        }
    }
    for measured in &run.coverage {
        text.push_str(&coverage::human(measured, style));
    }
    text
}

fn add_suite(run: &SuiteRun<'_>, style: Style, text: &mut String) {
    if run.results.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", style.strong(&plain(&run.path())));
    let passed = run.results.iter().filter(|result| result.is_passed()).count();
    let names_all = run.results.len() <= MOST_NAMED;
    if !names_all {
        let _ = writeln!(text, "  {}    {passed} cases", style.good("ok"));
    }
    let in_tables = run.suite.cells();
    for result in &run.results {
        if !result.is_passed() {
            add_failure(run, result, style, text);
        } else if names_all && !in_tables.contains(result.case.at.as_str()) {
            let _ = writeln!(text, "  {}    {}", style.good("ok"), plain(&result.case.name));
        }
    }
    for table in &run.suite.tables {
        text.push_str(&matrix(table, &run.results, style));
    }
    text.push('\n');
}

fn add_failures(run: &SuiteRun<'_>, style: Style, text: &mut String) {
    let mut failed = run.results.iter().filter(|result| !result.is_passed()).peekable();
    if failed.peek().is_some() {
        let _ = writeln!(text, "{}", style.strong(&plain(&run.path())));
    }
    failed.for_each(|result| add_failure(run, result, style, text));
}

fn add_failure(run: &SuiteRun<'_>, result: &CaseResult<'_>, style: Style, text: &mut String) {
    let _ = writeln!(text, "  {}  {}", style.bad("FAIL"), plain(&result.case.name));
    let workload = run
        .workload(result.case)
        .and_then(|workload| workload.name.as_deref());
    let asked = workload
        .map(|name| format!(", asked of {}", plain(name)))
        .unwrap_or_default();
    let _ = writeln!(
        text,
        "        {}",
        style.faint(&format!("{}{asked}", result.case.at))
    );
    text.push_str(&side_by_side(&result.comparisons, style));
    if let Some(nearest) = &result.nearest {
        let _ = writeln!(text, "        nearest: {}", plain(nearest));
    }
}

/// What was expected and what came; what differs is marked, also where there are no colours.
fn side_by_side(comparisons: &[Comparison], style: Style) -> String {
    let head = ["", "", "expected", "got"].map(|word| Cell::painted(word, |word| style.faint(word)));
    let mut rows = vec![Vec::from(head)];
    for comparison in comparisons {
        let Comparison { field, expected, got } = comparison;
        let expected = expected.as_deref().unwrap_or("-");
        let is_met = comparison.is_met();
        let paint = |text: &str| if is_met { text.to_owned() } else { style.bad(text) };
        rows.push(vec![
            Cell::painted(if is_met { "" } else { "!" }, paint),
            Cell::new(field),
            Cell::new(expected),
            Cell::painted(got, paint),
        ]);
    }
    aligned(&rows, 8)
}
