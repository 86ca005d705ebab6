//! Kills by chance: of Envoys, and apart from them of applications.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use crate::soak::guard::{Fate, Guard};
use crate::soak::outages::Victim;
use crate::soak::rhythm::Rhythm;
use crate::soak::tally::Tally;

/// Between a kill and the start after it, in milliseconds.
const PAUSE: std::ops::Range<u64> = 200..800;

/// How often each was killed.
#[derive(Debug, Default)]
pub(super) struct Kills {
    envoys: AtomicU64,
    applications: AtomicU64,
}

impl Kills {
    pub(super) fn of(&self, victim: Victim) -> u64 {
        self.counter(victim).load(Ordering::Relaxed)
    }

    fn counter(&self, victim: Victim) -> &AtomicU64 {
        match victim {
            Victim::Envoy => &self.envoys,
            Victim::Application => &self.applications,
        }
    }

    /// Kills until then, on average at this interval, one workload's at a time.
    pub(super) async fn run(&self, victim: Victim, guards: &[Arc<Guard>], tally: &Tally, mut rhythm: Rhythm) {
        let killed = |guard: &&Arc<Guard>| guard.fate == Fate::Killed;
        let guards: Vec<&Arc<Guard>> = guards.iter().filter(killed).collect();
        loop {
            sleep(rhythm.every.mul_f64(0.5 + rhythm.dice.f64())).await;
            let is_over = rhythm.is_over();
            let Some(guard) = rhythm.dice.choice(&guards).filter(|_| !is_over) else {
                return;
            };
            let pause = Duration::from_millis(rhythm.dice.u64(PAUSE));
            let came_back = match victim {
                Victim::Envoy => guard.kill_envoy(pause).await,
                Victim::Application => guard.kill_application(pause).await,
            };
            self.counter(victim).fetch_add(1, Ordering::Relaxed);
            if let Err(failure) = came_back {
                tally.fail(failure);
            }
        }
    }
}
