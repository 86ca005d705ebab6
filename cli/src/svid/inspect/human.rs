//! The report as people read it.

use std::fmt::Write as _;

use spiffe_authz_pki::Duration;

use crate::svid::inspect::report::{Report, RuleReport};
use crate::svid::span;

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const RESET: &str = "\u{1b}[0m";

/// The report, with colours or without.
pub(crate) fn text(report: &Report, has_colour: bool) -> String {
    let mut text = String::new();
    for (name, value) in facts(report) {
        let _ = writeln!(text, "{name:<13} {value}");
    }
    text.push('\n');
    let width = report.rules.iter().map(|rule| rule.title.chars().count()).max();
    for rule in &report.rules {
        let _ = writeln!(text, "{}", line(rule, width.unwrap_or(0), has_colour));
    }
    let _ = writeln!(text, "\n{}", verdict(report, has_colour));
    text
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let workload = report.workload.as_ref().map(|workload| {
        format!(
            "namespace {}, service account {}",
            workload.namespace, workload.service_account
        )
    });
    let mut facts = vec![
        (
            "SPIFFE ID",
            Some(report.spiffe_id.clone().unwrap_or_else(|| "none".to_owned())),
        ),
        ("trust domain", report.trust_domain.clone()),
        ("workload", workload),
        (
            "DNS SANs",
            (!report.dns_sans.is_empty()).then(|| report.dns_sans.join(", ")),
        ),
        ("serial", report.serial_number.clone()),
        ("SHA-256", Some(report.sha256_digest.clone())),
        ("key", report.key_type.clone()),
        ("issuer", report.issuer.clone()),
        ("not before", report.not_before.clone()),
        (
            "not after",
            report
                .not_after
                .as_ref()
                .map(|end| with_rest(end, report.remaining_seconds)),
        ),
    ];
    facts.push(("chain", Some(chain(report))));
    facts
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn with_rest(end: &str, remaining: Option<i64>) -> String {
    match remaining {
        None => end.to_owned(),
        Some(seconds) if seconds < 0 => {
            format!(
                "{end} (ended {} ago)",
                span::in_words(Duration::seconds(seconds).abs())
            )
        }
        Some(seconds) => format!("{end} ({} left)", span::in_words(Duration::seconds(seconds))),
    }
}

fn chain(report: &Report) -> String {
    let bundle = report.chain.bundle.as_deref().unwrap_or_default();
    match (report.chain.verdict, &report.chain.reason) {
        ("verified", _) => format!("ends in {bundle}"),
        (_, Some(reason)) => format!("does not end in {bundle}: {reason}"),
        (_, None) => "not verified: give the trust bundle with --bundle".to_owned(),
    }
}

fn line(rule: &RuleReport, width: usize, has_colour: bool) -> String {
    let (sign, colour) = match rule.verdict {
        "holds" => ("✓", GREEN),
        "broken" => ("✗", RED),
        _ => ("-", ""),
    };
    let sign = painted(sign, colour, has_colour);
    format!(
        "{sign} {:<width$}  {:<16}  {}",
        rule.title, rule.section, rule.found
    )
}

fn verdict(report: &Report, has_colour: bool) -> String {
    match report.cause {
        None => painted("a valid SVID", GREEN, has_colour),
        Some("chain") => format!(
            "{}: no peer that trusts this bundle takes it",
            painted("not valid", RED, has_colour)
        ),
        Some(cause) => format!(
            "{}: profile zero-trust denies a peer that shows it with `{cause}`",
            painted("not valid", RED, has_colour)
        ),
    }
}

fn painted(text: &str, colour: &str, has_colour: bool) -> String {
    if has_colour && !colour.is_empty() {
        format!("{colour}{text}{RESET}")
    } else {
        text.to_owned()
    }
}
