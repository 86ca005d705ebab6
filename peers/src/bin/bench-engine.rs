//! What a decision costs in our engine and in others, in one process, by the number of rules.

use std::error::Error;
use std::time::Instant;

use clap::Parser;
use serde_json::Value;
use spiffe_authz_bench::documents::Distribution;
use spiffe_authz_bench::progress::Progress;
use spiffe_authz_bench::{figures, machine, results};
use spiffe_authz_peers::budget::Budget;
use spiffe_authz_peers::measure::{Measured, SIZES, measure};
use spiffe_authz_peers::report;

/// What a decision costs in our engine and in others, in one process, by the number of rules.
#[derive(Parser)]
struct Arguments {
    /// A minute instead of five: what takes long is left out, and there are fewer turns.
    #[arg(long)]
    quick: bool,
    /// This kind of rules alone; may stand more than once.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let start = Instant::now();
    let machine = facts();
    let (budget, command) = match arguments.quick {
        true => (Budget::QUICK, "make bench-quick"),
        false => (Budget::FULL, "make bench"),
    };
    println!("{}\n{}\n", machine::line(&machine), budget.legend());
    let measured = measure_all(&arguments, &budget)?;
    say_bounds(&measured);
    let json = results::write_json("engine", &report::to_json(&measured, &machine, command))?;
    let svg = results::path("engine.svg")?;
    report::chart(&measured).draw(&svg)?;
    println!(
        "{} and {} after {}",
        json.display(),
        svg.display(),
        figures::duration(start.elapsed())
    );
    Ok(())
}

fn facts() -> Value {
    let lock = include_str!("../../Cargo.lock");
    let versions = ["cedar-policy", "regorus", "casbin"]
        .map(|name| (name, machine::locked_version(lock, name).unwrap_or_default()));
    machine::facts(&versions)
}

fn measure_all(arguments: &Arguments, budget: &Budget) -> Result<Vec<Measured>, Box<dyn Error>> {
    let distributions = chosen(&arguments.only)?;
    let progress = Progress::new(u64::try_from(distributions.len() * SIZES.len())?);
    let mut all = Vec::new();
    for distribution in distributions {
        let measured = measure(distribution, budget, |rules| {
            progress.say(format!(
                "{}, {} rules",
                distribution.name(),
                figures::thousands(rules)
            ));
            progress.step();
        })?;
        progress.print(&report::text(&measured));
        all.push(measured);
    }
    Ok(all)
}

fn chosen(only: &[String]) -> Result<Vec<Distribution>, String> {
    let named = |name: &String| {
        let known = Distribution::ALL
            .into_iter()
            .find(|distribution| distribution.name() == name);
        known.ok_or_else(|| format!("no such kind of rules: `{name}`"))
    };
    if only.is_empty() {
        Ok(Distribution::ALL.to_vec())
    } else {
        only.iter().map(named).collect()
    }
}

fn say_bounds(measured: &[Measured]) {
    let bounds: Vec<_> = measured.iter().flat_map(report::bounds).collect();
    let held = bounds.iter().filter(|bound| bound.holds).count();
    println!("{held} of {} bounds held", bounds.len());
}
