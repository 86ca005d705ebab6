//! [`run`]: one fault, in one kind of sidecar, with the interlock or without it.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::envoy::running::RunningEnvoy;
use crate::faults::answer::Answers;
use crate::faults::breakage::{bad_update, bring};
use crate::faults::cause::{BadUpdate, Cause};
use crate::faults::fault::{Fault, Recovery};
use crate::faults::kind::Kind;
use crate::faults::load::Load;
use crate::faults::mark::Mark;
use crate::faults::outcome::Outcome;
use crate::faults::stage::Stage;

const REJECTED: &str = "spiffe_authz.update_rejected";
const RELOADED: &str = "wasm.spiffe_authz.vm_reload_success";
/// Between two bad updates.
const PAUSE: Duration = Duration::from_millis(50);
/// How long an end of a fault may take.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// Whether the interlock is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interlock {
    /// As shipped.
    Shipped,
    /// Taken away, to see what it is for.
    Removed,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Until {
    /// While the fault lasts.
    Load,
    /// Until what ends the fault has ended it.
    Recovery,
}

/// Runs so many requests while the fault lasts, and perhaps sees to its end.
///
/// # Errors
/// When the run itself fails, or the fault does not end as it should.
pub async fn run(
    fault: &Fault,
    kind: Kind,
    interlock: Interlock,
    requests: usize,
    until: Until,
) -> Result<Outcome, String> {
    let mut stage = Stage::new("fault", kind).await?;
    bring(fault, &mut stage)?;
    if interlock == Interlock::Removed {
        stage.remove_interlock()?;
    }
    stage.write_discovery()?;
    let envoy = start(fault, &stage).await?;
    let load = Load::new(fault, &stage, requests);
    let answers = under_load(fault, &load, &stage, envoy.as_ref()).await?;
    let outcome = Outcome {
        answers,
        arrived: stage.application.arrivals()?,
        sent: Mark::ALL.map(|mark| (mark, load.sent(mark))).into(),
    };
    if until == Until::Recovery {
        see_to_the_end(fault, &load, &stage).await?;
        see_reloads(fault, envoy.as_ref()).await?;
    }
    if let Some(envoy) = envoy {
        envoy.stop().await?;
    }
    Ok(outcome)
}

/// An Envoy that serves, or none where the fault keeps it from starting.
async fn start(fault: &Fault, stage: &Stage) -> Result<Option<RunningEnvoy>, String> {
    let admin = stage.sidecar.admin.socket_addr();
    let started = RunningEnvoy::start(&stage.scratch, &stage.bootstrap, admin).await;
    match (started, fault.lets_envoy_start()) {
        (Ok(envoy), true) => Ok(Some(envoy)),
        (Err(_), false) => Ok(None),
        (Err(error), true) => Err(error),
        (Ok(_), false) => Err("Envoy has started".to_owned()),
    }
}

/// The load, and beside it the bad updates where the fault is one.
async fn under_load(
    fault: &Fault,
    load: &Load,
    stage: &Stage,
    envoy: Option<&RunningEnvoy>,
) -> Result<Answers, String> {
    match (fault.cause, envoy) {
        (Cause::Updates(update), Some(envoy)) => load_under_updates(update, load, stage, envoy).await,
        (_, _) => load.run(stage).await,
    }
}

/// Updates go on, one after the other was rejected, for as long as the load does.
async fn load_under_updates(
    update: BadUpdate,
    load: &Load,
    stage: &Stage,
    envoy: &RunningEnvoy,
) -> Result<Answers, String> {
    let is_over = Cell::new(false);
    let running = async {
        let answers = load.run(stage).await;
        is_over.set(true);
        answers
    };
    let updating = async {
        let mut number = 0;
        while number == 0 || !is_over.get() {
            number += 1;
            stage.write_text(&bad_update(update, stage, number)?)?;
            wait_until_rejected(envoy, number).await?;
            sleep(PAUSE).await;
        }
        Ok::<(), String>(())
    };
    let (answers, updated) = tokio::join!(running, updating);
    updated?;
    answers
}

/// Envoy answers no questions while it reads a large update.
async fn wait_until_rejected(envoy: &RunningEnvoy, times: usize) -> Result<(), String> {
    let started = Instant::now();
    loop {
        let found = envoy.counter(REJECTED).await;
        if found.as_ref().is_ok_and(|found| *found >= times as u64) {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("the update was not rejected {times} times: {found:?}"));
        }
        sleep(POLL).await;
    }
}

/// A fault that ended by itself has a new VM to show for it.
async fn see_reloads(fault: &Fault, envoy: Option<&RunningEnvoy>) -> Result<(), String> {
    match (fault.recovery, envoy) {
        (Recovery::ByItself, Some(envoy)) => envoy.wait_for_counter(RELOADED, 1).await,
        (Recovery::ByItself | Recovery::NotNeeded | Recovery::GoodUpdate | Recovery::Restart, _) => Ok(()),
    }
}

/// The fault ends as it should: what is allowed arrives again, and what is denied does not.
async fn see_to_the_end(fault: &Fault, load: &Load, stage: &Stage) -> Result<(), String> {
    match fault.recovery {
        Recovery::Restart => return Ok(()),
        Recovery::NotNeeded | Recovery::ByItself => {}
        Recovery::GoodUpdate => stage.write_text(&stage.good_discovery())?,
    }
    let before = stage.application.arrivals()?;
    let started = Instant::now();
    loop {
        let [allowed, denied] = load.probe(stage).await?;
        if denied.is_of_the_application() {
            return Err("a denied peer got an answer after the fault".to_owned());
        }
        if allowed.is_of_the_application() {
            break;
        }
        if started.elapsed() > PATIENCE {
            return Err(format!(
                "after {PATIENCE:?} an allowed peer still sees: {allowed}"
            ));
        }
        sleep(POLL).await;
    }
    let after = stage.application.arrivals()?;
    if after[&Mark::Deny] == before[&Mark::Deny] {
        Ok(())
    } else {
        Err("a denied request arrived after the fault".to_owned())
    }
}
