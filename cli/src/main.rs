//! `spiffe-authz`: what the policy engine decides, before it guards anything.

mod check;
mod completions;
mod decide;
mod diagnostics;
mod diff;
mod document_json;
mod explain;
mod failure;
#[cfg(test)]
mod help;
mod learn;
mod log_lines;
mod man;
mod outcome;
mod policies;
mod policy_tests;
mod readiness;
mod render;
mod request;
mod schema;
mod simulate;
mod source;
mod svid;
mod terminal;
mod verdict;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::terminal::{Terminal, TerminalArguments};

/// Policies of a Zero Trust mesh, judged offline by the engine that enforces them in Envoy.
#[derive(Parser)]
#[command(name = "spiffe-authz", version, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    terminal: TerminalArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Check(check::Arguments),
    Decide(decide::Arguments),
    Explain(explain::Arguments),
    Test(policy_tests::Arguments),
    Diff(diff::Arguments),
    Simulate(simulate::Arguments),
    Render(render::Arguments),
    Learn(learn::Arguments),
    Readiness(readiness::Arguments),
    Svid(svid::Arguments),
    Schema(schema::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

fn main() -> ExitCode {
    let Arguments { terminal, verb } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return say(&answer),
    };
    let terminal = Terminal::new(&terminal);
    let result = match verb {
        Verb::Check(arguments) => check::run(&arguments, &terminal),
        Verb::Decide(arguments) => decide::run(&arguments, &terminal),
        Verb::Diff(arguments) => diff::run(&arguments, &terminal),
        Verb::Explain(arguments) => explain::run(&arguments, &terminal),
        Verb::Render(arguments) => render::run(&arguments, &terminal),
        Verb::Learn(arguments) => learn::run(&arguments, &terminal),
        Verb::Readiness(arguments) => readiness::run(&arguments, &terminal),
        Verb::Simulate(arguments) => simulate::run(&arguments, &terminal),
        Verb::Test(arguments) => policy_tests::run(&arguments, &terminal),
        Verb::Svid(arguments) => svid::run(&arguments, &terminal),
        Verb::Schema(arguments) => schema::run(&arguments, &terminal),
        Verb::Completions(arguments) => completions::run(&arguments, &terminal),
        Verb::Man(arguments) => man::run(&arguments, &terminal),
    };
    match result {
        Ok(outcome) => outcome.exit_code(),
        Err(failure) => {
            terminal.error(&failure);
            failure.exit_code()
        }
    }
}

/// Prints help, the version, or what is wrong with the arguments. Wrong use is 1: 2 is the answer no.
fn say(answer: &clap::Error) -> ExitCode {
    let printed = answer.print().is_ok();
    if printed && !answer.use_stderr() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
