//! Sends every attack of the catalogue to a real Envoy, and says what became of each row.

use std::process::ExitCode;

use clap::Parser;
use spiffe_authz_tests::attacks::suite::{Extent, Part, Share, run_all};
use spiffe_authz_tests::attacks::tally::Tally;

/// Attacks a real Envoy with everything that is known.
#[derive(Parser)]
struct Arguments {
    /// Only the parts whose names begin so.
    #[arg(long, default_value = "")]
    only: String,
    /// How many streams are reset.
    #[arg(long, default_value_t = 1_000_000)]
    resets: u64,
    /// What `make test` runs, and not everything.
    #[arg(long)]
    slice: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let attacked = runtime
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(attack(&arguments)));
    match attacked {
        Ok(tally) if tally.problem_count() == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn attack(arguments: &Arguments) -> Result<Tally, String> {
    let extent = Extent {
        only: arguments.only.clone(),
        resets: arguments.resets,
        vectors: if arguments.slice { Share::Slice } else { Share::All },
    };
    let tally = run_all(&extent, begin, end).await?;
    println!("\n{tally}");
    Ok(tally)
}

fn begin(what: &str) {
    eprintln!("{what} ...");
}

fn end(part: &Part) {
    let (name, tally, seconds) = (part.name, &part.tally, part.took.as_secs_f64());
    println!(
        "{name}: {} vectors, {} problems, {seconds:.1} s",
        tally.vectors(),
        tally.problem_count()
    );
    tally.problems.iter().for_each(|problem| println!("  {problem}"));
}
