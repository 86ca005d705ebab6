//! Runs one script of `tests/parity` on host-sim and on a real Envoy, and shows both side by side.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use spiffe_authz_tests::parity::difference::{Comparison, expected_of_envoy};
use spiffe_authz_tests::parity::on_envoy::EnvoySide;
use spiffe_authz_tests::parity::script::{self, Script};
use spiffe_authz_tests::parity::{observation::Observation, on_host_sim};

/// Runs scripts of `tests/parity` on host-sim and on a real Envoy, and shows both side by side.
#[derive(Parser)]
struct Arguments {
    /// The files.
    #[arg(required = true)]
    scripts: Vec<PathBuf>,
    /// Where to run them.
    #[arg(long, value_enum, default_value = "both")]
    on: Where,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum Where {
    HostSim,
    Envoy,
    Both,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether both sides agree.
async fn run(arguments: &Arguments) -> Result<bool, String> {
    let mut envoy = match arguments.on {
        Where::HostSim => None,
        Where::Envoy | Where::Both => Some(EnvoySide::start().await?),
    };
    let mut agree = true;
    for path in &arguments.scripts {
        let script = script::read(path)?;
        println!("== {}: {}", script.name, script.about);
        agree &= run_script(&script, arguments.on, envoy.as_mut()).await;
    }
    match envoy {
        Some(envoy) => envoy.stop().await.map(|()| agree),
        None => Ok(agree),
    }
}

async fn run_script(script: &Script, on: Where, envoy: Option<&mut EnvoySide>) -> bool {
    let host_sim = match on {
        Where::Envoy => Ok(Vec::new()),
        Where::HostSim | Where::Both => on_host_sim::run(script),
    };
    if let Err(error) = &host_sim {
        println!("host-sim: {error}");
    }
    let host_sim = lines(host_sim.as_deref().unwrap_or_default());
    let Some(envoy) = envoy else {
        println!(
            "{}",
            host_sim.last().map(|lines| lines.join("\n")).unwrap_or_default()
        );
        return true;
    };
    let expected: Vec<Vec<String>> = host_sim
        .iter()
        .map(|lines| expected_of_envoy(script, lines))
        .collect();
    let seen = match envoy.run(script, &expected).await {
        Ok(seen) => seen
            .iter()
            .map(|seen| seen.as_ref().map(Observation::lines))
            .collect::<Vec<_>>(),
        Err(error) => {
            println!("envoy: {error}");
            return false;
        }
    };
    show(&expected, &seen)
}

/// Shows the first step after which they differ, or else all that there was at the end.
fn show(host_sim: &[Vec<String>], envoy: &[Option<Vec<String>>]) -> bool {
    let differ = |(left, right): (&Vec<String>, &Option<Vec<String>>)| {
        right.as_ref().is_some_and(|right| left != right)
    };
    let step = host_sim.iter().zip(envoy).position(differ);
    let step = step.unwrap_or(envoy.len().saturating_sub(1));
    let left = host_sim.get(step).map(Vec::as_slice).unwrap_or_default();
    let right = envoy.get(step).and_then(Option::as_deref).unwrap_or_default();
    let comparison = Comparison::new(left, right);
    let verdict = if comparison.agrees() { "agree" } else { "DIFFER" };
    println!("{comparison}after step {step}: they {verdict}\n");
    comparison.agrees()
}

fn lines(observations: &[Observation]) -> Vec<Vec<String>> {
    observations.iter().map(Observation::lines).collect()
}
