//! `check`: everything that is wrong with policies, and what is valid and probably not meant.

mod findings;
mod format;
mod json;
mod junit;
mod omission;
mod sarif;
mod threshold;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use spiffe_authz_analysis::inventory::Inventory;

use crate::check::format::Format;
use crate::check::omission::Omission;
use crate::check::threshold::{Selector, Threshold};
use crate::diagnostics::{Diagnostic, Report, render, render_one};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::{Loaded, MeshArguments, PolicyArguments};
use crate::source::{Located, Part};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
EXAMPLES:
  The Istio documents of a folder, for every workload:
    spiffe-authz check -f policies/
  A plugin configuration, or the WasmPlugin that has it:
    spiffe-authz check --config orders.yaml
  In a pipeline, where warnings are mistakes but one of them is known:
    spiffe-authz check -f policies/ --deny warnings --allow no-peer-authentication
  For a code scanner:
    spiffe-authz check -f policies/ --format sarif > check.sarif

Exit codes:
  0  nothing is wrong; there may be warnings and notes
  1  a file cannot be read, or an option is wrong
  3  the policies are invalid, or a lint at the threshold was found";

/// Say everything that is wrong with policies, and what is probably not meant.
///
/// Every file and document is read, every resource compiled by the engine, for whatever workload; then lints look for what
/// is valid and still not what it looks like. Each lint has a page, `docs/lints/CODE.md`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    /// How the findings are written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Make a lint an error, by its code, or all `warnings` or `notes`; as often as wanted
    #[arg(long, value_name = "CODE", value_parser = Selector::parse)]
    deny: Vec<Selector>,
    /// Say nothing of a lint, by its code, or of all `warnings` or `notes`; as often as wanted
    #[arg(long, value_name = "CODE", value_parser = Selector::parse)]
    allow: Vec<Selector>,
    /// The identities, namespaces and service accounts that there are: who is not in it is unknown
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let inventory = arguments.inventory.as_deref().map(inventory).transpose()?;
    let threshold = Threshold::new(&arguments.deny, &arguments.allow);
    let examined = match examine(arguments, inventory.as_ref(), &threshold) {
        Ok(examined) => examined,
        Err(Failure::Invalid(report)) => Examined::invalid(*report, Files::AllRead),
        Err(other) => return unreadable(other, arguments.format, terminal),
    };
    write(&examined, arguments.format, terminal)?;
    Ok(if examined.report.counts().errors > 0 {
        Outcome::Findings
    } else {
        Outcome::Yes
    })
}

/// Whether every file could be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Files {
    AllRead,
    SomeUnread,
}

/// What was found, and what was not looked at.
struct Examined {
    report: Report,
    files: Files,
    omissions: Vec<Omission>,
}

impl Examined {
    /// What is invalid is not looked at by lints at all.
    fn invalid(report: Report, files: Files) -> Self {
        Self {
            report,
            files,
            omissions: Vec::new(),
        }
    }
}

/// The policies as the engine takes them, with what lints say of them.
fn examine(
    arguments: &Arguments,
    inventory: Option<&Inventory>,
    threshold: &Threshold,
) -> Result<Examined, Failure> {
    let loaded = arguments.policies.load()?;
    let stated = loaded.stated()?;
    let (findings, omissions) = findings::findings(&loaded, &stated, inventory);
    let omissions = omissions.into_iter();
    Ok(Examined {
        report: loaded.report(threshold.apply(findings)),
        files: Files::AllRead,
        omissions: omissions
            .filter_map(|omission| Omission::of(&loaded, threshold, omission))
            .collect(),
    })
}

/// A machine is told in its format what cannot be read; the exit code stays that of the failure.
fn unreadable(failure: Failure, format: Format, terminal: &Terminal) -> Result<Outcome, Failure> {
    match (failure, format) {
        (Failure::UnreadableSources(report), Format::Json | Format::Sarif | Format::Junit) => {
            let examined = Examined::invalid(*report, Files::SomeUnread);
            write(&examined, format, terminal)?;
            Err(Failure::UnreadableSources(Box::new(examined.report)))
        }
        (failure, _) => Err(failure),
    }
}

fn write(examined: &Examined, format: Format, terminal: &Terminal) -> Result<(), Failure> {
    let Examined {
        report,
        files,
        omissions,
    } = examined;
    let text = match format {
        Format::Human => human(examined, terminal.stdout_has_colour()),
        Format::Json => json::render(report, omissions),
        Format::Sarif => sarif::render(report, *files, omissions),
        Format::Junit => junit::render(report, omissions)?,
    };
    let mut stdout = std::io::stdout().lock();
    if !text.is_empty() {
        let written = writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush());
        written.map_err(Failure::Unwritable)?;
    }
    if format == Format::Human {
        let gap = if text.is_empty() { "" } else { "\n" };
        terminal.note(&format!("{gap}{}", report.summary()));
    }
    Ok(())
}

/// The findings, and behind them what was not looked at.
fn human(examined: &Examined, has_colour: bool) -> String {
    let report = &examined.report;
    let omissions = examined.omissions.iter();
    let notes = omissions.map(|omission| render_one(report, &omission.note, has_colour));
    let parts = std::iter::once(render(report, has_colour)).chain(notes);
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// Reads an inventory. One that is not understood cannot be used: it is no configuration.
fn inventory(path: &Path) -> Result<Inventory, Failure> {
    let loaded = Loaded::from_configuration(path, &MeshArguments::default()).map_err(as_unreadable)?;
    Inventory::read(loaded.document()).map_err(|errors| {
        let problem = |error: &spiffe_authz_analysis::inventory::InventoryError| {
            let problem = Diagnostic::error("inventory", error.reason.clone());
            match loaded.locate(&error.at, Part::Value) {
                Located::Text(location) => problem.at(location),
                Located::Option(_) | Located::Nowhere => problem,
            }
        };
        let report = loaded.report(errors.iter().map(problem).collect());
        Failure::UnreadableSources(Box::new(report))
    })
}

fn as_unreadable(failure: Failure) -> Failure {
    if let Failure::Invalid(report) = failure {
        Failure::UnreadableSources(report)
    } else {
        failure
    }
}
