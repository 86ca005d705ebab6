//! Compares the engine with the reference interpreter on generated cases, and prints each disagreement as a file of the corpus.

use std::process::ExitCode;

use clap::Parser;
use spiffe_authz_tests::differential::{
    Batch, Case, Extent, REQUESTS, Tally, corpus_case, run_and_report, shrink,
};
use spiffe_authz_tests::generate::Mode;

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
        None => {
            let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
            compare_all(seed, arguments.cases, mode)
        }
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

/// Runs on every core; whether there was no disagreement.
fn compare_all(seed: u64, cases: u64, mode: Mode) -> bool {
    println!("seed {seed}");
    let compare = |number: u64, tally: &mut Tally| compare(seed, number, mode, tally);
    run_and_report(Extent::of(cases, REQUESTS), compare, |index| {
        println!("\n# replay with --replay {seed}:{index}");
        show(&shrunk(Case::new(seed, index, mode)));
    })
}

fn compare(seed: u64, number: u64, mode: Mode, tally: &mut Tally) -> Option<u64> {
    let batch = Batch::new(seed, number, mode);
    tally.configuration(&batch.configuration);
    for (index, answers) in (number * REQUESTS..).zip(batch.answers()) {
        tally.answers(&answers);
        if !answers.agree() {
            return Some(index);
        }
    }
    None
}
