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
    let Arguments { verb } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return say(&answer),
    };
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

/// Prints help, the version, or what is wrong with the arguments. Wrong use is 1: 2 means a denied request.
fn say(answer: &clap::Error) -> ExitCode {
    let printed = answer.print().is_ok();
    if printed && !answer.use_stderr() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
