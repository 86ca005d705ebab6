//! `rows`: the table of the running mesh.

use std::time::Instant;

use super::run::deaths;
use super::{End, Folder, print, running};
use crate::error::DemoError;
use crate::layout::Layout;
use crate::report::{all_right, report};
use crate::row_runner::RowRunner;
use crate::scenario::ROWS;
use crate::state::State;
use crate::table::Style;

pub(super) async fn rows(folder: &Folder) -> Result<End, DemoError> {
    let layout = folder.layout()?;
    let _lock = running::lock(&layout, "rows")?;
    let state = running::expect_one(&layout)?;
    let end = print_table(&layout, &state).await?;
    print(&format!("Logs: {}\n", layout.logs().display()));
    Ok(end)
}

/// Carries out the rows and prints what came of them. A process that died makes the end bad even where no row
/// noticed.
pub(super) async fn print_table(layout: &Layout, state: &State) -> Result<End, DemoError> {
    let began = Instant::now();
    let outcomes = RowRunner::new(layout, state.topology.clone()).run(&ROWS).await?;
    print(&report(&outcomes, began.elapsed(), Style::of_standard_output()));
    let deaths = deaths(layout)?;
    for death in &deaths {
        print(&format!("{death}\n"));
    }
    Ok(if all_right(&outcomes) && deaths.is_empty() {
        End::Good
    } else {
        End::Bad
    })
}
