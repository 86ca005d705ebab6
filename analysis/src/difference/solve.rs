//! Where two policy sets decide differently: a decision diagram over the axes, which is built only as far as the sets still
//! differ.
//!
//! For each class of the next axis, what is left of both sets is worked out. Classes with the same rest are one, a rest that
//! was met before is not solved again, and where the rest of both sets is the same, nothing differs: however many rules both
//! sets share, only those that overlap with a difference are ever looked at.

use std::collections::HashMap;

use crate::difference::boxes::{Boxes, Half, Problem};
use crate::difference::parts::{Parts, alike};

/// What differs, as a tree: a number in the [`Solution`].
type TreeNumber = usize;

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Tree {
    Same,
    NewlyAllowed,
    NewlyDenied,
    /// For classes of the axis at this level the tree that holds there; nothing differs in the others.
    Split(usize, Vec<(Vec<usize>, TreeNumber)>),
    /// The bound on work was hit here.
    Unknown,
}

/// Which way a decision changed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Direction {
    /// It was denied and is allowed.
    NewlyAllowed,
    /// It was allowed and is denied.
    NewlyDenied,
}

/// A part of the requests in which every decision changes the same way: by level the classes; all of the other levels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Cell {
    pub(super) direction: Direction,
    pub(super) classes: Vec<(usize, Vec<usize>)>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Solution {
    pub(super) cells: Vec<Cell>,
    /// How many partial decisions were worked out.
    pub(super) steps: u64,
    /// Whether the bound on work or on cells was hit.
    pub(super) is_bounded: bool,
}

/// Bounds on the work for one scene.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) steps: u64,
    pub(super) cells: usize,
}

pub(super) fn solve(problem: &Problem, class_counts: &[usize], bounds: Bounds) -> Solution {
    let mut solver = Solver {
        boxes: &problem.boxes,
        class_counts,
        trees: Vec::new(),
        numbers: HashMap::new(),
        memo: HashMap::new(),
        steps: 0,
        bounds,
        is_bounded: false,
    };
    let [old, new] = &problem.halves;
    let root = solver.tree(old, new);
    let mut cells = Vec::new();
    solver.collect(root, &mut Vec::new(), &mut cells);
    Solution {
        cells,
        steps: solver.steps,
        is_bounded: solver.is_bounded,
    }
}

/// What is left of both sets, and the classes for which it is.
type Rest = ((Half, Half), Vec<usize>);

struct Solver<'s> {
    boxes: &'s Boxes,
    /// How many classes the axis at each level has.
    class_counts: &'s [usize],
    trees: Vec<Tree>,
    numbers: HashMap<Tree, TreeNumber>,
    memo: HashMap<(Half, Half), TreeNumber>,
    steps: u64,
    bounds: Bounds,
    is_bounded: bool,
}

impl Solver<'_> {
    fn tree(&mut self, old: &Half, new: &Half) -> TreeNumber {
        if old == new {
            return self.number(Tree::Same);
        }
        let key = (old.clone(), new.clone());
        if let Some(known) = self.memo.get(&key) {
            return *known;
        }
        let tree = self.solved(old, new);
        let number = self.number(tree);
        self.memo.insert(key, number);
        number
    }

    fn solved(&mut self, old: &Half, new: &Half) -> Tree {
        let levels = old.numbers().chain(new.numbers());
        let level = levels
            .filter_map(|number| self.boxes.node_of(number))
            .map(|node| node.level)
            .min();
        match level {
            Some(level) => self.split(old, new, level),
            None if *new == Half::allowed() => Tree::NewlyAllowed,
            None => Tree::NewlyDenied,
        }
    }

    /// What differs, class by class of the axis at a level.
    fn split(&mut self, old: &Half, new: &Half, level: usize) -> Tree {
        let count = self.class_counts.get(level).copied().unwrap_or(0);
        let parts = [old, new].map(|half| Parts::new(half, level, count, self.boxes));
        let Some(rests) = self.rests(&parts) else {
            self.is_bounded = true;
            return Tree::Unknown;
        };
        let mut branches = self.branches(rests);
        branches
            .iter_mut()
            .for_each(|(classes, _)| classes.sort_unstable());
        match branches.as_slice() {
            [] => Tree::Same,
            [(classes, tree)] if classes.len() == count => {
                self.trees.get(*tree).cloned().unwrap_or(Tree::Unknown)
            }
            _ => Tree::Split(level, branches),
        }
    }

    /// What is left of both sets where that differs, with the classes for which it is left; `None` where the bound on work
    /// is hit.
    fn rests(&mut self, parts: &[Parts; 2]) -> Option<Vec<Rest>> {
        let [old, new] = parts;
        self.steps = self.steps.saturating_add(old.work()).saturating_add(new.work());
        let mut places: HashMap<(Half, Half), usize> = HashMap::new();
        let mut rests: Vec<Rest> = Vec::new();
        for classes in alike(parts) {
            let first = classes.first().copied()?;
            let work = old.work_of(first).saturating_add(new.work_of(first));
            self.steps = self.steps.saturating_add(work);
            if self.steps > self.bounds.steps {
                return None;
            }
            let rest = (old.rest(first), new.rest(first));
            if rest.0 == rest.1 {
                continue;
            }
            let place = *places.entry(rest.clone()).or_insert(rests.len());
            match rests.get_mut(place) {
                Some((_, own)) => own.extend(classes),
                None => rests.push((rest, classes)),
            }
        }
        Some(rests)
    }

    /// The tree of each rest; classes with the same tree are together.
    fn branches(&mut self, rests: Vec<Rest>) -> Vec<(Vec<usize>, TreeNumber)> {
        let mut branches: Vec<(Vec<usize>, TreeNumber)> = Vec::new();
        for ((old, new), classes) in rests {
            let tree = self.tree(&old, &new);
            if self.trees.get(tree) == Some(&Tree::Same) {
                continue;
            }
            match branches.iter_mut().find(|(_, other)| *other == tree) {
                Some((own, _)) => own.extend(classes),
                None => branches.push((classes, tree)),
            }
        }
        branches
    }

    fn number(&mut self, tree: Tree) -> TreeNumber {
        let next = self.trees.len();
        let number = *self.numbers.entry(tree.clone()).or_insert(next);
        if number == next {
            self.trees.push(tree);
        }
        number
    }

    fn collect(&mut self, number: TreeNumber, path: &mut Vec<(usize, Vec<usize>)>, cells: &mut Vec<Cell>) {
        let Some(tree) = self.trees.get(number).cloned() else {
            return;
        };
        let direction = match tree {
            Tree::Same | Tree::Unknown => return,
            Tree::NewlyAllowed => Direction::NewlyAllowed,
            Tree::NewlyDenied => Direction::NewlyDenied,
            Tree::Split(level, branches) => {
                for (classes, tree) in branches {
                    path.push((level, classes));
                    self.collect(tree, path, cells);
                    path.pop();
                }
                return;
            }
        };
        if cells.len() >= self.bounds.cells {
            self.is_bounded = true;
            return;
        }
        cells.push(Cell {
            direction,
            classes: path.clone(),
        });
    }
}
