//! [`Tally`]: what was sent for each row of the catalogue, and what became of it.

use std::collections::BTreeMap;
use std::fmt;

use crate::attacks::catalogue::{CATALOGUE, Shown};

/// How many problems are kept in words; all are counted.
const MOST_IN_WORDS: usize = 200;

/// Counts of one row.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Different vectors.
    pub vectors: usize,
    /// How often they were sent to a station in profile zero-trust.
    pub sent: usize,
    /// After how many of them nothing arrived.
    pub denied: usize,
    /// After how many something arrived.
    pub arrived: usize,
    /// How many ended as they must.
    pub expected: usize,
    /// Pairs of the filter in profile istio and native RBAC.
    pub pairs: usize,
    /// Pairs that came to the same.
    pub same: usize,
}

/// Counts of all rows.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    rows: BTreeMap<&'static str, Counts>,
    /// Requests that no policy allows and that arrived nevertheless.
    pub hits: usize,
    /// Everything that is not as it must be, hits among it.
    pub problems: Vec<String>,
    problem_count: usize,
    /// Controls that worked.
    pub controls: usize,
}

impl Tally {
    /// The counts of a row.
    pub fn row(&mut self, row: &'static str) -> &mut Counts {
        self.rows.entry(row).or_default()
    }

    /// The counts of a row as they are.
    #[must_use]
    pub fn counts(&self, row: &str) -> Counts {
        self.rows.get(row).copied().unwrap_or_default()
    }

    /// Notes something that is not as it must be.
    pub fn problem(&mut self, problem: String) {
        self.problem_count += 1;
        if self.problems.len() < MOST_IN_WORDS {
            self.problems.push(problem);
        }
    }

    /// How many things are not as they must be.
    #[must_use]
    pub fn problem_count(&self) -> usize {
        self.problem_count
    }

    /// Different vectors of all rows.
    #[must_use]
    pub fn vectors(&self) -> usize {
        self.rows.values().map(|counts| counts.vectors).sum()
    }

    /// The rows that were tried and that no catalogue has.
    #[must_use]
    pub fn strays(&self) -> Vec<&'static str> {
        let known = |id: &str| CATALOGUE.iter().any(|row| row.id == id);
        self.rows.keys().copied().filter(|id| !known(id)).collect()
    }

    /// The rows that a run has to try and this one did not.
    #[must_use]
    pub fn untried(&self) -> Vec<&'static str> {
        let runs = CATALOGUE.iter().filter(|row| row.shown == Shown::ByVectors);
        runs.map(|row| row.id)
            .filter(|id| self.counts(id).vectors == 0)
            .collect()
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: Self) {
        for (row, counts) in other.rows {
            let sum = self.row(row);
            sum.vectors += counts.vectors;
            sum.sent += counts.sent;
            sum.denied += counts.denied;
            sum.arrived += counts.arrived;
            sum.expected += counts.expected;
            sum.pairs += counts.pairs;
            sum.same += counts.same;
        }
        self.hits += other.hits;
        self.controls += other.controls;
        self.problem_count += other.problem_count;
        self.problems.extend(other.problems);
        self.problems.truncate(MOST_IN_WORDS);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:<28} {:>7} {:>7} {:>7} {:>7} {:>8}  {:>13}",
            "row", "vectors", "sent", "denied", "arrived", "expected", "as native"
        )?;
        for row in &CATALOGUE {
            match row.shown {
                Shown::ByVectors => self.row_line(formatter, row.id)?,
                Shown::Elsewhere(place) => writeln!(formatter, "{:<28} {place}", row.id)?,
            }
        }
        let (mut sent, mut expected, mut pairs, mut same) = (0, 0, 0, 0);
        for counts in self.rows.values() {
            sent += counts.sent;
            expected += counts.expected;
            pairs += counts.pairs;
            same += counts.same;
        }
        writeln!(
            formatter,
            "{} vectors, sent {sent} times to policies of profile zero-trust: {expected} as expected, {} forbidden arrivals",
            self.vectors(),
            self.hits
        )?;
        write!(
            formatter,
            "{same} of {pairs} times profile istio came to the same as native RBAC; {} controls worked; {} problems",
            self.controls, self.problem_count
        )
    }
}

impl Tally {
    fn row_line(&self, formatter: &mut fmt::Formatter<'_>, id: &str) -> fmt::Result {
        let counts = self.counts(id);
        let native = match counts.pairs {
            0 => "-".to_owned(),
            pairs => format!("{} of {pairs}", counts.same),
        };
        writeln!(
            formatter,
            "{id:<28} {:>7} {:>7} {:>7} {:>7} {:>8}  {native:>13}",
            counts.vectors, counts.sent, counts.denied, counts.arrived, counts.expected
        )
    }
}
