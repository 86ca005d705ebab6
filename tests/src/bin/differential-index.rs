//! Compares the index with the linear walk on generated cases, and prints each disagreement with its documents.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use spiffe_authz_tests::differential::walks::{WalkCases, WalkTally, report, smallest};
use spiffe_authz_tests::differential::{Case, Extent, MOST_SHOWN, run};

/// Compares the index with the linear walk.
#[derive(Parser)]
struct Arguments {
    /// What the cases are made from; printed, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// How many requests are compared.
    #[arg(long, default_value_t = 10_000_000)]
    cases: u64,
    /// The most rules of a configuration.
    #[arg(long, default_value_t = 3000)]
    rules: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let cases = WalkCases {
        seed: arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32)),
        most_rules: arguments.rules,
        requests: 1000,
    };
    println!("seed {}", cases.seed);
    let started = Instant::now();
    let extent = Extent::of(arguments.cases, cases.requests);
    let (tally, found): (WalkTally, _) = run(extent, |number, tally| cases.compare(number, tally));
    print!("{tally}");
    println!(
        "{:>12} disagreements, {:.0} s",
        found.len(),
        started.elapsed().as_secs_f64()
    );
    for index in found.iter().take(MOST_SHOWN) {
        println!("\n# case {index}");
        show(&smallest(cases.case(*index).expect("the case that was compared")));
    }
    if found.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn show(case: &Case) {
    match report(case) {
        Ok(text) => println!("{text}"),
        Err(error) => println!("{error}: {case:?}"),
    }
}
