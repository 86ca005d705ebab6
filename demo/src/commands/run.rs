//! `run`: up, the table, down.
//!
//! What comes between up and down may be something else than the table.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::start_options::{START_PATIENCE, StartOptions};
use super::{End, print, rows, running};
use crate::error::DemoError;
use crate::interrupt::Interrupt;
use crate::layout::Layout;
use crate::mesh::Mesh;
use crate::state::State;

/// How often the processes are looked at.
pub(super) const WATCH: Duration = Duration::from_millis(25);

pub(super) async fn run(options: &StartOptions) -> Result<End, DemoError> {
    with_mesh(options, "run", rows::print_table).await
}

/// Starts a mesh, plays on it, and ends it; `play` is told where it is.
pub(super) async fn with_mesh(
    options: &StartOptions,
    command: &str,
    play: impl AsyncFnOnce(&Layout, &State) -> Result<End, DemoError>,
) -> Result<End, DemoError> {
    let options = options.mesh()?;
    let layout = options.layout.clone();
    let _lock = running::lock(&layout, command)?;
    running::expect_none(&layout).await?;
    let mut interrupt = Interrupt::listen().map_err(DemoError::Signals)?;
    let mut mesh = Mesh::prepare(options)?;
    let end = tokio::select! {
        end = start_and_play(&mut mesh, &layout, play) => end,
        signal = interrupt.received() => Ok(End::Interrupted(signal)),
    };
    let stopped = mesh.stop().await;
    print(&format!("Logs: {}\n", layout.logs().display()));
    let end = end?;
    stopped?;
    Ok(end)
}

async fn start_and_play(
    mesh: &mut Mesh,
    layout: &Layout,
    play: impl AsyncFnOnce(&Layout, &State) -> Result<End, DemoError>,
) -> Result<End, DemoError> {
    let began = Instant::now();
    print("Starting three applications and three Envoys ...\n");
    mesh.start(START_PATIENCE).await?;
    print(&format!(
        "All of them serve after {:.1} s.\n",
        began.elapsed().as_secs_f64()
    ));
    let state = mesh.state().clone();
    tokio::select! {
        end = play(layout, &state) => end,
        failure = watch(mesh) => Err(failure),
    }
}

/// Notes which processes end, for ever; returns only when it cannot.
pub(super) async fn watch(mesh: &mut Mesh) -> DemoError {
    loop {
        if let Err(error) = mesh.note_exits() {
            return error.into();
        }
        sleep(WATCH).await;
    }
}

/// The sentences about processes that have died.
pub(super) fn deaths(layout: &Layout) -> Result<Vec<String>, DemoError> {
    let state = State::read(&layout.state())?;
    Ok(state.map_or_else(|| Ok(Vec::new()), |state| state.deaths())?)
}
