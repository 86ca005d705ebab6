//! `down`: ends the running mesh, and nothing else.

use rustix::process::Signal;

use super::{End, Folder, print, running};
use crate::error::DemoError;
use crate::mesh::GRACE;
use crate::state::State;

pub(super) async fn down(folder: &Folder) -> Result<End, DemoError> {
    let layout = folder.layout()?;
    let _lock = running::lock(&layout, "down")?;
    let Some(state) = State::read(&layout.state())? else {
        print(&format!("No mesh is up in {}.\n", layout.root().display()));
        return Ok(End::Good);
    };
    // The owner ends its processes one grace period after the other at worst; then it is not waited for.
    if !state.ask_owner_to_end(GRACE.saturating_mul(3)).await? {
        state.signal_owner(Signal::KILL)?;
    }
    running::end_leftovers(&layout, &state).await?;
    print("The mesh is down.\n");
    Ok(End::Good)
}
