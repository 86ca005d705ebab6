//! A table for the terminal: aligned columns, a tick or a cross in front of each row.

/// Whether the output may have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Ticks, crosses and dimmed headings in colour.
    Coloured,
    /// Text alone.
    Plain,
}

impl Style {
    /// Colours for a terminal whose user did not set `NO_COLOR` (no-color.org).
    #[must_use]
    pub fn of_standard_output() -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
        if terminal && !no_color {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }

    /// Green.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Red.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// Faint, for what frames the rest.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }
}

/// Whether a row is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Right,
    /// It is not.
    Wrong,
}

/// A row of cells behind its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow<const N: usize> {
    /// Whether it is as it should be.
    pub verdict: Verdict,
    /// One text for each column; a line break would spoil the columns and is shown as a blank.
    pub cells: [String; N],
}

/// The table, each line ended by a line break. Columns are as wide as their widest cell; the last one is not
/// padded.
#[must_use]
pub fn render<const N: usize>(headings: [&str; N], rows: &[TableRow<N>], style: Style) -> String {
    let widths = widths(&headings, rows);
    let heading = format!("   {}", join(headings.map(str::to_owned), widths));
    let mut text = format!("{}\n", style.faint(&heading));
    for row in rows {
        let mark = match row.verdict {
            Verdict::Right => style.good("✓"),
            Verdict::Wrong => style.bad("✗"),
        };
        let cells = join(row.cells.clone().map(one_line), widths);
        let line = if row.verdict == Verdict::Wrong {
            style.bad(&cells)
        } else {
            cells
        };
        text.push_str(&format!(" {mark} {line}\n"));
    }
    text
}

fn widths<const N: usize>(headings: &[&str; N], rows: &[TableRow<N>]) -> [usize; N] {
    let mut widths = headings.map(width);
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(&row.cells) {
            *widest = width(cell).max(*widest);
        }
    }
    widths
}

fn join<const N: usize>(cells: [String; N], widths: [usize; N]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, widest)| {
        let padding = " ".repeat(widest.saturating_sub(width(cell)));
        format!("{cell}{padding}")
    });
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

fn one_line(text: String) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(verdict: Verdict, cells: [&str; 3]) -> TableRow<3> {
        TableRow {
            verdict,
            cells: cells.map(str::to_owned),
        }
    }

    #[test]
    fn the_columns_are_aligned_and_no_line_ends_in_blanks() {
        let rows = [
            row(Verdict::Right, ["frontend", "GET /orders/1", ""]),
            row(Verdict::Wrong, ["a", "café", "long cause"]),
        ];
        let expected = "   from      request        cause\n \
                        ✓ frontend  GET /orders/1\n \
                        ✗ a         café           long cause\n";
        assert_eq!(
            render(["from", "request", "cause"], &rows, Style::Plain),
            expected
        );
    }

    #[test]
    fn a_line_break_in_a_cell_does_not_break_the_row() {
        let rows = [row(Verdict::Right, ["a\nb", "c", "d"])];
        assert_eq!(render(["x", "y", "z"], &rows, Style::Plain).lines().count(), 2);
    }

    #[test]
    fn the_colours_do_not_move_the_columns() {
        let rows = [
            row(Verdict::Right, ["frontend", "b", "c"]),
            row(Verdict::Wrong, ["a", "b", "c"]),
        ];
        let coloured = render(["x", "y", "z"], &rows, Style::Coloured);
        assert!(coloured.contains("\u{1b}[32m✓\u{1b}[0m"), "{coloured:?}");
        let mut stripped = coloured;
        for code in ["\u{1b}[32m", "\u{1b}[31m", "\u{1b}[2m", "\u{1b}[0m"] {
            stripped = stripped.replace(code, "");
        }
        assert_eq!(stripped, render(["x", "y", "z"], &rows, Style::Plain));
    }
}
