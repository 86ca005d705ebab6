//! [`Table`]: rows in columns, the first at the left and the figures at the right.

use std::fmt;

/// Rows of cells under a head.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head and no rows.
    #[must_use]
    pub fn new<T: fmt::Display>(head: impl IntoIterator<Item = T>) -> Self {
        Self {
            rows: vec![cells(head)],
        }
    }

    /// Adds a row.
    pub fn row<T: fmt::Display>(&mut self, row: impl IntoIterator<Item = T>) {
        self.rows.push(cells(row));
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..columns).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in &self.rows {
            let padded = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| {
                    if column == 0 {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                });
            writeln!(f, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn cells<T: fmt::Display>(row: impl IntoIterator<Item = T>) -> Vec<String> {
    row.into_iter().map(|cell| cell.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_at_the_left_and_figures_at_the_right() {
        let mut table = Table::new(["", "10", "1,000"]);
        table.row(["ours", "99 µs", "1 ms"]);
        table.row(["others", "1 s"]);
        assert_eq!(
            table.to_string(),
            "           10  1,000\nours    99 µs   1 ms\nothers    1 s\n"
        );
    }
}
