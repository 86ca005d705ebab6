//! Comparing on every core, by numbered batches.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// After so many disagreements a run ends.
const MOST_SHOWN: usize = 10;

/// What is counted over many cases.
pub trait Counts: Default + Send {
    /// Adds the counts of another.
    fn add(&mut self, other: Self);
}

/// How many batches a run has, and of how many cases each.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Batches.
    pub batches: u64,
    /// Cases of each.
    pub cases: u64,
}

impl Extent {
    /// As many batches as so many cases need.
    #[must_use]
    pub fn of(all: u64, cases: u64) -> Self {
        Self {
            batches: all.div_ceil(cases),
            cases,
        }
    }
}

struct Run<'c, C, F> {
    extent: Extent,
    compare: &'c F,
    next: AtomicU64,
    stopped: AtomicBool,
    tally: Mutex<C>,
    disagreements: Mutex<Vec<u64>>,
}

/// Runs as [`run`] does and prints the counts, the number of disagreements, and each of them by `show`; whether there was none.
pub fn run_and_report<C: Counts + Display>(
    extent: Extent,
    compare: impl Fn(u64, &mut C) -> Option<u64> + Sync,
    show: impl Fn(u64),
) -> bool {
    let started = Instant::now();
    let (tally, found) = run(extent, compare);
    print!("{tally}");
    let seconds = started.elapsed().as_secs_f64();
    println!("{:>12} disagreements, {seconds:.0} s", found.len());
    found.iter().take(MOST_SHOWN).for_each(|index| show(*index));
    found.is_empty()
}

/// Gives each number of a batch to `compare`, which counts, and returns the index of a disagreement. One of a batch is enough:
/// its others have the same configuration.
pub fn run<C: Counts>(extent: Extent, compare: impl Fn(u64, &mut C) -> Option<u64> + Sync) -> (C, Vec<u64>) {
    let run = Run {
        extent,
        compare: &compare,
        next: AtomicU64::new(0),
        stopped: AtomicBool::new(false),
        tally: Mutex::default(),
        disagreements: Mutex::default(),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| run.work());
        }
    });
    let mut found = run.disagreements.into_inner().expect("no worker panicked");
    found.sort_unstable();
    (run.tally.into_inner().expect("no worker panicked"), found)
}

impl<C: Counts, F: Fn(u64, &mut C) -> Option<u64> + Sync> Run<'_, C, F> {
    fn work(&self) {
        let mut tally = C::default();
        while !self.stopped.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.extent.batches {
                break;
            }
            if let Some(index) = (self.compare)(number, &mut tally) {
                self.disagree(index);
            }
            self.progress(number);
        }
        self.tally.lock().expect("no worker panicked").add(tally);
    }

    fn disagree(&self, index: u64) {
        let mut found = self.disagreements.lock().expect("no worker panicked");
        found.push(index);
        if found.len() >= MOST_SHOWN {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    fn progress(&self, number: u64) {
        if number.is_multiple_of(100) && std::io::stderr().is_terminal() {
            let Extent { batches, cases } = self.extent;
            eprint!("\r{} of {} cases ", number * cases, batches * cases);
            // Progress that cannot be shown is no reason to stop.
            let _shown = std::io::stderr().flush();
        }
    }
}
