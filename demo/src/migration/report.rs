//! The tables of the walk.

use crate::migration::addresses::Addresses;
use crate::migration::load::Tally;
use crate::migration::peer::Visit;
use crate::migration::verdict::Finding;
use crate::row_runner::Outcome;
use crate::scenario::Expected;
use crate::table::{Style, TableRow, Verdict, render};

/// Who came how, what must have come of it, and what did; what differs stands beneath.
#[must_use]
pub fn visits(visits: &[(Visit, Outcome)], addresses: &Addresses, style: Style) -> String {
    let rows: Vec<TableRow<6>> = visits
        .iter()
        .map(|(visit, outcome)| visit_row(*visit, outcome, addresses))
        .collect();
    let headings = ["peer", "comes by", "request", "expected", "got", "cause"];
    let table = render(headings, &rows, style);
    let differences: String = visits
        .iter()
        .flat_map(|(visit, outcome)| {
            let lines = outcome.differences.iter();
            lines.map(|difference| format!("   {}: {difference}\n", visit.peer.name()))
        })
        .collect();
    format!("{table}{differences}")
}

fn visit_row(visit: Visit, outcome: &Outcome, addresses: &Addresses) -> TableRow<6> {
    let (got, cause) = match &outcome.observation {
        Ok(observation) => (observation.got(), observation.cause()),
        Err(reason) => (reason.clone(), String::new()),
    };
    TableRow {
        verdict: verdict(outcome.differences.is_empty()),
        cells: [
            visit.peer.name().to_owned(),
            visit.label(addresses),
            outcome.row.request(),
            expected(outcome.row.expected),
            got,
            cause,
        ],
    }
}

fn expected(expected: Expected) -> String {
    match expected {
        Expected::Denied { cause, .. } => format!("{} {cause}", expected.label()),
        Expected::Allowed { .. } | Expected::NoAnswer => expected.label().to_owned(),
    }
}

/// What readiness must say, beside what it says.
#[must_use]
pub fn finding(expected: &Finding, got: &Finding, style: Style) -> String {
    let pairs = expected.fields().into_iter().zip(got.fields());
    let rows: Vec<TableRow<3>> = pairs
        .map(|((name, expected), (_, got))| TableRow {
            verdict: verdict(expected == got),
            cells: [name.to_owned(), expected, got],
        })
        .collect();
    render(["readiness of payments", "expected", "got"], &rows, style)
}

/// How much traffic crossed the change, and how much of it failed.
#[must_use]
pub fn tallies(tallies: &[Tally], addresses: &Addresses, style: Style) -> String {
    let rows: Vec<TableRow<7>> = tallies.iter().map(|tally| tally_row(tally, addresses)).collect();
    let headings = [
        "peer",
        "comes by",
        "before",
        "meanwhile",
        "after",
        "failed, expected",
        "got",
    ];
    render(headings, &rows, style)
}

fn tally_row(tally: &Tally, addresses: &Addresses) -> TableRow<7> {
    let failed = match &tally.first_failure {
        None => tally.failed.to_string(),
        Some(first) => format!("{}, the first: {first}", tally.failed),
    };
    TableRow {
        verdict: verdict(tally.is_right()),
        cells: [
            tally.visit.peer.name().to_owned(),
            tally.visit.label(addresses),
            tally.before.to_string(),
            tally.meanwhile.to_string(),
            tally.after.to_string(),
            "0".to_owned(),
            failed,
        ],
    }
}

const fn verdict(is_right: bool) -> Verdict {
    if is_right { Verdict::Right } else { Verdict::Wrong }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn finding_of(verdict: &str) -> Finding {
        Finding {
            verdict: verdict.to_owned(),
            blocking: BTreeSet::new(),
            others: BTreeSet::new(),
        }
    }

    #[test]
    fn another_verdict_than_expected_is_crossed_out() {
        let table = finding(&finding_of("safe"), &finding_of("not-yet"), Style::Plain);
        assert!(table.contains(" ✗ verdict"), "{table}");
        assert_eq!(table.matches('✓').count(), 2, "{table}");
    }

    #[test]
    fn what_a_denial_must_say_stands_beside_its_status() {
        let denied = Expected::Denied {
            cause: "mtls-required",
            policy: None,
        };
        assert_eq!(expected(denied), "403 mtls-required");
    }
}
