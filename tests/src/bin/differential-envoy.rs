//! Compares the filter with native RBAC on a real Envoy, and prints each disagreement as a file of the corpus.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use serde_json::Value;
use spiffe_authz_tests::native_rbac::{Outcome, Round, Tally, corpus_case, run, shrink};

/// How many configurations one Envoy gets.
const CONFIGURATIONS_OF_AN_ENVOY: usize = 100;
/// After so many disagreements a run ends.
const MOST_SHOWN: usize = 5;

/// Compares the filter with native RBAC on a real Envoy.
#[derive(Parser)]
struct Arguments {
    /// What the first configuration is made from, the next ones from the numbers after it; printed, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// How many configurations are compared; each has a policy or more.
    #[arg(long, default_value_t = 2_000)]
    configurations: usize,
    /// How many requests each configuration gets.
    #[arg(long, default_value_t = 100)]
    requests: usize,
    /// Compares one configuration alone, as a disagreement names it with the number of requests.
    #[arg(long, value_name = "SEED")]
    replay: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let compared = runtime
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(compare(&arguments)));
    match compared {
        Ok(tally) if tally.disagreements == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn compare(arguments: &Arguments) -> Result<Tally, String> {
    let first = arguments
        .replay
        .or(arguments.seed)
        .unwrap_or_else(|| fastrand::u64(..1 << 32));
    let configurations = if arguments.replay.is_some() {
        1
    } else {
        arguments.configurations
    };
    let requests = arguments.requests;
    println!(
        "filter and native RBAC: --seed {first} --configurations {configurations} --requests {requests}"
    );
    let mut tally = Tally::default();
    let seeds: Vec<u64> = (first..).take(configurations).collect();
    for seeds in seeds.chunks(CONFIGURATIONS_OF_AN_ENVOY) {
        compare_on_one_envoy(seeds, requests, &mut tally).await?;
        show_progress(&tally);
        if tally.disagreements > 0 {
            break;
        }
    }
    end_progress();
    println!("{tally}");
    for (reason, count) in &tally.turned_away {
        println!("  turned away before any filter: {count} with {reason}");
    }
    Ok(tally)
}

async fn compare_on_one_envoy(seeds: &[u64], requests: usize, tally: &mut Tally) -> Result<(), String> {
    let rounds: Vec<Arc<Round>> = seeds
        .iter()
        .map(|seed| Round::generate(*seed, requests).map(Arc::new))
        .collect::<Result<_, _>>()?;
    tally.configurations += rounds.len();
    tally.policies += rounds
        .iter()
        .map(|round| policies(&round.configuration))
        .sum::<usize>();
    let outcomes = run(&rounds).await?;
    outcomes.iter().for_each(|outcome| tally.count(outcome));
    let disagreed = outcomes.iter().filter(|outcome| outcome.answers.disagree());
    for outcome in disagreed.take(MOST_SHOWN) {
        println!("# --replay {} --requests {requests}", seeds[outcome.round]);
        show(&rounds[outcome.round].configuration, outcome).await?;
    }
    Ok(())
}

fn policies(configuration: &Value) -> usize {
    configuration["resources"].as_array().map_or(0, Vec::len)
}

async fn show(configuration: &Value, outcome: &Outcome) -> Result<(), String> {
    println!(
        "# native RBAC: {}; the filter: {}",
        outcome.answers.native, outcome.answers.filter
    );
    let (configuration, outcome) = shrink(configuration, outcome).await?;
    println!("{}", corpus_case(&configuration, &outcome)?);
    Ok(())
}

fn show_progress(tally: &Tally) {
    if std::io::stderr().is_terminal() {
        eprint!(
            "\r{} configurations, {} requests",
            tally.configurations, tally.requests
        );
        // Progress that cannot be shown is no reason to stop.
        let _ = std::io::stderr().flush();
    }
}

fn end_progress() {
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
}
