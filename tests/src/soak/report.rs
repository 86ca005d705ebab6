//! The report, for people.

use std::fmt::Write as _;
use std::time::Duration;

use hdrhistogram::Histogram;
use spiffe_authz_bench::table::Table;

use crate::soak::ask::Ask;
use crate::soak::findings::Findings;
use crate::soak::judge::Verdict;
use crate::soak::memory::Life;

/// Everything that was found, as text.
#[must_use]
pub fn text(findings: &Findings) -> String {
    let parts = [
        conditions(findings),
        decisions(findings),
        findings_by_application(findings),
        changes(findings),
        latency(findings),
        memory(findings),
        faults(findings),
    ];
    parts.join("\n")
}

fn conditions(findings: &Findings) -> String {
    format!(
        "seed {}, {} of load by {} clients at {:.0} requests a second: half of the peak of {:.0}, whose requests count too\n\
         an update counts as settled {} after Envoy says that it has it\n\
         a kill explains errors until {} after the restart\n",
        findings.seed,
        time(findings.length),
        findings.clients,
        findings.rate,
        findings.peak,
        time(findings.settle),
        time(findings.margin),
    )
}

fn decisions(findings: &Findings) -> String {
    let mut table = Table::new(["request", "allowed", "denied", "wrong", "explained", "ours"]);
    let verdicts = &findings.counts.verdicts;
    for ask in Ask::ALL {
        let count = |verdict| verdicts.get(&(ask, verdict)).copied().unwrap_or_default();
        table.row(row(ask.word(), count));
    }
    table.row(row("all", |verdict| findings.counts.of(verdict)));
    table.to_string()
}

fn row(name: &str, count: impl Fn(Verdict) -> u64) -> Vec<String> {
    let verdicts = [
        Verdict::Allowed,
        Verdict::Denied,
        Verdict::Wrong,
        Verdict::Explained,
        Verdict::Ours,
    ];
    let counts = verdicts.map(|verdict| count(verdict).to_string());
    std::iter::once(name.to_owned()).chain(counts).collect()
}

fn findings_by_application(findings: &Findings) -> String {
    format!(
        "arrivals that the applications wrote down: {}, forbidden among them: {}\n",
        findings.arrivals,
        findings.forbidden_arrivals.len(),
    )
}

fn changes(findings: &Findings) -> String {
    let updates = &findings.updates;
    let longest = findings.outages.iter().max();
    let explained: Vec<String> = findings
        .counts
        .explained
        .iter()
        .map(|(answer, count)| format!("{answer} {count}"))
        .collect();
    format!(
        "updates: {} applied (p50 {} ms, p99 {} ms), {} bad ones rejected, {} to an Envoy that was down or was killed before it answered\n\
         rotations of all SVIDs: {}\n\
         kill -9: {} of Envoys, {} of applications; longest until it served again: {}\n\
         errors that these explain: {}\n",
        updates.applied,
        updates.delay.value_at_quantile(0.5),
        updates.delay.value_at_quantile(0.99),
        updates.rejected,
        updates.unanswered,
        findings.rotations,
        findings.killed_envoys,
        findings.killed_applications,
        longest.map_or_else(|| "-".to_owned(), |longest| time(*longest)),
        if explained.is_empty() {
            "none".to_owned()
        } else {
            explained.join(", ")
        },
    )
}

fn latency(findings: &Findings) -> String {
    let mut table = Table::new(["latency", "decisions", "p50", "p99", "p99.9"]);
    let counts = &findings.counts;
    for (name, histogram) in [
        ("all", &counts.latency),
        ("while nothing was down", &counts.undisturbed),
    ] {
        table.row(latency_row(name, histogram));
    }
    format!(
        "{table}requests that clients left out, being behind: {}\n",
        counts.skipped
    )
}

fn latency_row(name: &str, histogram: &Histogram<u64>) -> Vec<String> {
    let at = |quantile| time(Duration::from_micros(histogram.value_at_quantile(quantile)));
    let quantiles = [0.5, 0.99, 0.999].map(at);
    let named = [name.to_owned(), histogram.len().to_string()];
    named.into_iter().chain(quantiles).collect()
}

fn memory(findings: &Findings) -> String {
    let mut table = Table::new([
        "memory of the Envoy of",
        "lives",
        "longest",
        "first MiB",
        "last MiB",
        "most MiB",
        "growth an hour",
    ]);
    let mut names: Vec<&str> = findings.lives.iter().map(|life| life.workload).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let lives: Vec<&Life> = findings
            .lives
            .iter()
            .filter(|life| life.workload == name)
            .collect();
        table.row(memory_row(name, &lives));
    }
    table.to_string()
}

/// First, last and growth are of the longest life.
fn memory_row(name: &str, lives: &[&Life]) -> Vec<String> {
    let longest = lives.iter().max_by(|a, b| a.minutes().total_cmp(&b.minutes()));
    let mib = |point: Option<&(f64, f64)>| point.map_or("-".to_owned(), |point| format!("{:.1}", point.1));
    let points = || lives.iter().flat_map(|life| &life.points);
    let growth = longest.and_then(|life| life.growth());
    vec![
        name.to_owned(),
        lives.len().to_string(),
        longest.map_or("-".to_owned(), |life| format!("{:.1} min", life.minutes())),
        mib(longest.and_then(|life| life.points.first())),
        mib(longest.and_then(|life| life.points.last())),
        mib(points().max_by(|a, b| a.1.total_cmp(&b.1))),
        growth.map_or("too short".to_owned(), |growth| format!("{growth:+.1} MiB")),
    ]
}

fn faults(findings: &Findings) -> String {
    let mut text = String::new();
    let counts = &findings.counts;
    let forbidden = findings.forbidden_arrivals.iter().take(20);
    for forbidden in forbidden {
        let _ = writeln!(text, "FORBIDDEN ARRIVAL: {forbidden}");
    }
    for line in counts.examples.iter().chain(&counts.failures) {
        let _ = writeln!(text, "FAILED: {line}");
    }
    let _ = writeln!(
        text,
        "wrong decisions: {}, forbidden arrivals: {}, errors of ours: {}",
        counts.of(Verdict::Wrong),
        findings.forbidden_arrivals.len(),
        findings.ours(),
    );
    text
}

fn time(duration: Duration) -> String {
    spiffe_authz_bench::figures::duration(duration)
}
