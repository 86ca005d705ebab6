//! `completions`: what a shell needs to complete verbs, flags and their values.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::Terminal;

/// Print the completions of a shell
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
EXAMPLES:
    spiffe-authz completions bash > ~/.local/share/bash-completion/completions/spiffe-authz
    spiffe-authz completions zsh > ~/.zfunc/_spiffe-authz
    spiffe-authz completions fish > ~/.config/fish/completions/spiffe-authz.fish

EXIT CODES:
  0 they were printed; 1 standard output cannot be written";

pub(crate) fn run(arguments: &Arguments, _terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut command = crate::Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "spiffe-authz", &mut script);
    let mut answers = std::io::stdout().lock();
    answers
        .write_all(&script)
        .and_then(|()| answers.flush())
        .map_err(Failure::Unwritable)?;
    Ok(Outcome::Yes)
}
