//! The answer for people.

use spiffe_authz_analysis::difference::{Change, Coverage, Described, Direction, Verdict};

use crate::diff::command::Command;
use crate::diff::paint::Paint;
use crate::diff::{Arguments, Section};
use crate::terminal::Terminal;

/// How many values of a dimension are listed.
const MOST_VALUES: usize = 5;
/// How many workloads of a section are named.
const MOST_TARGETS: usize = 4;

pub(super) fn text(
    sections: &[Section],
    arguments: &Arguments,
    command: &Command,
    is_bounded: bool,
    terminal: &Terminal,
) -> String {
    let page = Page {
        arguments,
        command,
        paint: Paint(terminal.stdout_has_colour()),
    };
    let mut lines = Vec::new();
    for section in sections
        .iter()
        .filter(|section| !section.difference.changes.is_empty())
    {
        lines.push(page.paint.bold(&title(section)));
        page.add_changes(section, Direction::NewlyAllowed, &mut lines);
        page.add_changes(section, Direction::NewlyDenied, &mut lines);
        lines.push(String::new());
    }
    lines.push(summary(sections));
    page.add_coverage(sections, is_bounded, &mut lines);
    lines.push(String::new());
    lines.join("\n")
}

struct Page<'a> {
    arguments: &'a Arguments,
    command: &'a Command,
    paint: Paint,
}

fn title(section: &Section) -> String {
    let labels: Vec<&str> = section
        .targets
        .iter()
        .map(|target| target.label.as_str())
        .collect();
    let shown = labels
        .iter()
        .take(MOST_TARGETS)
        .copied()
        .collect::<Vec<_>>()
        .join("; ");
    match labels.len().saturating_sub(MOST_TARGETS) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

impl Page<'_> {
    fn add_changes(&self, section: &Section, direction: Direction, lines: &mut Vec<String>) {
        let changes = section.difference.changes.iter();
        let changes: Vec<&Change> = changes.filter(|change| change.direction == direction).collect();
        if changes.is_empty() {
            return;
        }
        let count = counted(changes.len(), "class of requests", "classes of requests");
        lines.push(String::new());
        lines.push(match direction {
            Direction::NewlyAllowed => self.paint.red(&format!("  newly ALLOWED: {count}")),
            Direction::NewlyDenied => self.paint.yellow(&format!("  newly denied: {count}")),
        });
        for (index, change) in changes.iter().take(self.arguments.limit).enumerate() {
            lines.push(String::new());
            self.add_change(index.saturating_add(1), change, lines);
            self.add_example(section, change, lines);
        }
        if let Some(more) = changes
            .len()
            .checked_sub(self.arguments.limit)
            .filter(|more| *more > 0)
        {
            lines.push(format!(
                "\n    and {more} more: --limit {} shows them all",
                changes.len()
            ));
        }
    }

    fn add_change(&self, number: usize, change: &Change, lines: &mut Vec<String>) {
        lines.push(format!("  {number}. {}", change.scene));
        if change.requests.is_empty() {
            lines.push("     any such request".to_owned());
        }
        for described in &change.requests {
            lines.push(format!(
                "     {:<15} {}",
                described.dimension.to_string(),
                values(described)
            ));
        }
        lines.push(format!("     {:<15} {}", "was", verdict(&change.old)));
        lines.push(format!("     {:<15} {}", "is now", verdict(&change.new)));
        if !change.others.is_empty() {
            lines.push(format!(
                "     {:<15} {}",
                "others of them",
                others(&change.others)
            ));
        }
    }

    /// A line that asks about an example, for the first workload of the section: all of them are decided alike.
    fn add_example(&self, section: &Section, change: &Change, lines: &mut Vec<String>) {
        if let Some(target) = section.targets.first() {
            let line = self.command.line(&target.workload, &change.example);
            lines.push(format!("     {:<15} {}", "for example", self.paint.faint(&line)));
        }
    }

    fn add_coverage(&self, sections: &[Section], is_bounded: bool, lines: &mut Vec<String>) {
        let coverages = || sections.iter().map(|section| &section.difference.coverage);
        let combinations = coverages()
            .flat_map(|one| &one.scenes)
            .fold(0_u128, |all, scene| all.saturating_add(scene.combinations));
        let workloads: usize = sections.iter().map(|section| section.targets.len()).sum();
        lines.push(format!(
            "looked at: {}, {} of classes; {}",
            counted(workloads, "kind of workload", "kinds of workload"),
            counted_wide(combinations, "combination", "combinations"),
            dimensions(coverages())
        ));
        let mut notes: Vec<&String> = coverages().flat_map(|one| &one.notes).collect();
        notes.sort();
        notes.dedup();
        for note in notes {
            lines.push(self.paint.yellow(&format!("not covered: {note}")));
        }
        let is_cut = coverages()
            .flat_map(|one| &one.scenes)
            .any(|scene| scene.is_bounded);
        if is_cut || is_bounded {
            lines.push(
                self.paint
                    .yellow("not covered: a bound on the work was hit; there may be more changes"),
            );
        }
    }
}

fn values(described: &Described) -> String {
    let but = if described.is_all_but { "any but " } else { "" };
    let shown: Vec<&str> = described
        .values
        .iter()
        .take(MOST_VALUES)
        .map(String::as_str)
        .collect();
    let more = described.values.len().saturating_sub(MOST_VALUES);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{but}{}{more}", shown.join(", "))
}

/// A decision in one line.
pub(super) fn verdict(verdict: &Verdict) -> String {
    let rule = match (&verdict.policy, verdict.rule) {
        (Some(policy), Some(rule)) => format!("  {policy} rule {rule}"),
        (Some(_) | None, _) => String::new(),
    };
    format!("{:<5}  {}{rule}", verdict.effect, verdict.cause)
}

/// The rules and causes that decide about other requests of a class.
fn others(others: &[(Verdict, Verdict)]) -> String {
    let mut names: Vec<String> = others
        .iter()
        .flat_map(|(old, new)| [("was", old), ("is now", new)])
        .map(|(when, verdict)| match (&verdict.policy, verdict.rule) {
            (Some(policy), Some(rule)) => format!("{when} {} by {policy} rule {rule}", verdict.effect),
            (Some(_) | None, _) => format!("{when} {} ({})", verdict.effect, verdict.cause),
        })
        .collect();
    names.sort();
    names.dedup();
    let more = names.len().saturating_sub(MOST_VALUES);
    names.truncate(MOST_VALUES);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", names.join("; "))
}

/// How many classes each dimension has at most, over all scenes.
fn dimensions<'c>(coverages: impl Iterator<Item = &'c Coverage>) -> String {
    let mut most = std::collections::BTreeMap::new();
    for dimension in coverages
        .flat_map(|one| &one.scenes)
        .flat_map(|scene| &scene.dimensions)
    {
        let own = most.entry(dimension.dimension.to_string()).or_insert(0);
        *own = dimension.classes.max(*own);
    }
    let parts: Vec<String> = most
        .iter()
        .map(|(name, classes)| format!("{name} {classes}"))
        .collect();
    format!("classes by attribute: {}", parts.join(", "))
}

fn summary(sections: &[Section]) -> String {
    let changes = || sections.iter().flat_map(|section| &section.difference.changes);
    let count = |direction| changes().filter(|change| change.direction == direction).count();
    let (allowed, denied) = (count(Direction::NewlyAllowed), count(Direction::NewlyDenied));
    if allowed == 0 && denied == 0 {
        return "no decision changes".to_owned();
    }
    let affected = sections
        .iter()
        .filter(|section| !section.difference.changes.is_empty());
    let affected: usize = affected.map(|section| section.targets.len()).sum();
    format!(
        "{} newly allowed, {denied} newly denied, for {}",
        counted(allowed, "class", "classes"),
        counted(affected, "kind of workload", "kinds of workload")
    )
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn counted_wide(count: u128, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
