//! [`JudgedAlternative`]: one source or operation of a rule, and how it was judged.

use crate::explain::JudgedClause;
use crate::rule::facts::Facts;
use crate::rule::operation::Operation;
use crate::rule::source::Source;
use crate::truth::Truth;

/// One element of `from` or `to`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgedAlternative {
    /// Its index in `from` or `to`, from 0.
    pub index: usize,
    /// What all clauses together say.
    pub truth: Truth,
    /// Its fields.
    pub clauses: Vec<JudgedClause>,
}

impl JudgedAlternative {
    pub(super) fn of_source((index, source): (usize, &Source), facts: &Facts<'_>) -> Self {
        let fields = source.fields.iter();
        Self {
            index,
            truth: source.judge(facts),
            clauses: fields
                .map(|field| JudgedClause::of_source(field, facts))
                .collect(),
        }
    }

    pub(super) fn of_operation((index, operation): (usize, &Operation), facts: &Facts<'_>) -> Self {
        let clause = |field| JudgedClause::of_operation(field, &operation.bindings, facts);
        Self {
            index,
            truth: operation.judge(facts),
            clauses: operation.fields.iter().map(clause).collect(),
        }
    }

    /// How many of its clauses do not hold.
    pub(super) fn failed_count(&self) -> usize {
        self.clauses.iter().filter(|clause| !clause.holds()).count()
    }
}
