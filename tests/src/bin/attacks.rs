//! Sends every attack of the catalogue to a real Envoy, and says what became of each row.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use spiffe_authz_tests::attacks::tally::Tally;
use spiffe_authz_tests::attacks::{groups, run};

/// Attacks a real Envoy with everything that is known.
#[derive(Parser)]
struct Arguments {
    /// Only the groups whose names begin so.
    #[arg(long, default_value = "")]
    only: String,
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
    let mut tally = Tally::default();
    for group in groups()
        .into_iter()
        .filter(|group| group.name.starts_with(&arguments.only))
    {
        let (name, vectors) = (group.name, group.vectors.len());
        let stations = group.strict.len() + 2 * group.compat.len();
        print!("{name}: {vectors} vectors at {stations} listeners ... ");
        let _ = std::io::stdout().flush();
        let started = std::time::Instant::now();
        let found = run::run(group).await?;
        println!(
            "{} problems, {:.1} s",
            found.problem_count(),
            started.elapsed().as_secs_f64()
        );
        found.problems.iter().for_each(|problem| println!("  {problem}"));
        tally.add(found);
    }
    println!("{tally}");
    Ok(tally)
}
