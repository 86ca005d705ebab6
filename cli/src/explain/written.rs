//! [`Written`]: what the rules say in the words of their author, and where that stands.

use spiffe_authz_policy::{RuleRef, StatedClause, StatedConfiguration, StatedRule};

use crate::diagnostics::{Diagnostic, Report};
use crate::policies::Loaded;
use crate::source::{Located, Location, Part};

/// The configuration as it was written.
#[derive(Clone, Copy)]
pub(super) struct Written<'w> {
    loaded: &'w Loaded,
    stated: &'w StatedConfiguration,
}

impl<'w> Written<'w> {
    pub(super) fn new(loaded: &'w Loaded, stated: &'w StatedConfiguration) -> Self {
        Self { loaded, stated }
    }

    /// The rule, as it is written.
    pub(super) fn rule(&self, rule: RuleRef<'_>) -> Option<&'w StatedRule> {
        let policy = self
            .stated
            .policies
            .iter()
            .find(|policy| policy.id == *rule.policy)?;
        policy.rules.get(rule.index)
    }

    /// Where a place of the configuration stands, if it is in a file.
    pub(super) fn location(&self, place: &str) -> Option<Location> {
        match self.loaded.locate(place, Part::Value) {
            Located::Text(location) => Some(location),
            Located::Option(_) | Located::Nowhere => None,
        }
    }

    /// Something to say of the configuration, ready to be shown.
    pub(super) fn report(&self, diagnostic: Diagnostic) -> Report {
        self.loaded.report(vec![diagnostic])
    }

    /// `orders.yaml:22:11`.
    pub(super) fn position(&self, place: &str) -> Option<String> {
        let location = self.location(place)?;
        let source = self.loaded.sources().get(location.source)?;
        let (line, column) = (
            source.line(location.span.start),
            source.column(location.span.start),
        );
        Some(format!("{}:{line}:{column}", source.name()))
    }
}

/// The place of the first value of a clause.
pub(super) fn first_place(clause: &StatedClause) -> String {
    clause
        .values()
        .next()
        .map_or(&clause.at, |value| &value.at)
        .clone()
}
