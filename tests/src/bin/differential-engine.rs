//! Compares the engine with the reference interpreter on generated cases, and prints each disagreement as a file of the corpus.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use spiffe_authz_tests::differential::{Batch, Case, REQUESTS, Tally, corpus_case, shrink};
use spiffe_authz_tests::generate::Mode;

/// After so many disagreements a run ends.
const MOST_SHOWN: usize = 10;

/// Compares the engine with the reference interpreter.
#[derive(Parser)]
struct Arguments {
    /// What the cases are made from; printed, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// How many requests are compared.
    #[arg(long, default_value_t = 10_000_000)]
    cases: u64,
    /// Shows one case, as a disagreement names it.
    #[arg(long, value_name = "SEED:INDEX", value_parser = seed_and_index)]
    replay: Option<(u64, u64)>,
    /// Only what Envoy's own RBAC can say.
    #[arg(long)]
    istio_rbac: bool,
}

fn seed_and_index(text: &str) -> Result<(u64, u64), String> {
    let (seed, index) = text.split_once(':').ok_or("write SEED:INDEX")?;
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no number"));
    Ok((number(seed)?, number(index)?))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mode = if arguments.istio_rbac {
        Mode::IstioRbac
    } else {
        Mode::Everything
    };
    let agreed = match arguments.replay {
        Some((seed, index)) => replay(seed, index, mode),
        None => Run::new(
            arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32)),
            arguments.cases,
            mode,
        )
        .run(),
    };
    if agreed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn replay(seed: u64, index: u64, mode: Mode) -> bool {
    let case = Case::new(seed, index, mode);
    show(&case);
    let agreed = case.answers().agree();
    if !agreed {
        println!("# shrunk");
        show(&shrunk(case));
    }
    agreed
}

fn show(case: &Case) {
    match corpus_case(case, &case.answers()) {
        Ok(text) => println!("{text}"),
        Err(error) => println!("{error}: {case:?}"),
    }
}

/// The smallest case on which both decide and contradict each other, or either still fails for the same reason.
fn shrunk(case: Case) -> Case {
    let answers = case.answers();
    if answers.contradict() {
        return shrink(case, |case| case.answers().contradict());
    }
    case
}

struct Run {
    seed: u64,
    batches: u64,
    mode: Mode,
    next: AtomicU64,
    stopped: AtomicBool,
    tally: Mutex<Tally>,
    disagreements: Mutex<Vec<u64>>,
}

impl Run {
    fn new(seed: u64, cases: u64, mode: Mode) -> Self {
        Self {
            seed,
            batches: cases.div_ceil(REQUESTS),
            mode,
            next: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            tally: Mutex::default(),
            disagreements: Mutex::default(),
        }
    }

    /// Runs on every core; whether there was no disagreement.
    fn run(self) -> bool {
        println!("seed {}", self.seed);
        let started = Instant::now();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| self.work());
            }
        });
        let tally = self.tally.into_inner().expect("no worker panicked");
        let mut found = self.disagreements.into_inner().expect("no worker panicked");
        found.sort_unstable();
        print!("{tally}");
        println!(
            "{:>12} disagreements, {:.0} s",
            found.len(),
            started.elapsed().as_secs_f64()
        );
        for index in found.iter().take(MOST_SHOWN) {
            println!("\n# replay with --replay {}:{index}", self.seed);
            show(&shrunk(Case::new(self.seed, *index, self.mode)));
        }
        found.is_empty()
    }

    fn work(&self) {
        let mut tally = Tally::default();
        while !self.stopped.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.batches {
                break;
            }
            self.compare(number, &mut tally);
            self.progress(number);
        }
        self.tally.lock().expect("no worker panicked").add(tally);
    }

    fn compare(&self, number: u64, tally: &mut Tally) {
        let batch = Batch::new(self.seed, number, self.mode);
        tally.configuration(&batch.configuration);
        for (index, answers) in (number * REQUESTS..).zip(batch.answers()) {
            tally.answers(&answers);
            if !answers.agree() {
                // One of a batch is enough: its others have the same configuration.
                return self.disagree(index);
            }
        }
    }

    fn disagree(&self, index: u64) {
        let mut found = self.disagreements.lock().expect("no worker panicked");
        found.push(index);
        if found.len() >= MOST_SHOWN {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    fn progress(&self, number: u64) {
        if number.is_multiple_of(1000) && std::io::stderr().is_terminal() {
            eprint!("\r{} of {} cases ", number * REQUESTS, self.batches * REQUESTS);
            // Progress that cannot be shown is no reason to stop.
            let _shown = std::io::stderr().flush();
        }
    }
}
