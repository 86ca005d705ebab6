//! Brings every fault into every shipped sidecar, on a real Envoy, and counts what reaches the application.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use spiffe_authz_tests::faults::{FAULTS, Fault, Interlock, Kind, Row, Until, run, table};

/// Brings every fault into every shipped sidecar, on a real Envoy, and counts what reaches the application.
#[derive(Parser)]
struct Arguments {
    /// How many requests each fault gets: half of them allowed, half denied.
    #[arg(long, default_value_t = 1_000)]
    requests: usize,
    /// Only the faults whose title holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// Only the sidecars whose name holds this, such as `tcp.yaml`.
    #[arg(long, default_value = "")]
    sidecar: String,
}

/// What came of one kind of sidecar.
#[derive(Default)]
struct Ran {
    rows: Vec<Row>,
    failures: Vec<String>,
}

/// How many faults are over, for whoever watches.
static OVER: AtomicUsize = AtomicUsize::new(0);

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let [strict, permissive, tcp] = Kind::ALL.map(|kind| run_kind(kind, &arguments));
    let (strict, permissive, tcp) = tokio::join!(strict, permissive, tcp);
    let mut whole = Ran::default();
    for ran in [strict, permissive, tcp] {
        whole.rows.extend(ran.rows);
        whole.failures.extend(ran.failures);
    }
    end_progress();
    println!("{}", table(&whole.rows));
    for failure in &whole.failures {
        println!("FAILED: {failure}");
    }
    println!(
        "{} faults in sidecars, {} failures",
        whole.rows.len(),
        whole.failures.len()
    );
    if whole.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Every fault that this kind of sidecar can have, one after the other.
async fn run_kind(kind: Kind, arguments: &Arguments) -> Ran {
    let mut ran = Ran::default();
    let faults = FAULTS
        .into_iter()
        .filter(|fault| is_wanted(fault, kind, arguments));
    for fault in faults {
        let failed = |error| format!("{kind}, {}: {error}", fault.title());
        match run_fault(&fault, kind, arguments.requests).await {
            Ok(row) => {
                ran.failures
                    .extend(row.shipped.check(&fault, kind).err().map(failed));
                ran.rows.push(row);
            }
            Err(error) => ran.failures.push(failed(error)),
        }
        show_progress(kind, &fault);
    }
    ran
}

fn is_wanted(fault: &Fault, kind: Kind, arguments: &Arguments) -> bool {
    fault.applies_to(kind)
        && fault.title().contains(&arguments.only)
        && kind.to_string().contains(&arguments.sidecar)
}

async fn run_fault(fault: &Fault, kind: Kind, requests: usize) -> Result<Row, String> {
    let shipped = run(fault, kind, Interlock::Shipped, requests, Until::Recovery).await?;
    let removed = run(fault, kind, Interlock::Removed, requests, Until::Load).await;
    Ok(Row {
        fault: *fault,
        kind,
        shipped,
        removed: removed.map_err(|error| format!("without the interlock: {error}"))?,
    })
}

fn show_progress(kind: Kind, fault: &Fault) {
    let over = OVER.fetch_add(1, Ordering::Relaxed) + 1;
    if std::io::stderr().is_terminal() {
        let all: usize = Kind::ALL
            .map(|kind| FAULTS.iter().filter(|it| it.applies_to(kind)).count())
            .iter()
            .sum();
        eprint!("\r\x1b[K{over} of at most {all}: {kind}, {}", fault.title());
        // Progress that cannot be shown is no reason to stop.
        let _ = std::io::stderr().flush();
    }
}

fn end_progress() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
