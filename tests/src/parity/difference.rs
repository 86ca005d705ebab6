//! What differs between two observations, as a table.

use std::fmt;

use crate::parity::script::{Differs, Script};

/// One row: a line of host-sim's, of Envoy's, or of both.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Row {
    Both(String),
    HostSim(String),
    Envoy(String),
}

/// Two observations side by side.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    rows: Vec<Row>,
}

impl Comparison {
    /// Lays the lines beside each other: as many as possible that are the same.
    #[must_use]
    pub fn new(host_sim: &[String], envoy: &[String]) -> Self {
        let common = common_lengths(host_sim, envoy);
        let (mut left, mut right) = (0, 0);
        let mut rows = Vec::new();
        while left < host_sim.len() || right < envoy.len() {
            let both = left < host_sim.len() && right < envoy.len();
            if both && host_sim[left] == envoy[right] {
                rows.push(Row::Both(host_sim[left].clone()));
                (left, right) = (left + 1, right + 1);
            } else if right == envoy.len() || (both && common[left + 1][right] >= common[left][right + 1]) {
                rows.push(Row::HostSim(host_sim[left].clone()));
                left += 1;
            } else {
                rows.push(Row::Envoy(envoy[right].clone()));
                right += 1;
            }
        }
        Self { rows }
    }

    /// Whether both sides say the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.rows.iter().all(|row| matches!(row, Row::Both(_)))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            match row {
                Row::Both(line) => writeln!(f, "both     | {line}")?,
                Row::HostSim(line) => writeln!(f, "host-sim > {line}")?,
                Row::Envoy(line) => writeln!(f, "envoy    > {line}")?,
            }
        }
        Ok(())
    }
}

/// For each pair of places, how many lines behind them are common.
fn common_lengths(left: &[String], right: &[String]) -> Vec<Vec<usize>> {
    let mut lengths = vec![vec![0; right.len() + 1]; left.len() + 1];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            lengths[i][j] = if left[i] == right[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    lengths
}

/// What Envoy must show where host-sim shows this.
#[must_use]
pub fn expected_of_envoy(script: &Script, host_sim: &[String]) -> Vec<String> {
    script
        .differs
        .iter()
        .fold(host_sim.to_vec(), |lines, differs| replaced(&lines, differs))
}

/// The differences that host-sim's lines no longer show: then the two sides agree, or differ in another way.
#[must_use]
pub fn outdated<'s>(script: &'s Script, host_sim: &[String]) -> Vec<&'s Differs> {
    let shows = |differs: &&Differs| {
        !host_sim
            .windows(differs.host_sim.len())
            .any(|lines| lines == differs.host_sim)
    };
    script.differs.iter().filter(shows).collect()
}

fn replaced(lines: &[String], differs: &Differs) -> Vec<String> {
    let mut rest = lines;
    let mut result = Vec::new();
    while let Some((first, behind)) = rest.split_first() {
        match rest.strip_prefix(&differs.host_sim[..]) {
            Some(behind) => {
                result.extend(differs.envoy.iter().cloned());
                rest = behind;
            }
            None => {
                result.push(first.clone());
                rest = behind;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_same_lines_agree_and_one_other_line_is_shown_on_both_sides() {
        assert!(Comparison::new(&lines("a b c"), &lines("a b c")).agrees());
        let comparison = Comparison::new(&lines("a b c"), &lines("a x c"));
        assert!(!comparison.agrees());
        let shown = "both     | a\nhost-sim > b\nenvoy    > x\nboth     | c\n";
        assert_eq!(comparison.to_string(), shown);
    }

    #[test]
    fn a_line_more_at_either_end_is_a_difference() {
        assert!(!Comparison::new(&lines("a b"), &lines("a b c")).agrees());
        assert!(!Comparison::new(&lines("z a b"), &lines("a b")).agrees());
    }
}
