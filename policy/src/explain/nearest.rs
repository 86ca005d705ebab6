//! Which rule came nearest to allowing, and what kept it from it.

use std::cmp::Reverse;

use crate::explain::{Explanation, JudgedAlternative, JudgedClause, JudgedRule, Layer};

impl<'p> Explanation<'p> {
    /// The rule that decided, as it was judged.
    #[must_use]
    pub fn deciding(&self) -> Option<&JudgedRule<'p>> {
        let decisive = self.decision.rule()?;
        self.rules
            .iter()
            .find(|judged| matches!(judged.layer, Layer::Deny | Layer::Allow) && judged.rule == decisive)
    }

    /// Of the rules of ALLOW policies that do not allow the request, the one with the fewest clauses that fail; of several
    /// such the one with the most that hold, and of these the first in policy order.
    #[must_use]
    pub fn nearest(&self) -> Option<&JudgedRule<'p>> {
        let allow = self.rules.iter().filter(|rule| rule.layer == Layer::Allow);
        allow
            .filter(|rule| !rule.counts)
            .min_by_key(|rule| (rule.failed_count(), Reverse(rule.held_count())))
    }

    /// The rules that count beside the one that decided: an ALLOW rule that matches as well, a DENY rule that applies as
    /// well, and what only watches.
    pub fn others_that_count(&self) -> impl Iterator<Item = &JudgedRule<'p>> {
        let deciding = self.deciding();
        self.rules
            .iter()
            .filter(move |rule| rule.counts && deciding.is_none_or(|deciding| !std::ptr::eq(*rule, deciding)))
    }
}

impl JudgedRule<'_> {
    /// The source with the fewest clauses that fail, the first of several such.
    #[must_use]
    pub fn nearest_source(&self) -> Option<&JudgedAlternative> {
        best(&self.from)
    }

    /// The operation, likewise.
    #[must_use]
    pub fn nearest_operation(&self) -> Option<&JudgedAlternative> {
        best(&self.to)
    }

    /// The clauses that matter: those of the source and of the operation with the fewest that fail, the first of several
    /// such, and every condition.
    pub fn clauses(&self) -> impl Iterator<Item = &JudgedClause> {
        let best = [self.nearest_source(), self.nearest_operation()]
            .into_iter()
            .flatten();
        best.flat_map(|alternative| &alternative.clauses)
            .chain(&self.when)
    }

    /// Those of [`clauses`](Self::clauses) that do not hold for certain.
    pub fn failed(&self) -> impl Iterator<Item = &JudgedClause> {
        self.clauses().filter(|clause| !clause.holds())
    }

    fn held_count(&self) -> usize {
        self.clauses().filter(|clause| clause.holds()).count()
    }

    /// How many clauses fail, and one more where the rule does not allow anyway.
    fn failed_count(&self) -> usize {
        self.failed()
            .count()
            .saturating_add(usize::from(self.hindrance.is_some()))
    }
}

/// The alternative with the fewest clauses that fail.
fn best(alternatives: &[JudgedAlternative]) -> Option<&JudgedAlternative> {
    alternatives
        .iter()
        .min_by_key(|alternative| alternative.failed_count())
}
