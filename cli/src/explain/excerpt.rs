//! The line of a file that a rule is written on, with what matters underlined.

use crate::diagnostics::{Diagnostic, Label, Severity, render};
use crate::explain::clause::Clause;
use crate::explain::rule::Rule;
use crate::explain::written::Written;

/// The excerpt with what is said of the rule: of the clause that fails, or of the rule.
pub(super) fn of(
    rule: &Rule,
    code: &'static str,
    title: String,
    written: &Written<'_>,
    has_colour: bool,
) -> String {
    let failed = rule.first_failed().filter(|_| !rule.counts);
    let place = failed
        .and_then(|clause| clause.place.as_deref())
        .or(rule.place.as_deref());
    let mut diagnostic = Diagnostic::new(Severity::Note, code, title);
    diagnostic.label = place
        .and_then(|place| written.location(place))
        .map(|location| Label {
            location,
            text: failed.map(missed),
        });
    render(&written.report(diagnostic), has_colour)
}

fn missed(clause: &Clause) -> String {
    format!("expected {}, got {}", clause.expected(), clause.got())
}
