//! [`Expressions`]: rules that are filed by regular expressions of which nothing else is known.

use crate::index::ascending::insert;
use crate::index::field::Field;
use crate::index::kind::Kind;
use crate::index::regex_set::{Built, RegexSet};
use crate::matcher::regex::RegexMatcher;

/// Fewer are tested one by one as fast.
const FEWEST: usize = 16;

/// Rules by expressions on the host and on the path.
#[derive(Clone, Debug, Default)]
pub(super) struct Expressions {
    pub(super) host: Option<RegexSet<u32>>,
    pub(super) path: Option<RegexSet<u32>>,
}

/// Expressions before they are compiled.
#[derive(Debug, Default)]
pub(super) struct OpenExpressions<'r> {
    host: Vec<(&'r RegexMatcher, u32)>,
    path: Vec<(&'r RegexMatcher, u32)>,
}

impl<'r> OpenExpressions<'r> {
    /// Adds what a rule is filed by, if it is expressions.
    pub(super) fn add(&mut self, field: Field<'r>, rule: u32) {
        field.each_expression(&mut |kind, expression| {
            let all = if kind == Kind::HostExpression {
                &mut self.host
            } else {
                &mut self.path
            };
            all.push((expression, rule));
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.host.is_empty() && self.path.is_empty()
    }

    /// Compiles them; rules for which there is no room join the residual ones.
    pub(super) fn build(self, residual: &mut Vec<u32>) -> Expressions {
        Expressions {
            host: build(self.host, residual),
            path: build(self.path, residual),
        }
    }
}

fn build(expressions: Vec<(&RegexMatcher, u32)>, residual: &mut Vec<u32>) -> Option<RegexSet<u32>> {
    if expressions.len() < FEWEST {
        let rules = expressions.into_iter().map(|(_, rule)| rule);
        rules.for_each(|rule| insert(residual, rule));
        return None;
    }
    let Built { set, unfiled } = RegexSet::build(expressions);
    unfiled.into_iter().for_each(|rule| insert(residual, rule));
    (!set.is_empty()).then_some(set)
}
