//! Policy updates: each flips what some requests get; now and then one that Envoy must reject.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::soak::admin::{self, REJECTED, TAKEN};
use crate::soak::guard::Guard;
use crate::soak::policies;
use crate::soak::rhythm::Rhythm;
use crate::soak::tally::Tally;

/// How long Envoy may take to say what it made of an update.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(25);
/// What takes longer counts as this long.
const LONGEST_MILLIS: u64 = 60_000;
/// One update in so many is bad.
const BAD: u8 = 10;

/// What became of updates.
#[derive(Debug, Default)]
pub(super) struct Updates(Mutex<UpdateCounts>);

/// The numbers.
#[derive(Clone, Debug)]
pub(super) struct UpdateCounts {
    pub(super) applied: u64,
    pub(super) rejected: u64,
    /// Of an Envoy that was down, or was killed before it said anything.
    pub(super) unanswered: u64,
    /// Milliseconds from the file's replacement until Envoy said that it has it.
    pub(super) delay: Histogram<u64>,
}

impl Default for UpdateCounts {
    fn default() -> Self {
        Self {
            applied: 0,
            rejected: 0,
            unanswered: 0,
            delay: Histogram::new_with_max(LONGEST_MILLIS, 3).expect("the bounds are allowed"),
        }
    }
}

/// What Envoy said.
enum Said {
    Counted(Duration),
    /// It was killed.
    Nothing,
    Late,
}

impl Updates {
    pub(super) fn counts(&self) -> UpdateCounts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Updates one workload until then.
    pub(super) async fn run(&self, guard: &Guard, tally: &Tally, mut rhythm: Rhythm) {
        let mut ticks = interval(rhythm.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !rhythm.is_over() {
            ticks.tick().await;
            let updated = if rhythm.dice.u8(..BAD) == 0 {
                self.reject(guard, &policies::bad(guard.name, &mut rhythm.dice))
                    .await
            } else {
                self.apply(guard).await
            };
            if let Err(failure) = updated {
                tally.fail(format!("{}: {failure}", guard.name));
            }
        }
    }

    async fn apply(&self, guard: &Guard) -> Result<(), String> {
        let life = guard.life();
        let before = admin::counter(guard.admin(), TAKEN).await;
        let version = guard.write_version()?;
        match counted(guard, life, TAKEN, before).await {
            Said::Counted(delay) => {
                guard.settle(version);
                self.change(|counts| {
                    counts.applied += 1;
                    let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                    counts.delay.saturating_record(millis);
                });
                Ok(())
            }
            Said::Nothing => self.unanswered(),
            Said::Late => Err(format!("version {version} is not in force after {PATIENCE:?}")),
        }
    }

    async fn reject(&self, guard: &Guard, text: &str) -> Result<(), String> {
        let life = guard.life();
        let before = admin::counter(guard.admin(), REJECTED).await;
        guard.write_bad(text)?;
        match counted(guard, life, REJECTED, before).await {
            Said::Counted(_) => {
                self.change(|counts| counts.rejected += 1);
                Ok(())
            }
            Said::Nothing => self.unanswered(),
            Said::Late => Err(format!("a bad update is not rejected after {PATIENCE:?}")),
        }
    }

    fn unanswered(&self) -> Result<(), String> {
        self.change(|counts| counts.unanswered += 1);
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut UpdateCounts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Waits until the counter has grown, in the same life of the Envoy.
async fn counted(guard: &Guard, life: Option<u64>, counter: &str, before: Option<u64>) -> Said {
    let (Some(life), Some(before)) = (life, before) else {
        return Said::Nothing;
    };
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let now = admin::counter(guard.admin(), counter).await;
        if guard.life() != Some(life) {
            return Said::Nothing;
        }
        if now.is_some_and(|now| now > before) {
            return Said::Counted(started.elapsed());
        }
        sleep(POLL).await;
    }
    Said::Late
}
