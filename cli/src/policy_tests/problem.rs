//! [`Problems`]: what is wrong with a file of policy tests, each with its place.

use std::collections::BTreeSet;

use spiffe_authz_policy::{ConfigErrorKind, ConfigErrors};

use crate::diagnostics::{Diagnostic, Label, Report};
use crate::failure::Failure;
use crate::policies::Loaded;
use crate::policy_tests::TestsFailure;
use crate::source::{Located, Part};

/// One word for what is wrong with tests.
const CODE: &str = "policy-test";

/// One problem.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Problem {
    /// The place, such as `cases[2].expect.cause`; empty for the file.
    at: String,
    /// What is wrong there, and what belongs there.
    what: String,
    /// Whether it is about the name of the field.
    is_of_name: bool,
}

/// The problems of one file, in the order in which they were found, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    seen: BTreeSet<Problem>,
}

impl Problems {
    /// Notes a problem of a value, or one that is missing.
    pub(super) fn add(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.note(at.into(), what.into(), false);
    }

    /// Notes a problem of the name of a field.
    pub(super) fn add_of_name(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.note(at.into(), what.into(), true);
    }

    fn note(&mut self, at: String, what: String, is_of_name: bool) {
        let problem = Problem { at, what, is_of_name };
        if self.seen.insert(problem.clone()) {
            self.found.push(problem);
        }
    }

    /// Adds what the engine has to say of a part of the file; `place` finds the place in the file.
    pub(super) fn add_errors(&mut self, errors: &ConfigErrors, place: impl Fn(&str) -> String) {
        for error in errors.iter() {
            let is_of_name = matches!(
                error.kind,
                ConfigErrorKind::UnknownField { .. } | ConfigErrorKind::DuplicateField
            );
            self.note(place(&error.at), error.kind.to_string(), is_of_name);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The failure that tells them all, each where it stands in the file.
    pub(super) fn into_failure(self, file: &Loaded) -> Failure {
        let mut diagnostics: Vec<Diagnostic> = self
            .found
            .into_iter()
            .map(|problem| problem.diagnostic(file))
            .collect();
        diagnostics.sort_by_key(Diagnostic::order);
        let report: Report = file.report(diagnostics);
        TestsFailure::Form(Box::new(report)).into()
    }

    #[cfg(test)]
    pub(super) fn told(&self) -> Vec<String> {
        let told = |problem: &Problem| format!("{}: {}", problem.at, problem.what);
        self.found.iter().map(told).collect()
    }
}

impl Problem {
    fn diagnostic(self, file: &Loaded) -> Diagnostic {
        let message = if self.at.is_empty() {
            self.what
        } else {
            format!("{}: {}", self.at, self.what)
        };
        let mut diagnostic = Diagnostic::error(CODE, message);
        let part = if self.is_of_name { Part::Key } else { Part::Value };
        if let Located::Text(location) = file.locate(&self.at, part) {
            diagnostic.label = Some(Label { location, text: None });
        }
        diagnostic.place = self.at;
        diagnostic
    }
}
