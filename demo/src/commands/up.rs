//! `up`: starts a mesh that goes on running, and says what can be done with it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::start_options::{START_PATIENCE, StartOptions};
use super::{End, print, running};
use crate::error::DemoError;
use crate::guide::guide;
use crate::interrupt::Interrupt;
use crate::layout::Layout;
use crate::log_tail::log_tail;
use crate::mesh::{GRACE, Mesh, MeshOptions};
use crate::process::{Launch, Lifetime, ManagedProcess, describe_exit};
use crate::state::{Phase, State};

const POLL: Duration = Duration::from_millis(20);
/// The keeper gives up by itself after [`START_PATIENCE`] and then ends what it has started.
const KEEPER_PATIENCE: Duration = START_PATIENCE.saturating_add(Duration::from_secs(15));
/// The keeper ends each process within a grace period and then kills it.
const KEEPER_GRACE: Duration = GRACE.saturating_mul(3);

pub(super) async fn up(options: &StartOptions) -> Result<End, DemoError> {
    let options = options.mesh()?;
    let layout = options.layout.clone();
    let _lock = running::lock(&layout, "up")?;
    running::expect_none(&layout).await?;
    Mesh::check(&options)?;
    let mut interrupt = Interrupt::listen().map_err(DemoError::Signals)?;
    print("Starting three applications and three Envoys ...\n");
    let mut keeper = spawn_keeper(&options)?;
    let result = tokio::select! {
        state = wait_until_ready(&mut keeper, &layout) => state.map(Ok),
        signal = interrupt.received() => Ok(Err(signal)),
    };
    match result {
        Ok(Ok(state)) => {
            print(&guide(&layout, &state));
            Ok(End::Good)
        }
        Ok(Err(signal)) => {
            keeper.stop(KEEPER_GRACE).await?;
            Ok(End::Interrupted(signal))
        }
        Err(error) => {
            keeper.stop(KEEPER_GRACE).await?;
            Err(error)
        }
    }
}

fn spawn_keeper(options: &MeshOptions) -> Result<ManagedProcess, DemoError> {
    let command = vec![
        options.application.display().to_string(),
        "keep".to_owned(),
        format!("--envoy={}", options.envoy.display()),
        format!("--filter={}", options.filter.display()),
        format!("--directory={}", options.layout.root().display()),
    ];
    let launch = Launch {
        name: "the mesh".to_owned(),
        command,
        log: options.layout.keeper_log(),
    };
    Ok(ManagedProcess::spawn(launch, Lifetime::Detached)?)
}

async fn wait_until_ready(keeper: &mut ManagedProcess, layout: &Layout) -> Result<State, DemoError> {
    let began = Instant::now();
    loop {
        if let Some(status) = keeper.exit()? {
            return Err(keeper_error(keeper, describe_exit(status)));
        }
        let state = State::read(&layout.state())?;
        if let Some(state) = state.filter(|state| state.phase == Phase::Ready) {
            return Ok(state);
        }
        if began.elapsed() >= KEEPER_PATIENCE {
            return Err(keeper_error(
                keeper,
                format!("it does not serve after {KEEPER_PATIENCE:?}"),
            ));
        }
        sleep(POLL).await;
    }
}

fn keeper_error(keeper: &ManagedProcess, reason: String) -> DemoError {
    DemoError::KeeperFailed {
        reason,
        tail: log_tail(keeper.log(), 30),
    }
}
