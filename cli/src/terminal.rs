//! [`Terminal`]: what goes to people, on standard error; answers go to standard output.

use std::io::{IsTerminal as _, Write as _};

use clap::ColorChoice;

use crate::diagnostics::render;
use crate::failure::Failure;

/// How people are spoken to.
#[derive(clap::Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Terminal")]
pub(crate) struct TerminalArguments {
    /// Colours; `auto` has them on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_enum)]
    color: ColorChoice,
    /// Print nothing but answers and errors: no progress, no summary
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// The terminal, as the arguments and the environment have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    is_quiet: bool,
    stdout_has_colour: bool,
    stderr_has_colour: bool,
    stderr_is_terminal: bool,
}

impl Terminal {
    pub(crate) fn new(arguments: &TerminalArguments) -> Self {
        let (stdout, stderr) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let has_colour = |is_terminal| match arguments.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && colours_are_wanted(),
        };
        Self {
            is_quiet: arguments.quiet,
            stdout_has_colour: has_colour(stdout),
            stderr_has_colour: has_colour(stderr),
            stderr_is_terminal: stderr,
        }
    }

    /// Whether nothing but answers and errors is printed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Whether answers on standard output have colours.
    pub(crate) fn stdout_has_colour(&self) -> bool {
        self.stdout_has_colour
    }

    /// Whether long work shows its progress.
    pub(crate) fn shows_progress(&self) -> bool {
        self.stderr_is_terminal && !self.is_quiet
    }

    /// A line for people, beside the answer. One that cannot be written is nobody's loss.
    pub(crate) fn note(&self, line: &str) {
        if !self.is_quiet {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// An error. One that cannot be written still is the exit code.
    pub(crate) fn error(&self, failure: &Failure) {
        if let Some(report) = failure.report() {
            let _ = writeln!(std::io::stderr(), "{}", render(report, self.stderr_has_colour));
            let _ = writeln!(std::io::stderr(), "\n{}", report.summary());
            return;
        }
        let word = if self.stderr_has_colour {
            "\u{1b}[1;31merror\u{1b}[0m"
        } else {
            "error"
        };
        let _ = writeln!(std::io::stderr(), "{word}: {failure}");
    }
}

/// No-colour convention (no-color.org): set to anything but nothing. `TERM=dumb` has no colours either.
fn colours_are_wanted() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
