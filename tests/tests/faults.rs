//! Faults of the filter in a real Envoy: nothing reaches the application that policy does not allow.
//!
//! Each fault comes with few requests and in one of the shipped sidecars, with the interlock as shipped. `make faults` brings
//! each into all of them, with 1,000 requests, and also shows what arrives without the interlock.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use spiffe_authz_tests::faults::{FAULTS, Fault, Interlock, Kind, Until, run};

const REQUESTS: usize = 40;

fn main() -> ExitCode {
    let trials = (0..)
        .zip(FAULTS)
        .map(|(number, fault)| trial(fault, kind(number, &fault)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// The kinds take turns.
fn kind(number: usize, fault: &Fault) -> Kind {
    let mut kinds = Kind::ALL.into_iter().cycle().skip(number);
    kinds
        .find(|kind| fault.applies_to(*kind))
        .expect("every fault applies to some kind")
}

/// A good update has Envoy compile another module, so one kind of the three goes on until the fault is over.
fn until(kind: Kind) -> Until {
    match kind {
        Kind::Strict => Until::Recovery,
        Kind::Permissive | Kind::Tcp => Until::Load,
    }
}

fn trial(fault: Fault, kind: Kind) -> Trial {
    let name = format!(
        "what policy does not allow stays out of {kind} under: {}",
        fault.title()
    );
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(run(&fault, kind, Interlock::Shipped, REQUESTS, until(kind)));
        outcome
            .and_then(|outcome| outcome.check(&fault, kind))
            .map_err(Failed::from)
    })
}
