//! [`Table`]: many tests as rows and columns.

use crate::policy_tests::case::{Case, Shared};
use crate::policy_tests::expectation::Expectation;
use crate::policy_tests::node::{Fields, Node};
use crate::policy_tests::problem::Problems;

/// Rows and columns; each cell is a case.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One row: a case a column.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cells: Vec<Case>,
}

/// What a row or a column says of its requests.
struct Axis<'d> {
    name: String,
    request: Option<Node<'d>>,
    peer: Option<Node<'d>>,
    workload: Option<Node<'d>>,
}

/// What all cells of a table share.
struct Grid<'g, 'd> {
    name: &'g str,
    shared: Shared<'g, 'd>,
    request: Option<Node<'d>>,
    workload: Option<Node<'d>>,
    columns: Vec<Axis<'d>>,
}

impl Table {
    /// Reads a table. A row or a column that cannot be read is missing: then there are problems, and nothing is run.
    pub(super) fn read(node: &Node<'_>, shared: Shared<'_, '_>, problems: &mut Problems) -> Option<Self> {
        let fields = node.fields(&["name", "workload", "request", "columns", "rows"], problems)?;
        let name = fields.required("name", "what the table is about", problems)?;
        let name = name.text(problems)?;
        let columns = elements(&fields, "columns", "what stands side by side", problems)?;
        let columns: Option<Vec<Axis<'_>>> = columns
            .iter()
            .map(|column| Axis::of_column(column, problems))
            .collect();
        let grid = Grid {
            name,
            shared,
            request: fields.optional("request"),
            workload: fields.optional("workload"),
            columns: columns?,
        };
        refuse_twins(&grid.columns, &format!("{}.columns", node.at), problems);
        let rows = elements(
            &fields,
            "rows",
            "what stands one below the other, with the cells",
            problems,
        )?;
        let rows = rows.iter().filter_map(|row| grid.row(row, problems)).collect();
        Some(Self {
            name: name.to_owned(),
            columns: grid.columns.iter().map(|column| column.name.clone()).collect(),
            rows,
        })
    }
}

impl<'d> Axis<'d> {
    /// The name of a request, or a map.
    fn of_column(node: &Node<'d>, problems: &mut Problems) -> Option<Self> {
        if let Some(name) = node.document.as_text() {
            return Some(Self {
                name: name.to_owned(),
                request: Some(node.clone()),
                peer: None,
                workload: None,
            });
        }
        let fields = node.fields(&["name", "request", "peer", "workload"], problems)?;
        Self::of_fields(&fields, problems)
    }

    /// The name may be left out where the request or the peer is a name.
    fn of_fields(fields: &Fields<'d>, problems: &mut Problems) -> Option<Self> {
        let (request, peer) = (fields.optional("request"), fields.optional("peer"));
        let name = match fields.optional("name") {
            Some(name) => name.text(problems),
            None => {
                let named = [&peer, &request].into_iter().flatten();
                named.filter_map(|node| node.document.as_text()).next()
            }
        };
        if name.is_none() {
            problems.add(
                format!("{}.name", fields.at),
                "missing: how the row or column is called, as neither `peer` nor `request` is a name",
            );
        }
        Some(Self {
            name: name?.to_owned(),
            request,
            peer,
            workload: fields.optional("workload"),
        })
    }
}

impl<'d> Grid<'_, 'd> {
    fn row(&self, node: &Node<'d>, problems: &mut Problems) -> Option<Row> {
        let fields = node.fields(&["name", "request", "peer", "workload", "cells"], problems)?;
        let cells = elements(&fields, "cells", "what is expected, a cell a column", problems);
        let row = Axis::of_fields(&fields, problems)?;
        let cells = cells?;
        if cells.len() != self.columns.len() {
            problems.add(
                format!("{}.cells", node.at),
                format!("{} cells for {} columns", cells.len(), self.columns.len()),
            );
        }
        let cells = self.columns.iter().zip(&cells);
        let cells: Vec<Case> = cells
            .filter_map(|(column, cell)| self.cell(&row, column, cell, problems))
            .collect();
        Some(Row {
            name: row.name,
            cells,
        })
    }

    /// The request of the file, then of the table, the column and the row.
    fn cell(
        &self,
        row: &Axis<'d>,
        column: &Axis<'d>,
        cell: &Node<'d>,
        problems: &mut Problems,
    ) -> Option<Case> {
        let Shared {
            fixtures,
            workloads,
            base,
        } = self.shared;
        let mut draft = base.clone();
        for request in [&self.request, &column.request, &row.request]
            .into_iter()
            .flatten()
        {
            fixtures.add(&mut draft, request, problems);
        }
        for peer in [&column.peer, &row.peer].into_iter().flatten() {
            fixtures.add_named_peer(&mut draft, peer, problems);
        }
        let named = [&row.workload, &column.workload, &self.workload];
        let workload = workloads.chosen(&named.map(Clone::clone), &cell.at, problems);
        let expectation = Expectation::read(cell, problems);
        Some(Case {
            name: format!("{}: {} / {}", self.name, row.name, column.name),
            at: cell.at.clone(),
            workload: workload?,
            request: draft.finish(&cell.at, problems)?,
            expectation: expectation?,
        })
    }
}

/// The elements of a list that has some.
fn elements<'d>(
    fields: &Fields<'d>,
    name: &str,
    why: &str,
    problems: &mut Problems,
) -> Option<Vec<Node<'d>>> {
    let list = fields.required(name, why, problems)?;
    let elements = list.list(problems)?;
    if elements.is_empty() {
        problems.add(&list.at, format!("empty: {why}"));
        return None;
    }
    Some(elements)
}

fn refuse_twins(columns: &[Axis<'_>], at: &str, problems: &mut Problems) {
    let mut rest = columns;
    while let [others @ .., last] = rest {
        if others.iter().any(|other| other.name == last.name) {
            let index = others.len();
            problems.add(
                format!("{at}[{index}]"),
                format!("a column `{}` stands before it already", last.name),
            );
        }
        rest = others;
    }
}
