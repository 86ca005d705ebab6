//! `keep`: owns the mesh that `up` has started, until it is told to end.
//!
//! It is the parent of every process, so that it can tell how one of them ended, and it renews the SVIDs, which
//! are valid for an hour. When its state file disappears (`make clean`), nobody could end it any more: then it
//! ends by itself.

use std::path::Path;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};

use super::End;
use super::run::watch;
use super::start_options::{START_PATIENCE, StartOptions};
use crate::error::DemoError;
use crate::interrupt::Interrupt;
use crate::mesh::Mesh;

/// Three times within the life of an SVID.
const RENEWAL: Duration = Duration::from_secs(20 * 60);
/// How often the state file is looked for.
const PRESENCE: Duration = Duration::from_secs(1);

pub(super) async fn keep(options: &StartOptions) -> Result<End, DemoError> {
    let mut interrupt = Interrupt::listen().map_err(DemoError::Signals)?;
    let options = options.mesh()?;
    let state = options.layout.state();
    let mut mesh = Mesh::prepare(options)?;
    let end = tokio::select! {
        end = start_and_keep(&mut mesh, &state) => end,
        _signal = interrupt.received() => Ok(End::Good),
    };
    mesh.stop().await?;
    end
}

/// Returns when the state file has gone, or when it cannot go on.
async fn start_and_keep(mesh: &mut Mesh, state: &Path) -> Result<End, DemoError> {
    mesh.start(START_PATIENCE).await?;
    let mut renewal = interval(RENEWAL);
    renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
    renewal.tick().await;
    loop {
        tokio::select! {
            failure = watch(mesh) => return Err(failure),
            () = disappearance(state) => return Ok(End::Good),
            _ = renewal.tick() => {}
        }
        mesh.renew_svids()?;
    }
}

async fn disappearance(file: &Path) {
    while file.exists() {
        sleep(PRESENCE).await;
    }
}
