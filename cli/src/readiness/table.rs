//! The answer as a table.

use crate::readiness::report::{Peer, Port, Report};

/// How many peers of a port are shown; the JSON form has all.
const SHOWN: usize = 20;

/// The colours of verdicts.
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const RED: &str = "\u{1b}[31m";
const RESET: &str = "\u{1b}[0m";

pub(super) fn render(report: &Report, has_colour: bool) -> String {
    let head = ["WORKLOAD", "PORT", "SEEN", "MTLS", "PLAINTEXT", "VERDICT"].map(str::to_owned);
    let mut rows = vec![(head, None)];
    rows.extend(report.ports.iter().map(|port| (row(port), Some(port))));
    let widths = widths(rows.iter().map(|(cells, _)| cells));
    let mut text = String::new();
    for (cells, port) in &rows {
        let colour = port.filter(|_| has_colour).map(colour);
        text.push_str(&line(cells, &widths, colour));
    }
    report.ports.iter().for_each(|port| text.push_str(&details(port)));
    if let Some(count @ 1..) = report.denied_without_mtls {
        text.push_str(&format!(
            "\nThe filter denied {count} for want of mTLS (cause `mtls-required`).\n"
        ));
    }
    text.push_str(next_step(report));
    text
}

fn row(port: &Port) -> [String; 6] {
    let (seen, mtls, plaintext) = match (&port.logged, &port.counted) {
        (Some(logged), _) => (logged.total, logged.mtls, logged.plaintext),
        (None, Some(counted)) => (counted.connections, counted.mtls, counted.without_mtls),
        (None, None) => (0, 0, 0),
    };
    [
        port.workload.clone(),
        port.port.map_or("-".to_owned(), |port| port.to_string()),
        seen.to_string(),
        share(mtls, seen),
        plaintext.to_string(),
        port.verdict.to_owned(),
    ]
}

/// Per cent with one decimal, rounded down: 100 % is all of them.
fn share(part: u64, whole: u64) -> String {
    let thousandths = part.saturating_mul(1000).checked_div(whole);
    match thousandths.and_then(|share| Some((share.checked_div(10)?, share.checked_rem(10)?))) {
        Some((per_cent, tenths)) => format!("{per_cent}.{tenths} %"),
        None => "-".to_owned(),
    }
}

fn widths<'c>(rows: impl Iterator<Item = &'c [String; 6]>) -> [usize; 6] {
    rows.fold([0; 6], |mut widths, cells| {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
        widths
    })
}

/// Numbers stand on the right.
fn line(cells: &[String; 6], widths: &[usize; 6], colour: Option<&str>) -> String {
    let [workload, port, seen, mtls, plaintext, verdict] = cells;
    let [of_workload, of_port, of_seen, of_mtls, of_plaintext, _] = *widths;
    let (start, end) = colour.map_or(("", ""), |colour| (colour, RESET));
    format!(
        "{workload:of_workload$}  {port:>of_port$}  {seen:>of_seen$}  {mtls:>of_mtls$}  {plaintext:>of_plaintext$}  \
         {start}{verdict}{end}\n"
    )
}

fn colour(port: &Port) -> &'static str {
    match port.verdict {
        "safe" | "already-strict" => GREEN,
        "not-yet" => RED,
        _ => YELLOW,
    }
}

/// The verdict as a sentence, and who came without a certificate.
fn details(port: &Port) -> String {
    let name = port
        .port
        .map_or("no port said".to_owned(), |port| format!("port {port}"));
    let mut text = format!("\n{}, {name}: {}\n", port.workload, port.reason);
    if port.plaintext_peers.is_empty() {
        return text;
    }
    let width = port
        .plaintext_peers
        .iter()
        .map(|peer| peer.address.len())
        .max()
        .unwrap_or(0)
        .max(7);
    text.push_str(&format!(
        "  {:width$}  {:>8}  {:>8}  {:20}  LAST SEEN\n",
        "ADDRESS", "ADMITTED", "DENIED", "FIRST SEEN"
    ));
    for peer in port.plaintext_peers.iter().take(SHOWN) {
        text.push_str(&peer_line(peer, width));
    }
    if let Some(more @ 1..) = port.plaintext_peers.len().checked_sub(SHOWN) {
        text.push_str(&format!("  and {more} more: `--format json`\n"));
    }
    text
}

fn peer_line(peer: &Peer, width: usize) -> String {
    let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "not said".to_owned());
    let line = format!(
        "  {:width$}  {:>8}  {:>8}  {:20}  {:20}  {}",
        peer.address,
        peer.admitted,
        peer.denied,
        time(&peer.first),
        time(&peer.last),
        if peer.is_blocking { "blocks" } else { "" }
    );
    format!("{}\n", line.trim_end())
}

fn next_step(report: &Report) -> &'static str {
    let has = |verdict| report.ports.iter().any(|port| port.verdict == verdict);
    if report.ports.is_empty() {
        "\nNothing was seen: give the access log of the workload, or its metrics.\n"
    } else if has("not-yet") {
        "\nNext: give the peers that block an SVID, then ask again.\n"
    } else if has("not-known") {
        "\nNext: let the access log run on, then ask again; nothing is safe that is not known.\n"
    } else if has("safe") {
        "\nNext: set `mode: STRICT` in the PeerAuthentication.\n"
    } else {
        "\nNothing is left to do: every port is STRICT already.\n"
    }
}
