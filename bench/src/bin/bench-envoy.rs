//! Measures in a real Envoy what filters, mutual TLS itself and single hostcalls cost a request.
//!
//! ```text
//! bench-envoy [--quick] [--only filters|mtls|hostcalls] [--at-most RULES]
//! ```
//! Prints tables, and writes `envoy.json`, `envoy.svg` and `mtls.svg` to `target/bench/`. Where the machine has other work,
//! a CPU for this alone makes the figures steady: `taskset -c 1 chrt -f 20 make bench-envoy`, as root.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use spiffe_authz_bench::envoy::bounds::{Bound, bounds};
use spiffe_authz_bench::envoy::contest::contest;
use spiffe_authz_bench::envoy::http_version::HttpVersion;
use spiffe_authz_bench::envoy::mtls::ways;
use spiffe_authz_bench::envoy::pictures::{draw_contest, draw_ways};
use spiffe_authz_bench::envoy::prices;
use spiffe_authz_bench::envoy::rounds::Effort;
use spiffe_authz_bench::envoy::site;
use spiffe_authz_bench::figures::ratio;
use spiffe_authz_bench::table::Table;
use spiffe_authz_bench::{machine, results};

/// Short and many, so that what else the machine does falls on all alike.
const SLICE: Duration = Duration::from_millis(50);

#[derive(Parser)]
#[command(about = "What filters, mutual TLS and single hostcalls cost a request in a real Envoy")]
struct Arguments {
    /// Take about a minute instead of about four.
    #[arg(long)]
    quick: bool,
    /// Measure one part alone.
    #[arg(long)]
    only: Option<Part>,
    /// Leave out rule sets that are larger.
    #[arg(long, value_name = "RULES", default_value_t = usize::MAX)]
    at_most: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Part {
    Filters,
    Mtls,
    Hostcalls,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-envoy: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), String> {
    let facts = machine::facts(&[("Envoy", site::version()?)]);
    println!("{}\n", machine::line(&facts));
    let mut figures = json!({"machine": facts});
    if arguments.wants(Part::Filters) {
        figures["filters"] = filters(arguments).await?;
    }
    if arguments.wants(Part::Mtls) {
        figures["mtls"] = mtls(arguments).await?;
    }
    if arguments.wants(Part::Hostcalls) {
        figures["hostcalls"] = hostcalls(arguments).await?;
    }
    let file = results::write_json("envoy", &figures).map_err(|error| error.to_string())?;
    println!("{}", file.display());
    Ok(())
}

impl Arguments {
    /// The prices are left out of a quick run unless they are asked for.
    fn wants(&self, part: Part) -> bool {
        match self.only {
            Some(only) => only == part,
            None => part != Part::Hostcalls || !self.quick,
        }
    }

    fn effort(&self, quick: usize, full: usize) -> Effort {
        let rounds = if self.quick { quick } else { full };
        Effort { slice: SLICE, rounds }
    }
}

async fn filters(arguments: &Arguments) -> Result<Value, String> {
    let measured = contest(arguments.effort(8, 44), arguments.at_most).await?;
    for version in HttpVersion::ALL {
        println!("{}", measured.table(version));
    }
    let bounds = bounds(&measured);
    println!("{}", table_of_bounds(&bounds));
    let picture = results::path("envoy.svg").map_err(|error| error.to_string())?;
    draw_contest(&measured, &picture)?;
    let bounds: Vec<Value> = bounds.iter().map(Bound::json).collect();
    Ok(json!({"measured": measured.json(), "bounds": bounds}))
}

fn table_of_bounds(bounds: &[Bound]) -> Table {
    let mut table = Table::new(["bound", "measured", "must be", "verdict"]);
    for bound in bounds {
        let limit = bound.limit.to_string();
        table.row([
            &bound.claim,
            &ratio(bound.measured),
            &limit,
            bound.verdict().word(),
        ]);
    }
    table
}

async fn mtls(arguments: &Arguments) -> Result<Value, String> {
    let measured = ways(arguments.effort(12, 60)).await?;
    println!("{}", measured.table());
    let picture = results::path("mtls.svg").map_err(|error| error.to_string())?;
    draw_ways(&measured, &picture)?;
    Ok(measured.json())
}

async fn hostcalls(arguments: &Arguments) -> Result<Value, String> {
    let measured = prices::prices(arguments.effort(12, 20)).await?;
    println!("{}", prices::table(&measured));
    Ok(prices::json(&measured))
}
