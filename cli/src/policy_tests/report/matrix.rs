//! A table as a matrix: rows down, columns across.

use std::collections::BTreeMap;

use crate::policy_tests::case::Case;
use crate::policy_tests::report::style::{Cell, Style, aligned};
use crate::policy_tests::run::CaseResult;
use crate::policy_tests::table::Table;

/// The table with what came in each cell; empty where no cell of it was chosen.
pub(super) fn matrix(table: &Table, results: &[CaseResult<'_>], style: Style) -> String {
    let results: BTreeMap<&str, &CaseResult<'_>> = results
        .iter()
        .map(|result| (result.case.at.as_str(), result))
        .collect();
    let cells = table.rows.iter().flat_map(|row| &row.cells);
    if !cells
        .into_iter()
        .any(|case| results.contains_key(case.at.as_str()))
    {
        return String::new();
    }
    let columns = table.columns.iter().map(|name| Cell::new(name));
    let title = Cell::painted(&table.name, |name| style.strong(name));
    let mut rows = vec![[title].into_iter().chain(columns).collect()];
    for row in &table.rows {
        let name = Cell::new(&format!("  {}", row.name));
        let cells = row.cells.iter().map(|case| cell(case, &results, style));
        rows.push([name].into_iter().chain(cells).collect());
    }
    aligned(&rows, 2)
}

/// What came, and where that is wrong, what should have.
fn cell(case: &Case, results: &BTreeMap<&str, &CaseResult<'_>>, style: Style) -> Cell {
    let Some(result) = results.get(case.at.as_str()) else {
        return Cell::new(".");
    };
    let decision = result.verdict.decision;
    if result.is_passed() {
        return Cell::painted(decision, |word| match decision {
            "allow" => style.good(word),
            _ => word.to_owned(),
        });
    }
    let expected = case.expectation.word();
    let got = if expected == decision || case.expectation.decision.is_none() {
        result.verdict.cause.as_ref()
    } else {
        decision
    };
    Cell::painted(&format!("! {got}, not {expected}"), |word| style.bad(word))
}
