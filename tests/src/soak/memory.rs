//! [`Memory`]: the resident memory of each Envoy, from its start to its end.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use spiffe_authz_bench::timeline::{Line, Timeline};
use tokio::time::{Instant, sleep};

use crate::soak::guard::Guard;
use crate::soak::tally::Tally;

/// Samples this long after a start show the start alone.
const WARM_UP_MINUTES: f64 = 0.5;
/// A line through less than this says nothing.
const SHORTEST_MINUTES: f64 = 1.0;
const MIB: f64 = 1024.0;

/// One Envoy process.
#[derive(Clone, Debug)]
pub struct Life {
    /// The workload.
    pub workload: &'static str,
    process: u32,
    /// Minutes since the load began, and MiB.
    pub points: Vec<(f64, f64)>,
}

/// All Envoy processes.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Vec<Life>>);

impl Life {
    /// MiB an hour: the slope of the line of least squares. None where the process did not live for long enough.
    #[must_use]
    pub fn growth(&self) -> Option<f64> {
        let (start, _) = *self.points.first()?;
        let settled = |(minute, _): &&(f64, f64)| *minute >= start + WARM_UP_MINUTES;
        let points: Vec<(f64, f64)> = self.points.iter().filter(settled).copied().collect();
        let long = points.last()?.0 - points.first()?.0;
        (long >= SHORTEST_MINUTES).then(|| slope(&points) * 60.0)
    }

    /// How long it was seen, in minutes.
    #[must_use]
    pub fn minutes(&self) -> f64 {
        let ends = self.points.first().zip(self.points.last());
        ends.map_or(0.0, |(first, last)| last.0 - first.0)
    }
}

impl Memory {
    /// Looks at all Envoys until then; one that ended by itself is a failure.
    pub(super) async fn watch(
        &self,
        guards: &[std::sync::Arc<Guard>],
        tally: &Tally,
        (every, until): (Duration, Instant),
    ) {
        let started = Instant::now();
        while Instant::now() < until {
            for guard in guards {
                let minute = started.elapsed().as_secs_f64() / 60.0;
                self.sample(guard, minute);
                for failure in ended(guard).await {
                    tally.fail(failure);
                }
            }
            sleep(every).await;
        }
    }

    pub(super) fn lives(&self) -> Vec<Life> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sample(&self, guard: &Guard, minute: f64) {
        let process = guard.envoy_id();
        let Some(mib) = resident_mib(process).filter(|_| guard.life().is_some()) else {
            return;
        };
        let mut lives = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |life: &&mut Life| life.workload == guard.name && life.process == process;
        match lives.iter_mut().find(same) {
            Some(life) => life.points.push((minute, mib)),
            None => lives.push(Life {
                workload: guard.name,
                process,
                points: vec![(minute, mib)],
            }),
        }
    }
}

/// The picture of these lives.
pub(super) fn picture(title: String, lives: &[Life]) -> Timeline {
    let line = |life: &Life| Line {
        name: format!("the Envoy of {}", life.workload),
        points: life.points.clone(),
    };
    Timeline {
        title,
        x: "minutes".to_owned(),
        y: "resident memory, MiB".to_owned(),
        lines: lives.iter().map(line).collect(),
    }
}

/// Which of its processes have ended though nobody killed them: a kill holds the lock until the process is there again.
async fn ended(guard: &Guard) -> Vec<String> {
    let mut failures = Vec::new();
    for (what, process) in [("Envoy", &guard.envoy), ("application", &guard.application)] {
        if let Ok(mut process) = process.try_lock() {
            let ended = process.ended().unwrap_or_else(Some);
            failures.extend(ended.map(|how| format!("{}: the {what} ended by itself: {how}", guard.name)));
        }
    }
    failures
}

/// None where the system does not say, or the process is gone.
fn resident_mib(process: u32) -> Option<f64> {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / MIB)
}

fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let along: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    along / spread
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(points: Vec<(f64, f64)>) -> Life {
        Life {
            workload: "orders",
            process: 1,
            points,
        }
    }

    #[test]
    fn a_mebibyte_a_minute_is_sixty_an_hour() {
        let points = (0..10).map(|minute| (f64::from(minute), 100.0 + f64::from(minute)));
        let growth = life(points.collect()).growth().unwrap();
        assert!((growth - 60.0).abs() < 1e-9, "{growth}");
    }

    #[test]
    fn what_a_start_takes_is_no_growth() {
        let growth = life(vec![(0.0, 10.0), (1.0, 90.0), (2.0, 90.0), (3.0, 90.0)]).growth();
        assert_eq!(growth, Some(0.0));
    }

    #[test]
    fn a_short_life_has_no_growth() {
        assert_eq!(life(vec![(0.0, 10.0), (1.0, 90.0), (1.5, 90.0)]).growth(), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_of_this_process_can_be_read() {
        assert!(resident_mib(std::process::id()).unwrap() > 1.0);
    }
}
