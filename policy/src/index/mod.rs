//! The candidate index: from what a request says to the few rules that may match it.
//!
//! Every rule is filed under one of its clauses, the one that is shared with fewest others: under every value of it. A request
//! looks up what it has itself, and only what it finds is judged. So a decision costs the same however many rules there are.
//!
//! The index only leaves out. It gives every rule that a judgement could find true, or not false where that is
//! [wanted](Wanted), and may give more: a judge has the last word on every one. What cannot be filed is always given.
//!
//! All is one table from hashes to rules. A prefix is looked up by its length, a block of addresses by its number of bits, a
//! segment of a path by its place: only those that are in use.

mod build;
mod clause;
mod counts;
mod field;
mod hash;
mod kind;
mod node;
mod place;
mod posting;
mod search;
mod table;

use crate::index::build::Builder;
use crate::index::node::Node;
#[cfg(feature = "linear-walk")]
use crate::index::posting::Posted;
use crate::index::search::Search;
use crate::index::table::Table;
use crate::rule::Rule;
use crate::rule::facts::Facts;

/// An index over rules that have numbers.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    table: Table,
    /// The lists of rules, each behind its length and in the order of their numbers.
    lists: Box<[u32]>,
    /// The first files all rules.
    nodes: Box<[Node]>,
}

/// Which rules a search must find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// Those that match for certain.
    Certain,
    /// Those that match, and those of which it cannot be told.
    Possible,
}

/// Who looks at the rules that a search finds.
pub(crate) trait Visitor {
    /// The number from which on no rule is wanted any more.
    fn end(&self) -> u32;

    /// Takes a rule. The same one may come more than once.
    fn visit(&mut self, rule: u32);
}

impl Index {
    pub(crate) fn new(rules: &[&Rule]) -> Self {
        let (entries, lists, nodes) = Builder::new(rules).build();
        Self {
            table: Table::new(&entries),
            lists: lists.into(),
            nodes: nodes.into(),
        }
    }

    /// How many rules are filed nowhere.
    #[cfg(feature = "linear-walk")]
    pub(crate) fn residual_count(&self) -> usize {
        let residual = self.nodes.first().map(|node| node.residual.read());
        let Some(Posted::List(start)) = residual else {
            return 0;
        };
        let length = usize::try_from(start)
            .ok()
            .and_then(|start| self.lists.get(start));
        length
            .and_then(|length| usize::try_from(*length).ok())
            .unwrap_or_default()
    }

    /// Gives the visitor every rule that is wanted, and others.
    pub(crate) fn search(&self, facts: &Facts<'_>, wanted: Wanted, visitor: &mut impl Visitor) {
        Search {
            index: self,
            facts,
            wanted,
            visitor,
        }
        .node(0);
    }
}
