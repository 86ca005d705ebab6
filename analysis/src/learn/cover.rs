//! A relation as the union of as few products as possible.
//!
//! A product is a set on the left and a set on the right of which every pair is in the relation (a biclique). The fewest
//! products that cover a relation are hard to find in general, so the search is bounded: what it found says whether it is
//! known to be the fewest.

use std::collections::{BTreeMap, BTreeSet};

/// Whether fewer would do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Minimality {
    /// No fewer do: every smaller number was ruled out.
    Minimal,
    /// As few as were found by taking the largest first; fewer may do.
    Greedy,
}

/// Sets of which every pair is in the relation.
pub(super) type Product<L, R> = (BTreeSet<L>, BTreeSet<R>);

/// How many products are considered.
const MOST_CANDIDATES: usize = 512;

/// How many pairs, once equal ones are taken together, are searched for the fewest products.
const MOST_CELLS: usize = 1_024;

/// How many steps the search takes.
const MOST_STEPS: u32 = 20_000;

/// A pair of a group of the left and a group of the right.
type Cell = (usize, usize);

/// The relation as few products.
pub(super) fn cover<L: Clone + Ord, R: Clone + Ord>(
    relation: &BTreeMap<L, BTreeSet<R>>,
) -> (Vec<Product<L, R>>, Minimality) {
    let rows = equal_rows(relation);
    let columns = equal_columns(&rows);
    let (products, minimality) = fewest(&groups(&columns, rows.len()));
    let left: Vec<&BTreeSet<L>> = rows.values().collect();
    let right: Vec<&BTreeSet<R>> = columns.values().collect();
    let products = products.iter().map(|product| {
        let (of_left, of_right) = sides(product);
        (union(&left, &of_left), union(&right, &of_right))
    });
    (products.collect(), minimality)
}

/// The elements of the left by what they are related to.
fn equal_rows<L: Clone + Ord, R: Clone + Ord>(
    relation: &BTreeMap<L, BTreeSet<R>>,
) -> BTreeMap<&BTreeSet<R>, BTreeSet<L>> {
    let mut rows: BTreeMap<&BTreeSet<R>, BTreeSet<L>> = BTreeMap::new();
    for (left, right) in relation.iter().filter(|(_, right)| !right.is_empty()) {
        rows.entry(right).or_default().insert(left.clone());
    }
    rows
}

/// The elements of the right by the rows that they are in.
fn equal_columns<L, R: Clone + Ord>(
    rows: &BTreeMap<&BTreeSet<R>, BTreeSet<L>>,
) -> BTreeMap<BTreeSet<usize>, BTreeSet<R>> {
    let mut of_each: BTreeMap<&R, BTreeSet<usize>> = BTreeMap::new();
    for (index, right) in rows.keys().enumerate() {
        for element in *right {
            of_each.entry(element).or_default().insert(index);
        }
    }
    let mut columns: BTreeMap<BTreeSet<usize>, BTreeSet<R>> = BTreeMap::new();
    for (element, rows) in of_each {
        columns.entry(rows).or_default().insert(element.clone());
    }
    columns
}

/// Of each row the columns.
fn groups<R>(columns: &BTreeMap<BTreeSet<usize>, R>, rows: usize) -> Vec<BTreeSet<usize>> {
    let columns_of = |row: usize| {
        let columns = columns.keys().enumerate();
        columns
            .filter(|(_, rows)| rows.contains(&row))
            .map(|(index, _)| index)
            .collect()
    };
    (0..rows).map(columns_of).collect()
}

fn sides(product: &BTreeSet<Cell>) -> (BTreeSet<usize>, BTreeSet<usize>) {
    product.iter().copied().unzip()
}

fn union<T: Clone + Ord>(groups: &[&BTreeSet<T>], indices: &BTreeSet<usize>) -> BTreeSet<T> {
    let chosen = indices.iter().filter_map(|index| groups.get(*index));
    chosen.flat_map(|group| group.iter().cloned()).collect()
}

/// The fewest products of groups that were found.
fn fewest(rows: &[BTreeSet<usize>]) -> (Vec<BTreeSet<Cell>>, Minimality) {
    let by_row: Vec<BTreeSet<Cell>> = rows
        .iter()
        .enumerate()
        .map(|(row, columns)| product([row], columns))
        .collect();
    let cells: BTreeSet<Cell> = by_row.iter().flatten().copied().collect();
    let candidates = largest_products(rows);
    let greedy = candidates.as_ref().map(|candidates| greedy(candidates, &cells));
    let by_column = by_column(rows);
    let best = [greedy, Some(by_row), Some(by_column)]
        .into_iter()
        .flatten()
        .min_by_key(Vec::len);
    let best = best.unwrap_or_default();
    match candidates {
        Some(candidates) if cells.len() <= MOST_CELLS => Search::run(&candidates, cells, best),
        Some(_) | None => (best, Minimality::Greedy),
    }
}

fn product(rows: impl IntoIterator<Item = usize>, columns: &BTreeSet<usize>) -> BTreeSet<Cell> {
    let rows = rows.into_iter();
    rows.flat_map(|row| columns.iter().map(move |column| (row, *column)))
        .collect()
}

fn by_column(rows: &[BTreeSet<usize>]) -> Vec<BTreeSet<Cell>> {
    let mut columns: BTreeMap<usize, BTreeSet<Cell>> = BTreeMap::new();
    for (row, columns_of_row) in rows.iter().enumerate() {
        for column in columns_of_row {
            columns.entry(*column).or_default().insert((row, *column));
        }
    }
    columns.into_values().collect()
}

/// Every product that no other contains, unless there are too many: the sets of columns that are intersections of rows, each
/// with all rows that have them.
fn largest_products(rows: &[BTreeSet<usize>]) -> Option<Vec<BTreeSet<Cell>>> {
    let mut sets: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    for row in rows {
        let smaller: Vec<BTreeSet<usize>> = sets.iter().map(|set| set & row).collect();
        sets.extend(smaller.into_iter().filter(|set| !set.is_empty()));
        sets.insert(row.clone());
        if sets.len() > MOST_CANDIDATES {
            return None;
        }
    }
    let with_rows = |columns: &BTreeSet<usize>| {
        let rows = rows.iter().enumerate();
        product(
            rows.filter(|(_, row)| columns.is_subset(row))
                .map(|(index, _)| index),
            columns,
        )
    };
    Some(sets.iter().map(with_rows).collect())
}

/// The product that covers most, again and again.
fn greedy(candidates: &[BTreeSet<Cell>], cells: &BTreeSet<Cell>) -> Vec<BTreeSet<Cell>> {
    let mut open = cells.clone();
    let mut chosen = Vec::new();
    while !open.is_empty() {
        // Of equals the first: `max_by_key` would take the last.
        let best = candidates
            .iter()
            .rev()
            .max_by_key(|candidate| candidate.intersection(&open).count());
        let Some(best) = best else { break };
        open.retain(|cell| !best.contains(cell));
        chosen.push(best.clone());
    }
    chosen
}

/// Branch and bound: some product has to cover the open cell that the fewest cover.
struct Search<'c> {
    candidates: &'c [BTreeSet<Cell>],
    best: Vec<BTreeSet<Cell>>,
    steps: u32,
}

impl<'c> Search<'c> {
    fn run(
        candidates: &'c [BTreeSet<Cell>],
        cells: BTreeSet<Cell>,
        best: Vec<BTreeSet<Cell>>,
    ) -> (Vec<BTreeSet<Cell>>, Minimality) {
        let mut search = Self {
            candidates,
            best,
            steps: 0,
        };
        search.descend(&cells, &mut Vec::new());
        let minimality = if search.steps < MOST_STEPS {
            Minimality::Minimal
        } else {
            Minimality::Greedy
        };
        (search.best, minimality)
    }

    fn descend(&mut self, open: &BTreeSet<Cell>, chosen: &mut Vec<&'c BTreeSet<Cell>>) {
        if open.is_empty() {
            self.best = chosen.iter().map(|product| (*product).clone()).collect();
            return;
        }
        for candidate in self.covering(open) {
            let needed = chosen.len().saturating_add(self.apart(open));
            if needed >= self.best.len() || self.steps >= MOST_STEPS {
                return;
            }
            self.steps = self.steps.saturating_add(1);
            let rest = open.difference(candidate).copied().collect();
            chosen.push(candidate);
            self.descend(&rest, chosen);
            chosen.pop();
        }
    }

    /// The products that cover the open cell that the fewest cover.
    fn covering(&self, open: &BTreeSet<Cell>) -> Vec<&'c BTreeSet<Cell>> {
        let covering = |cell: &Cell| -> Vec<&'c BTreeSet<Cell>> {
            self.candidates
                .iter()
                .filter(|candidate| candidate.contains(cell))
                .collect()
        };
        open.iter().map(covering).min_by_key(Vec::len).unwrap_or_default()
    }

    /// At least so many products are needed: cells of which no product covers two.
    fn apart(&self, open: &BTreeSet<Cell>) -> usize {
        let mut rest = open.clone();
        let mut count: usize = 0;
        while let Some(cell) = rest.first().copied() {
            count = count.saturating_add(1);
            for candidate in self
                .candidates
                .iter()
                .filter(|candidate| candidate.contains(&cell))
            {
                rest.retain(|other| !candidate.contains(other));
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(rows: &[&str]) -> BTreeMap<usize, BTreeSet<char>> {
        rows.iter()
            .enumerate()
            .map(|(index, row)| (index, row.chars().collect()))
            .collect()
    }

    fn covered(products: &[Product<usize, char>]) -> BTreeMap<usize, BTreeSet<char>> {
        let mut covered: BTreeMap<usize, BTreeSet<char>> = BTreeMap::new();
        for (left, right) in products {
            for element in left {
                covered.entry(*element).or_default().extend(right);
            }
        }
        covered
    }

    #[test]
    fn the_products_cover_the_relation_and_nothing_else_and_are_the_fewest() {
        for (rows, fewest) in [
            (vec![], 0),
            (vec!["abc", "abc"], 1),
            (vec!["ab", "cd"], 2),
            // Three rows that differ, of two products.
            (vec!["ab", "abcd", "cd"], 2),
            // A chain needs one each.
            (vec!["a", "ab", "abc"], 3),
            // Every pair but the equal ones, of five: four products do (Sperner).
            (vec!["bcde", "acde", "abde", "abce", "abcd"], 4),
        ] {
            let relation = relation(&rows);
            let (products, minimality) = cover(&relation);
            assert_eq!(
                (products.len(), minimality),
                (fewest, Minimality::Minimal),
                "{rows:?}"
            );
            assert_eq!(covered(&products), relation, "{rows:?}");
        }
    }

    #[test]
    fn a_relation_that_is_too_large_to_search_is_covered_all_the_same() {
        let relation: BTreeMap<u32, BTreeSet<u32>> = (0..40)
            .map(|row| (row, (0..40).filter(|column| column != &row).collect()))
            .collect();
        let (products, minimality) = cover(&relation);
        assert_eq!((products.len(), minimality), (40, Minimality::Greedy));
    }
}
