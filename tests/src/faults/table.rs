//! [`table`]: the runs as a table of Markdown.

use std::fmt::Write as _;

use crate::faults::fault::Fault;
use crate::faults::kind::Kind;
use crate::faults::list::FAULTS;
use crate::faults::outcome::Outcome;

/// A fault in one kind of sidecar, with the interlock and without it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The fault.
    pub fault: Fault,
    /// The kind of sidecar.
    pub kind: Kind,
    /// With the interlock as shipped.
    pub shipped: Outcome,
    /// Without it.
    pub removed: Outcome,
}

/// The rows as a table: a line for each fault. Where the kinds of sidecars differ, each has its own words.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let requests = rows.first().map_or(0, |row| row.shipped.requests());
    let mut text = format!(
        "| fault | arrived of {requests} | the client sees | what ends it | arrived without the interlock |\n\
         |---|---|---|---|---|\n"
    );
    for fault in FAULTS {
        let of_fault: Vec<&Row> = rows.iter().filter(|row| row.fault.title == fault.title).collect();
        if of_fault.is_empty() {
            continue;
        }
        let cell = |value: fn(&Row) -> String| cell(&of_fault, value);
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            fault.title,
            cell(|row| row.shipped.arrivals()),
            cell(|row| row.shipped.seen()),
            fault.recovery,
            cell(|row| row.removed.arrivals()),
        );
    }
    text
}

/// The one value of all kinds, or each value with the kinds that have it.
fn cell(rows: &[&Row], value: fn(&Row) -> String) -> String {
    let mut values: Vec<(String, Vec<&str>)> = Vec::new();
    for row in rows {
        let (value, kind) = (value(row), row.kind.word());
        match values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, kinds)) => kinds.push(kind),
            None => values.push((value, vec![kind])),
        }
    }
    match values.as_slice() {
        [(value, _)] => value.clone(),
        values => {
            let values = values
                .iter()
                .map(|(value, kinds)| format!("{}: {value}", kinds.join(", ")));
            values.collect::<Vec<_>>().join("; ")
        }
    }
}
