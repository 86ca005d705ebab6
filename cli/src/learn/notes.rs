//! What people are told beside the policies.

use spiffe_authz_analysis::learn::{Mismatch, Verification};

use crate::learn::Arguments;
use crate::learn::report::{NotLearnedEntry, PolicyEntry, Report};
use crate::log_lines::Census;
use crate::terminal::Terminal;

/// How many lines of one kind are shown; the report has all.
const SHOWN: usize = 8;

pub(super) fn write(terminal: &Terminal, arguments: &Arguments, census: &Census, report: &Report) {
    census.note(terminal);
    not_learned(terminal, &report.not_learned);
    for policy in &report.policies {
        learned(terminal, policy);
        wide(terminal, policy);
    }
    if arguments.report.is_none() && report.policies.iter().any(|policy| policy.wide.len() > SHOWN) {
        terminal.note("everything: `--report FILE`");
    }
}

fn not_learned(terminal: &Terminal, entries: &[NotLearnedEntry]) {
    if !entries.is_empty() {
        terminal.note("not learned from:");
    }
    for entry in entries {
        terminal.note(&format!(
            "  {} {}: {}",
            entry.count, entry.reason, entry.explanation
        ));
        for example in &entry.examples {
            terminal.note(&format!("    {}:{}: {}", example.log, example.line, example.seen));
        }
    }
}

fn learned(terminal: &Terminal, policy: &PolicyEntry) {
    let fewest = if policy.has_fewest_rules {
        "no fewer do"
    } else {
        "fewer may do"
    };
    let between = match (&policy.first, &policy.last) {
        (Some(first), Some(last)) => format!(" from {first} to {last}"),
        (Some(_) | None, _) => String::new(),
    };
    terminal.note(&format!(
        "{}: {} rules ({fewest}) of {} requests and connections{between}",
        policy.policy, policy.rules, policy.requests
    ));
    terminal.note(&format!(
        "  verified by the engine: {} accesses that were seen are allowed, {} near misses are denied",
        policy.verified.allowed, policy.verified.denied
    ));
}

fn wide(terminal: &Terminal, policy: &PolicyEntry) {
    if policy.wide.is_empty() {
        return;
    }
    terminal.note("  worth a look:");
    for entry in policy.wide.iter().take(SHOWN) {
        terminal.note(&format!("    {}: {}", entry.kind, entry.sentence));
    }
    if let Some(more @ 1..) = policy.wide.len().checked_sub(SHOWN) {
        terminal.note(&format!("    and {more} more"));
    }
}

/// Where the engine says otherwise than was meant.
pub(super) fn mismatches(verification: &Verification) -> String {
    let told = |mismatch: &Mismatch| match mismatch {
        Mismatch::Denied(access, cause) => format!("\n  seen, and denied ({cause}): {access}"),
        Mismatch::Allowed(access) => format!("\n  not seen, and allowed: {access}"),
    };
    let count = verification.mismatches.len();
    let shown: String = verification.mismatches.iter().take(SHOWN).map(told).collect();
    format!("the engine says otherwise than was meant of {count} accesses; no policy is printed{shown}")
}
