//! A mesh of real Envoys under load, while policies, SVIDs and processes change.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use spiffe_authz_bench::machine;
use spiffe_authz_bench::progress::Progress;
use spiffe_authz_tests::soak::{Plan, run, serve, text};

/// A mesh of real Envoys under load, while policies, SVIDs and processes change.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Is an application of the mesh.
    Application {
        /// Where it listens.
        listen: SocketAddr,
        /// The file that gets a line for each arrival.
        arrivals: PathBuf,
    },
}

#[derive(Args)]
struct Options {
    /// How long the load lasts.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// How long the peak is measured before.
    #[arg(long, default_value_t = 10)]
    measure_seconds: u64,
    /// Where chance starts; another one each time where this is left out.
    #[arg(long)]
    seed: Option<u64>,
    /// Between two policy updates of a workload.
    #[arg(long, default_value_t = 1_000)]
    update_millis: u64,
    /// Between two rotations of all SVIDs.
    #[arg(long, default_value_t = 10_000)]
    rotate_millis: u64,
    /// Between two kills of an Envoy, and between two of an application, on average.
    #[arg(long, default_value_t = 30_000)]
    kill_millis: u64,
    /// How long workers may lag behind an update that Envoy says it has.
    #[arg(long, default_value_t = 500)]
    settle_millis: u64,
    /// How long a kill explains errors after the restart.
    #[arg(long, default_value_t = 1_000)]
    margin_millis: u64,
    /// The picture of the memory, an SVG file.
    #[arg(long)]
    picture: Option<PathBuf>,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        Some(Command::Application { listen, arrivals }) => {
            serve(listen, &arrivals).await.map(|()| ExitCode::SUCCESS)
        }
        None => soak(&arguments.options).await,
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

async fn soak(options: &Options) -> Result<ExitCode, String> {
    let plan = plan(options)?;
    println!("seed {} (the same again: --seed {})", plan.seed, plan.seed);
    let progress = Progress::new(options.seconds);
    let findings = run(plan, |line| {
        progress.say(line.to_owned());
        progress.step();
    })
    .await?;
    drop(progress);
    println!("{}", machine::line(&machine::facts(&[])));
    println!("{}", text(&findings));
    Ok(if findings.wrong() == 0 && findings.ours() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn plan(options: &Options) -> Result<Plan, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(Plan {
        length: Duration::from_secs(options.seconds),
        measure: Duration::from_secs(options.measure_seconds),
        seed: options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
        update_every: Duration::from_millis(options.update_millis),
        rotate_every: Duration::from_millis(options.rotate_millis),
        kill_every: Duration::from_millis(options.kill_millis),
        settle: Duration::from_millis(options.settle_millis),
        margin: Duration::from_millis(options.margin_millis),
        application: vec![this.display().to_string(), "application".to_owned()],
        picture: options.picture.clone(),
    })
}
