//! What one policy change costs a control plane and its proxies, for policy sets of several sizes.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use spiffe_authz_bench::machine;
use spiffe_authz_tests::discovery::bootstrap::Protocol;
use spiffe_authz_tests::scale::serve::serve;
use spiffe_authz_tests::scale::subscribe::subscribe;
use spiffe_authz_tests::scale::{Beside, Row, Setting, measure, table};

/// What one policy change costs a control plane and its proxies, for policy sets of several sizes.
#[derive(Parser)]
struct Arguments {
    /// A part of the measurement, in a process of its own.
    #[command(subcommand)]
    role: Option<Role>,
    /// How many simulated proxies there are.
    #[arg(long, default_value_t = 200)]
    subscribers: usize,
    /// How many changes are pushed for each figure, which is their median.
    #[arg(long, default_value_t = 5)]
    pushes: usize,
    /// How many rules the policy sets have.
    #[arg(long, value_delimiter = ',', default_value = "10,1000,10000")]
    rules: Vec<usize>,
}

#[derive(Subcommand)]
enum Role {
    /// The server.
    Serve {
        #[command(flatten)]
        setting: Setting,
    },
    /// The simulated proxies.
    Subscribe {
        #[command(flatten)]
        setting: Setting,
        /// Where the server is.
        #[arg(long)]
        server: SocketAddr,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.role {
        Some(Role::Serve { setting }) => serve(setting),
        Some(Role::Subscribe { setting, server }) => subscribe(setting, *server),
        None => print_figures(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn print_figures(arguments: &Arguments) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for rules in &arguments.rules {
        rows.extend(rows_of(&program, *rules, arguments).await?);
    }
    println!("{}", machine::line(&machine::facts(&[])));
    println!(
        "{} subscribers, medians of {} pushes of one changed rule\n",
        arguments.subscribers, arguments.pushes
    );
    println!("{}", table::subscribers(&rows));
    println!("{}", table::envoy(&rows));
    Ok(())
}

async fn rows_of(program: &Path, rules: usize, arguments: &Arguments) -> Result<Vec<Row>, String> {
    let settings = [
        (Protocol::Delta, Beside::Nobody),
        (Protocol::StateOfTheWorld, Beside::Nobody),
        (Protocol::Delta, Beside::Envoy),
    ];
    let mut rows = Vec::new();
    for (protocol, beside) in settings {
        let setting = Setting {
            rules,
            subscribers: arguments.subscribers,
            protocol,
            beside,
        };
        let measured = measure(program, &setting, arguments.pushes).await;
        rows.push(measured.map_err(|error| format!("{setting:?}: {error}"))?);
    }
    Ok(rows)
}
