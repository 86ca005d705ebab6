//! [`Style`]: colours where there is a terminal, columns everywhere.

/// How text is shown.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) has_colour: bool,
}

impl Style {
    pub(super) fn good(self, text: &str) -> String {
        self.painted("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.painted("1;31", text)
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.painted("1", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.painted("2", text)
    }

    fn painted(self, code: &str, text: &str) -> String {
        if self.has_colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A text in which nothing speaks to the terminal: names come from files.
pub(super) fn plain(text: &str) -> String {
    let shown = |character: char| {
        if character.is_control() {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(shown).collect()
}

/// One text of a row, before and after it is painted.
pub(super) struct Cell {
    width: usize,
    shown: String,
}

impl Cell {
    pub(super) fn new(text: &str) -> Self {
        Self::painted(text, str::to_owned)
    }

    pub(super) fn painted(text: &str, paint: impl FnOnce(&str) -> String) -> Self {
        let text = plain(text);
        Self {
            width: text.chars().count(),
            shown: paint(&text),
        }
    }
}

/// Rows whose columns stand one below the other; no line ends with blanks.
pub(super) fn aligned(rows: &[Vec<Cell>], indent: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width).max().unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&cell.shown);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width).saturating_add(2)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
