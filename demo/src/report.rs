//! The table of the demo and the lines beneath it.

use std::time::Duration;

use crate::row_runner::Outcome;
use crate::table::{Style, TableRow, Verdict, render};

/// The table, the differences of the rows that are wrong, and the summary.
#[must_use]
pub fn report(outcomes: &[Outcome], took: Duration, style: Style) -> String {
    let rows: Vec<TableRow<6>> = outcomes.iter().map(table_row).collect();
    let table = render(
        ["from", "to", "request", "expected", "got", "cause"],
        &rows,
        style,
    );
    format!(
        "\n{table}\n{}{}\n",
        differences(outcomes),
        summary(outcomes, took, style)
    )
}

/// Whether every row is as it must be.
#[must_use]
pub fn all_right(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| outcome.differences.is_empty())
}

fn table_row(outcome: &Outcome) -> TableRow<6> {
    let row = &outcome.row;
    let (got, cause) = match &outcome.observation {
        Ok(observation) => (observation.got(), observation.cause()),
        Err(reason) => (reason.clone(), String::new()),
    };
    let verdict = if outcome.differences.is_empty() {
        Verdict::Right
    } else {
        Verdict::Wrong
    };
    let cells = [
        row.from.label(),
        row.to.to_string(),
        row.request(),
        row.expected.label().to_owned(),
        got,
        cause,
    ];
    TableRow { verdict, cells }
}

fn differences(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    // A row that was not tried says so in the table.
    let tried = outcomes.iter().filter(|outcome| outcome.observation.is_ok());
    for outcome in tried.filter(|outcome| !outcome.differences.is_empty()) {
        let row = &outcome.row;
        text.push_str(&format!(
            "{} → {}, {}:\n",
            row.from.label(),
            row.to,
            row.request()
        ));
        for difference in &outcome.differences {
            text.push_str(&format!("  - {difference}\n"));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn summary(outcomes: &[Outcome], took: Duration, style: Style) -> String {
    let right = outcomes
        .iter()
        .filter(|outcome| outcome.differences.is_empty())
        .count();
    let wrong = outcomes.len().saturating_sub(right);
    let counts = match wrong {
        0 => style.good(&format!("all {right} rows as expected")),
        _ => style.bad(&format!("{wrong} of {} rows not as expected", outcomes.len())),
    };
    format!("{counts} in {:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Got, Observation};
    use crate::scenario::ROWS;

    fn outcome(number: usize, differences: &[&str]) -> Outcome {
        let got = Got::Response {
            status: 200,
            body: String::new(),
        };
        Outcome {
            row: ROWS[number],
            observation: Ok(Observation {
                got,
                reached: Ok(false),
                log: None,
            }),
            differences: differences.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    #[test]
    fn the_summary_counts_the_rows_and_the_seconds() {
        let right = [outcome(0, &[]), outcome(1, &[])];
        assert!(all_right(&right));
        let text = report(&right, Duration::from_millis(1234), Style::Plain);
        assert!(text.ends_with("all 2 rows as expected in 1.2 s\n"), "{text}");
    }

    #[test]
    fn a_wrong_row_is_explained_beneath_the_table() {
        let mixed = [
            outcome(0, &[]),
            outcome(5, &["200 instead of 403", "orders' Envoy ended"]),
        ];
        assert!(!all_right(&mixed));
        let text = report(&mixed, Duration::ZERO, Style::Plain);
        let explanation =
            "frontend → orders, DELETE /orders/7:\n  - 200 instead of 403\n  - orders' Envoy ended\n";
        assert!(text.contains(explanation), "{text}");
        assert!(text.ends_with("1 of 2 rows not as expected in 0.0 s\n"), "{text}");
    }
}
