//! `man`: the manual pages, one for the command and one for each verb.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::Terminal;

/// Write the manual pages, or print that of the command
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Write a page for the command and for each verb into this folder
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
EXAMPLES:
    spiffe-authz man | man -l -
    spiffe-authz man --out ~/.local/share/man/man1 && man spiffe-authz-svid-issue

EXIT CODES:
  0 they were written; 1 a page cannot be written";

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut command = crate::Arguments::command().disable_help_subcommand(true);
    command.build();
    match &arguments.out {
        Some(folder) => write_all(&command, folder, terminal),
        None => print(&command),
    }
    .map(|()| Outcome::Yes)
}

fn print(command: &clap::Command) -> Result<(), Failure> {
    let page = page(command).map_err(Failure::Unwritable)?;
    let mut answers = std::io::stdout().lock();
    answers
        .write_all(&page)
        .and_then(|()| answers.flush())
        .map_err(Failure::Unwritable)
}

fn write_all(command: &clap::Command, folder: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let unwritten = |path: &Path, reason| Failure::Unwritten {
        path: path.to_owned(),
        reason,
    };
    std::fs::create_dir_all(folder).map_err(|reason| unwritten(folder, reason))?;
    let pages = with_verbs(command);
    for command in &pages {
        let path = folder.join(format!("{}.1", name(command)));
        let written = page(command).and_then(|page| std::fs::write(&path, page));
        written.map_err(|reason| unwritten(&path, reason))?;
    }
    terminal.note(&format!("{} pages in {}", pages.len(), folder.display()));
    Ok(())
}

/// The command, its verbs, and theirs.
fn with_verbs(command: &clap::Command) -> Vec<&clap::Command> {
    let verbs = command.get_subcommands().flat_map(with_verbs);
    std::iter::once(command).chain(verbs).collect()
}

/// `spiffe-authz-svid-issue`.
fn name(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let title = name(command).to_owned();
    clap_mangen::Man::new(command.clone())
        .title(title)
        .render(&mut page)?;
    Ok(page)
}
