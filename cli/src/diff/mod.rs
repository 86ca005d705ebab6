//! `diff`: which decisions change from one policy set to another.

mod command;
mod flags;
mod human;
mod json;
mod paint;

use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use spiffe_authz_analysis::difference::{
    Direction, Side, Target, TargetDifference, compare, groups, targets,
};

use crate::diff::command::Command;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::{Loaded, MeshArguments};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
EXAMPLES:
  # What would a pull request open or close? Every workload that the policies name is looked at
  spiffe-authz diff policies-of-main/ policies/

  # One workload of a mesh
  spiffe-authz diff main.yaml branch.yaml --namespace shop --labels app=orders

  # In a pipeline: fail on any change, and keep the answer
  spiffe-authz diff main.yaml branch.yaml --fail-on any --format json > diff.json";

/// Show which requests are decided otherwise by a new set of policies: not a comparison of texts.
///
/// Requests are put into classes that neither set tells apart, and every combination of classes whose decision changes is
/// listed with an example, both decisions and the rules responsible.
///
/// Exit codes: 0 nothing is newly allowed (see --fail-on), 4 something is, 1 a file cannot be read, 3 a configuration is
/// invalid.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The policies as they are: a plugin configuration, or a file or folder of Istio documents
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The policies as they shall be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    #[command(flatten)]
    mesh: MeshArguments,
    /// Which changes end with exit code 4
    #[arg(long, value_name = "CHANGES", value_enum, default_value = "newly-allowed")]
    fail_on: FailOn,
    /// How the answer is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// How many classes of each section are shown to people
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
}

/// Which changes are a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum FailOn {
    /// Requests that were denied and are allowed
    NewlyAllowed,
    /// Requests that are decided otherwise
    Any,
    /// No change
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
}

/// Workloads that are decided alike, and what changes for them.
struct Section {
    targets: Vec<Target>,
    difference: TargetDifference,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let old = side(&Loaded::from_path(&arguments.old, &arguments.mesh)?)?;
    let new = side(&Loaded::from_path(&arguments.new, &arguments.mesh)?)?;
    let (targets, is_bounded) = named(&old, &new).map_or_else(|| targets(&old, &new), |named| (named, false));
    let groups = groups(&old, &new, targets);
    let bar = progress(groups.len(), terminal);
    let mut sections = Vec::new();
    for group in groups {
        let Some(target) = group.first() else { continue };
        bar.set_message(target.label.clone());
        let difference = compare(&old, &new, target, &mut |done, all| {
            tell(&bar, sections.len(), done, all)
        })?;
        sections.push(Section {
            targets: group,
            difference,
        });
    }
    bar.finish_and_clear();
    let answer = match arguments.format {
        Format::Human => {
            let stated = new.stated().workload.as_ref();
            let command = Command::new(&arguments.new, &arguments.mesh, stated);
            human::text(&sections, arguments, &command, is_bounded, terminal)
        }
        Format::Json => json::text(&sections, is_bounded),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(answer.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Failure::Unwritable)?;
    Ok(outcome(&sections, arguments.fail_on))
}

fn side(loaded: &Loaded) -> Result<Side, Failure> {
    Ok(Side::new(loaded.document(), loaded.stated()?))
}

/// The workloads that the configurations or the flags name; `None` where neither names one.
fn named(old: &Side, new: &Side) -> Option<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::new();
    for workload in [old, new]
        .iter()
        .filter_map(|side| side.stated().workload.as_ref())
    {
        let target = Target::of(workload);
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    (!targets.is_empty()).then_some(targets)
}

fn progress(groups: usize, terminal: &Terminal) -> ProgressBar {
    if !terminal.shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(groups.saturating_mul(100)).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:30} {percent}% {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn tell(bar: &ProgressBar, sections: usize, done: usize, all: usize) {
    let part = done.saturating_mul(100).checked_div(all).unwrap_or(0);
    let place = sections.saturating_mul(100).saturating_add(part);
    bar.set_position(u64::try_from(place).unwrap_or(u64::MAX));
}

fn outcome(sections: &[Section], fail_on: FailOn) -> Outcome {
    let mut changes = sections.iter().flat_map(|section| &section.difference.changes);
    let fails = match fail_on {
        FailOn::NewlyAllowed => changes.any(|change| change.direction == Direction::NewlyAllowed),
        FailOn::Any => changes.next().is_some(),
        FailOn::None => false,
    };
    if fails {
        Outcome::NewlyAllowed
    } else {
        Outcome::Yes
    }
}
