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

mod ascending;
mod batch;
mod build;
mod clause;
mod counts;
mod expressions;
mod field;
mod hash;
mod kind;
mod node;
mod place;
mod posting;
mod regex_set;
mod search;
mod table;

pub(crate) use crate::index::batch::Batch;
use crate::index::build::Builder;
use crate::index::expressions::Expressions;
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
    expressions: Expressions,
}

/// Which rules a search must find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// Those that match for certain.
    Certain,
    /// Those that match, and those of which it cannot be told.
    Possible,
}

impl Index {
    pub(crate) fn new(rules: &[&Rule]) -> Self {
        Builder::new(rules).build()
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

    /// How many bytes it takes.
    #[cfg(feature = "linear-walk")]
    pub(crate) fn bytes(&self) -> usize {
        let drawers = self.nodes.iter().flat_map(|node| &node.drawers);
        let forms: usize = drawers.map(|drawer| size_of_val(&*drawer.forms)).sum();
        let drawers: usize = self.nodes.iter().map(|node| size_of_val(&*node.drawers)).sum();
        [
            self.table.bytes(),
            size_of_val(&*self.lists),
            size_of_val(&*self.nodes),
            drawers,
            forms,
        ]
        .into_iter()
        .sum()
    }

    /// The rules with numbers from `start` up to `end` that are wanted, and others: the lowest ones, as many as fit.
    pub(crate) fn search(&self, facts: &Facts<'_>, wanted: Wanted, start: u32, end: u32) -> Batch {
        let mut search = Search {
            index: self,
            facts,
            wanted,
            found: Batch::new(start, end),
        };
        search.node(0);
        search.found
    }
}
