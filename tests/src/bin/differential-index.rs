//! Compares the index with the linear walk on generated cases, and prints each disagreement with its documents.

use std::process::ExitCode;

use clap::Parser;
use spiffe_authz_tests::differential::walks::{WalkCases, WalkTally, report, smallest};
use spiffe_authz_tests::differential::{Case, Extent, run_and_report};

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
    let extent = Extent::of(arguments.cases, cases.requests);
    let compare = |number, tally: &mut WalkTally| cases.compare(number, tally);
    let agreed = run_and_report(extent, compare, |index| {
        println!("\n# case {index}");
        show(&smallest(cases.case(index).expect("the case that was compared")));
    });
    if agreed {
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
