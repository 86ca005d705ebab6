//! [`Builder`]: files the rules of a set.

use crate::index::Index;
use crate::index::clause::{Clause, Cost};
use crate::index::counts::Counts;
use crate::index::expressions::{Expressions, OpenExpressions};
use crate::index::field::small;
use crate::index::node::{Node, OpenDrawer, OpenDrawers};
use crate::index::place::{Form, Place};
use crate::index::posting::Posting;
use crate::index::table::Table;
use crate::rule::Rule;

/// A crowd under one key that is larger than this is filed once more, if that scatters it.
const CROWD: usize = 8;
/// How often a crowd is filed once more.
const MOST_DEPTH: u32 = 3;
/// How often all values together are looked at again for that, which bounds the time, and the memory with it.
const MOST_VISITS: usize = 4;

/// How many names are kept in mind so that each is marked once; a mark more is no harm.
const MOST_MARKS: usize = 16;

/// An index that is being built.
pub(super) struct Builder<'r> {
    rules: &'r [&'r Rule],
    entries: Vec<(u64, Posting)>,
    lists: Vec<u32>,
    nodes: Vec<Node>,
    crowds: Vec<Crowd>,
    /// How many values may still be looked at again.
    visits_left: usize,
    expressions: Expressions,
}

/// Rules that share a key, until it is known whether they become a node.
struct Crowd {
    entry: usize,
    depth: u32,
    rules: Box<[u32]>,
}

impl<'r> Builder<'r> {
    pub(super) fn new(rules: &'r [&'r Rule]) -> Self {
        Self {
            rules,
            entries: Vec::new(),
            lists: Vec::new(),
            nodes: Vec::new(),
            crowds: Vec::new(),
            visits_left: 0,
            expressions: Expressions::default(),
        }
    }

    pub(super) fn build(mut self) -> Index {
        let all: Vec<u32> = (0..small(self.rules.len())).collect();
        self.file_all(&all);
        while let Some(crowd) = self.crowds.pop() {
            let posting = self.post(&crowd);
            if let Some((_, posted)) = self.entries.get_mut(crowd.entry) {
                *posted = posting;
            }
        }
        Index {
            table: Table::new(&self.entries),
            lists: self.lists.into(),
            nodes: self.nodes.into(),
            expressions: self.expressions,
        }
    }

    fn file_all(&mut self, rules: &[u32]) {
        let places = self.places_of(rules);
        self.visits_left = places.saturating_mul(MOST_VISITS);
        let counts = self.counts(rules, places);
        self.file(rules, &counts, 0, |_| true);
    }

    /// A crowd as a node if that scatters it, else as a list.
    fn post(&mut self, crowd: &Crowd) -> Posting {
        let Crowd { rules, depth, .. } = crowd;
        if *depth >= MOST_DEPTH || self.visits_left == 0 {
            return self.list(rules);
        }
        let places = self.places_of(rules);
        self.visits_left = self.visits_left.saturating_sub(places);
        let counts = self.counts(rules, places);
        let is_scattered = |cost: Cost| cost.crowd <= counts.rules() / 2;
        let scattered = rules.iter().filter(|rule| {
            self.cheapest(**rule, &counts)
                .is_some_and(|(cost, _)| is_scattered(cost))
        });
        if scattered.count() < rules.len() / 2 {
            return self.list(rules);
        }
        let depth = depth.saturating_add(1);
        Posting::node(self.file(rules, &counts, depth, is_scattered))
    }

    /// Makes a node of these rules, and gives its number. What costs too much to file is always looked at.
    fn file(
        &mut self,
        rules: &[u32],
        counts: &Counts,
        depth: u32,
        is_worth_it: impl Fn(Cost) -> bool,
    ) -> u32 {
        let node = small(self.nodes.len());
        let mut filing = Filing::new(node, rules.len());
        for rule in rules {
            match self.cheapest(*rule, counts) {
                Some((cost, clause)) if is_worth_it(cost) => {
                    clause.each_place(counts, &mut |place| filing.add(place, *rule));
                    for field in clause.each_field(counts) {
                        filing.expressions.add(field, *rule);
                    }
                }
                Some(_) | None => filing.residual.push(*rule),
            }
        }
        self.close(filing, depth);
        node
    }

    fn cheapest(&self, rule: u32, counts: &Counts) -> Option<(Cost, Clause<'r>)> {
        Clause::cheapest(self.rule(rule)?, counts)
    }

    fn close(&mut self, filing: Filing<'r>, depth: u32) {
        let Filing {
            node: _,
            mut entries,
            marks: _,
            drawers,
            mut residual,
            expressions,
        } = filing;
        // There are some in the first node alone: no other scatters a crowd by them.
        if !expressions.is_empty() {
            self.expressions = expressions.build(&mut residual);
        }
        let residual = self.list(&residual);
        let close = |drawer: OpenDrawer| {
            let all = self.list(&drawer.rules);
            drawer.close(all)
        };
        let drawers = drawers.into_iter().map(close).collect();
        self.nodes.push(Node { residual, drawers });
        entries.sort_unstable();
        entries.dedup();
        self.entries.reserve(entries.len());
        entries
            .chunk_by(|(key, _), (other, _)| key == other)
            .for_each(|shared| self.add(shared, depth));
    }

    /// Adds the rules that share one key.
    fn add(&mut self, shared: &[(u64, Posting)], depth: u32) {
        let Some((key, posting)) = shared.first() else {
            return;
        };
        let rules: Box<[u32]> = shared
            .iter()
            .filter_map(|(_, posting)| posting.as_rule())
            .collect();
        let posting = match shared.len() {
            1 => *posting,
            2..=CROWD => self.list(&rules),
            _ => {
                self.crowds.push(Crowd {
                    entry: self.entries.len(),
                    depth,
                    rules,
                });
                Posting::NONE
            }
        };
        self.entries.push((*key, posting));
    }

    fn list(&mut self, rules: &[u32]) -> Posting {
        if rules.is_empty() {
            return Posting::NONE;
        }
        let start = small(self.lists.len());
        self.lists.push(small(rules.len()));
        self.lists.extend(rules);
        Posting::list(start)
    }

    fn places_of(&self, rules: &[u32]) -> usize {
        let mut count = 0_usize;
        self.each_place(rules, &mut |_| count = count.saturating_add(1));
        count
    }

    fn counts(&self, rules: &[u32], places: usize) -> Counts {
        let mut counts = Counts::new(small(rules.len()), places);
        self.each_place(rules, &mut |place| counts.add(place));
        counts
    }

    fn each_place(&self, rules: &[u32], give: &mut dyn FnMut(Place)) {
        for rule in rules.iter().filter_map(|rule| self.rule(*rule)) {
            for clause in Clause::of(rule) {
                clause.each_value(&mut |places| places.iter().for_each(&mut *give));
            }
        }
    }

    fn rule(&self, rule: u32) -> Option<&'r Rule> {
        self.rules.get(usize::try_from(rule).ok()?).copied()
    }
}

/// A node that is being filled.
struct Filing<'r> {
    node: u32,
    entries: Vec<(u64, Posting)>,
    /// The keys of the names that were seen last.
    marks: Vec<u64>,
    drawers: OpenDrawers,
    residual: Vec<u32>,
    expressions: OpenExpressions<'r>,
}

impl Filing<'_> {
    fn new(node: u32, rules: usize) -> Self {
        Self {
            node,
            entries: Vec::with_capacity(rules),
            marks: Vec::new(),
            drawers: OpenDrawers::default(),
            residual: Vec::new(),
            expressions: OpenExpressions::default(),
        }
    }

    fn add(&mut self, place: Place, rule: u32) {
        self.drawers.note(place, rule);
        if place.form == Form::Expression {
            return;
        }
        self.entries.push((place.key(self.node), Posting::rule(rule)));
        if place.kind.goes_by_name() {
            self.mark(Place::of_name(place.kind, place.name).key(self.node));
        }
    }

    /// Marks that there is something behind a name, as a rule once.
    fn mark(&mut self, key: u64) {
        if self.marks.contains(&key) {
            return;
        }
        if self.marks.len() >= MOST_MARKS {
            self.marks.clear();
        }
        self.marks.push(key);
        self.entries.push((key, Posting::MARK));
    }
}
