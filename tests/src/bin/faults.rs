//! Brings every fault into every shipped sidecar, on a real Envoy, and counts what reaches the application.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser;
use spiffe_authz_tests::faults::{FAULTS, Fault, Interlock, Kind, Row, run, table};

/// Brings every fault into every shipped sidecar, on a real Envoy, and counts what reaches the application.
#[derive(Parser)]
struct Arguments {
    /// How many requests each fault gets: half of them allowed, half denied.
    #[arg(long, default_value_t = 1_000)]
    requests: usize,
    /// Only the faults whose title holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// Only this sidecar, such as `tcp.yaml`.
    #[arg(long, default_value = "")]
    sidecar: String,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut failures = Vec::new();
    for kind in Kind::ALL {
        if !kind.to_string().contains(&arguments.sidecar) {
            continue;
        }
        let rows = run_kind(kind, &arguments, &mut failures).await;
        println!("\n{kind}\n\n{}", table(&rows));
    }
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    println!("{} failures", failures.len());
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn run_kind(kind: Kind, arguments: &Arguments, failures: &mut Vec<String>) -> Vec<Row> {
    let faults: Vec<Fault> = FAULTS
        .into_iter()
        .filter(|fault| fault.applies_to(kind) && fault.title().contains(&arguments.only))
        .collect();
    let mut rows = Vec::new();
    for (number, fault) in (1..).zip(&faults) {
        show_progress(&format!("{kind} {number}/{}: {}", faults.len(), fault.title()));
        match run_fault(fault, kind, arguments.requests).await {
            Ok((row, checked)) => {
                failures.extend(
                    checked
                        .err()
                        .map(|error| format!("{kind}, {}: {error}", fault.title())),
                );
                rows.push(row);
            }
            Err(error) => failures.push(format!("{kind}, {}: {error}", fault.title())),
        }
    }
    end_progress();
    rows
}

async fn run_fault(fault: &Fault, kind: Kind, requests: usize) -> Result<(Row, Result<(), String>), String> {
    let shipped = run(fault, kind, Interlock::Shipped, requests).await?;
    let removed = run(fault, kind, Interlock::Removed, requests)
        .await
        .map_err(|error| format!("without the interlock: {error}"))?;
    let checked = shipped.check(fault, kind);
    let row = Row {
        fault: *fault,
        shipped,
        removed,
    };
    Ok((row, checked))
}

fn show_progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
        // Progress that cannot be shown is no reason to stop.
        let _ = std::io::stderr().flush();
    }
}

fn end_progress() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
