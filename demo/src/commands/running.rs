//! What the commands share about a mesh that runs, or that an earlier command left behind.

use super::print;
use crate::error::DemoError;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::mesh::GRACE;
use crate::state::{Phase, State};

/// Takes the lock of the folder, which is made if it is not there.
pub(super) fn lock(layout: &Layout, command: &str) -> Result<Lock, DemoError> {
    layout.create()?;
    Ok(Lock::acquire(&layout.lock(), command)?)
}

/// Makes sure that no mesh is up. What a crashed command left running is ended.
pub(super) async fn expect_none(layout: &Layout) -> Result<(), DemoError> {
    let Some(state) = State::read(&layout.state())? else {
        return Ok(());
    };
    if state.owner_is_running()? {
        return Err(DemoError::AlreadyUp {
            owner: state.owner.pid,
            folder: layout.root().to_owned(),
        });
    }
    end_leftovers(layout, &state).await
}

/// Ends what still runs although the process that watched it has gone.
pub(super) async fn end_leftovers(layout: &Layout, state: &State) -> Result<(), DemoError> {
    let ended = state.end_processes(GRACE).await?;
    State::remove(&layout.state())?;
    if !ended.is_empty() {
        print(&format!(
            "Ended what an earlier command left running: {}.\n",
            ended.join(", ")
        ));
    }
    Ok(())
}

/// The state of the mesh that is up.
pub(super) fn expect_one(layout: &Layout) -> Result<State, DemoError> {
    match State::read(&layout.state())? {
        Some(state) if state.phase == Phase::Ready => Ok(state),
        Some(_) | None => Err(DemoError::NotUp {
            folder: layout.root().to_owned(),
        }),
    }
}
