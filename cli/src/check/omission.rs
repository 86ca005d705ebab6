//! [`Omission`]: lints that may be missing, and why.

use spiffe_authz_analysis::lint::{self, Bound, LintCode};

use crate::check::findings::placed;
use crate::check::threshold::Threshold;
use crate::diagnostics::{Diagnostic, Severity};
use crate::policies::Loaded;

/// What was not looked at, because it would have taken too long.
pub(super) struct Omission {
    pub(super) bound: Bound,
    /// The lints that may be missing, those that are to be told.
    pub(super) codes: Vec<LintCode>,
    /// At how many places.
    pub(super) count: usize,
    /// The same for people, at the first of the places. It counts as no finding.
    pub(super) note: Diagnostic,
}

impl Omission {
    /// `None` where no lint that is to be told may be missing.
    pub(super) fn of(loaded: &Loaded, threshold: &Threshold, omission: lint::Omission) -> Option<Self> {
        let lint::Omission { bound, at, count } = omission;
        let codes = bound.codes().iter().copied();
        let codes: Vec<LintCode> = codes.filter(|code| threshold.tells(*code)).collect();
        if codes.is_empty() {
            return None;
        }
        let message = format!("{bound}: {} may be missing {}", listed(&codes), places(count));
        let note = Diagnostic::new(Severity::Note, "not-looked-at", message).help(bound.help());
        let mut note = placed(loaded, note, at);
        if let Some(label) = note.label.as_mut().filter(|_| count > 1) {
            label.text = Some("the first of them".to_owned());
        }
        Some(Self {
            bound,
            codes,
            count,
            note,
        })
    }
}

fn places(count: usize) -> String {
    if count == 1 {
        "here".to_owned()
    } else {
        format!("at {count} places")
    }
}

/// `a`, `b` and `c`.
fn listed(codes: &[LintCode]) -> String {
    let quoted: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}
