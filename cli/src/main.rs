//! `spiffe-authz`: what the policy engine decides, before it guards anything.

mod configuration;
mod decide;
mod failure;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Policies of a Zero Trust mesh, judged offline by the engine that enforces them in Envoy.
#[derive(Parser)]
#[command(name = "spiffe-authz", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Decide(decide::Arguments),
}

fn main() -> ExitCode {
    let Arguments { verb } = Arguments::parse();
    let result = match verb {
        Verb::Decide(arguments) => decide::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
