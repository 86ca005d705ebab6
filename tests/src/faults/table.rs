//! [`table`]: the runs as a table of Markdown.

use std::fmt::Write as _;

use crate::faults::fault::Fault;
use crate::faults::outcome::Outcome;

/// A fault in one kind of sidecar, with the interlock and without it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The fault.
    pub fault: Fault,
    /// With the interlock as shipped.
    pub shipped: Outcome,
    /// Without it.
    pub removed: Outcome,
}

/// The rows as a table.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let requests = rows.first().map_or(0, |row| row.shipped.requests());
    let mut text = format!(
        "| fault | arrived of {requests} | the client sees | what ends it | arrived without the interlock |\n\
         |---|---|---|---|---|\n"
    );
    for row in rows {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            row.fault.title,
            row.shipped.arrivals(),
            row.shipped.seen(),
            row.fault.recovery,
            row.removed.arrivals(),
        );
    }
    text
}
