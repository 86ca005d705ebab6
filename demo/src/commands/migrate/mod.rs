//! `migrate`: payments goes from PERMISSIVE to STRICT in steps, while traffic goes on.
//!
//! ```text
//!  1 PERMISSIVE, mixed traffic ─► 2 readiness: not-yet ─► 3 the peers move ─► 4 readiness: safe
//!                                       ▲                                       │
//!                                       └── still not: stop, exit status 2 ─────┤
//!                                                                               ▼
//!                         7 the way back ◄── 6 plaintext is refused ◄── 5 STRICT, a hot update
//! ```

mod hot_update;
mod progress;
mod walk;

use std::path::PathBuf;

use super::End;
use super::run::with_mesh;
use super::start_options::StartOptions;
use crate::error::DemoError;
use crate::migration::peer::Peer;
use crate::migration::readiness::{Readiness, beside};
use crate::table::Style;

/// For how long nobody may have come in plaintext. `readiness` itself asks for 24 hours.
const QUIET_FOR_SECONDS: u32 = 3;
/// How many requests with mTLS have to be seen in that time. `readiness` itself asks for 100.
const MIN_REQUESTS: u32 = 10;

/// The options of `migrate`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct MigrateOptions {
    #[command(flatten)]
    start: StartOptions,
    /// The command `spiffe-authz`; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    spiffe_authz: Option<PathBuf>,
    /// A peer that does not move to mTLS: the walk has to stop before STRICT
    #[arg(long, value_name = "PEER", value_enum)]
    stays_in_plaintext: Option<Peer>,
}

pub(super) async fn migrate(options: &MigrateOptions) -> Result<End, DemoError> {
    let readiness = options.readiness()?;
    readiness.check()?;
    with_mesh(&options.start, "migrate", async |layout, state| {
        walk::walk(layout, state, readiness, options.stays_in_plaintext).await
    })
    .await
}

impl MigrateOptions {
    /// What readiness will be asked; the port is known once the mesh is up.
    fn readiness(&self) -> Result<Readiness, DemoError> {
        let own = std::env::current_exe().map_err(DemoError::OwnPath)?;
        let program = self.spiffe_authz.clone().unwrap_or_else(|| beside(&own));
        Ok(Readiness {
            program: std::path::absolute(program).map_err(DemoError::OwnPath)?,
            folder: self.start.folder.layout()?.root().to_owned(),
            evidence: Vec::new(),
            quiet_for_seconds: QUIET_FOR_SECONDS,
            min_requests: MIN_REQUESTS,
            style: Style::of_standard_output(),
        })
    }
}
