//! [`run`]: one fault, in one kind of sidecar, with the interlock or without it.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::envoy::running::RunningEnvoy;
use crate::faults::answer::Answers;
use crate::faults::breakage::{bad_update, bring};
use crate::faults::fault::{Fault, Recovery};
use crate::faults::kind::Kind;
use crate::faults::load::Load;
use crate::faults::mark::Mark;
use crate::faults::outcome::Outcome;
use crate::faults::stage::Stage;

const REJECTED: &str = "spiffe_authz.update_rejected";
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

/// Runs so many requests while the fault lasts, and where the interlock is as shipped also sees to its end.
///
/// # Errors
/// When the run itself fails, or the fault does not end as it should.
pub async fn run(fault: Fault, kind: Kind, interlock: Interlock, requests: usize) -> Result<Outcome, String> {
    let mut stage = Stage::new(&format!("fault-{fault:?}-{kind:?}-{interlock:?}"), kind).await?;
    bring(fault, &mut stage)?;
    if interlock == Interlock::Removed {
        stage.remove_interlock()?;
    }
    stage.write_discovery()?;
    let started = RunningEnvoy::start(
        &stage.scratch,
        &stage.bootstrap,
        stage.sidecar.admin.socket_addr(),
    )
    .await;
    let envoy = match (started, fault.lets_envoy_start()) {
        (Ok(envoy), true) => Some(envoy),
        (Err(_), false) => None,
        (Err(error), true) => return Err(error),
        (Ok(_), false) => return Err("Envoy has started".to_owned()),
    };
    let load = Load::new(fault, &stage, requests);
    let answers = under_load(fault, &load, &stage, envoy.as_ref()).await?;
    let outcome = Outcome {
        answers,
        arrived: stage.application.arrivals()?,
        sent: Mark::ALL.map(|mark| (mark, load.sent(mark))).into(),
    };
    if interlock == Interlock::Shipped {
        see_to_the_end(fault, &load, &stage).await?;
    }
    if let Some(envoy) = envoy {
        envoy.stop().await?;
    }
    Ok(outcome)
}

/// The load, and beside it the bad updates where the fault is one.
async fn under_load(
    fault: Fault,
    load: &Load,
    stage: &Stage,
    envoy: Option<&RunningEnvoy>,
) -> Result<Answers, String> {
    match (bad_update(fault, stage, 0)?, envoy) {
        (Some(_), Some(envoy)) => load_under_updates(fault, load, stage, envoy).await,
        (_, _) => load.run(stage).await,
    }
}

/// Updates go on, one after the other was rejected, for as long as the load does.
async fn load_under_updates(
    fault: Fault,
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
            let update = bad_update(fault, stage, number)?.ok_or("the fault is no update")?;
            stage.write_text(&update)?;
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

/// The fault ends as it should: what is allowed arrives again, and what is denied does not.
async fn see_to_the_end(fault: Fault, load: &Load, stage: &Stage) -> Result<(), String> {
    match fault.recovery() {
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
