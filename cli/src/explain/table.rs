//! The table of a rule's clauses: what is expected beside what the request has.

use crate::explain::clause::Clause;
use crate::explain::paint::Paint;

/// The longest cell, in characters.
const WIDEST: usize = 60;

/// A line for each clause, under a line of headings.
pub(super) fn of(clauses: &[Clause], paint: Paint) -> String {
    let heading = [String::from("field"), "expected".to_owned(), "got".to_owned()];
    let rows = clauses
        .iter()
        .map(|clause| [clause.field.clone(), clause.expected(), clause.got()].map(|cell| cut(&cell)));
    let rows: Vec<[String; 3]> = rows.collect();
    let width = |column: usize| {
        let cells = std::iter::once(&heading).chain(&rows);
        let widths = cells
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    let line = |mark: &str, [field, expected, got]: &[String; 3]| {
        format!("  {mark} {field:first$}  {expected:second$}  {got}\n")
    };
    let marks = clauses.iter().map(|clause| paint.mark(clause.truth));
    let lines = marks.zip(&rows).map(|(mark, row)| line(&mark, row));
    std::iter::once(line(" ", &heading)).chain(lines).collect()
}

fn cut(cell: &str) -> String {
    match cell.char_indices().nth(WIDEST) {
        None => cell.to_owned(),
        Some((end, _)) => format!("{}…", cell.get(..end).unwrap_or_default()),
    }
}
