//! Every script of `tests/parity` on host-sim and on a real Envoy: they show the same after each step, or what the script
//! says.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use spiffe_authz_tests::parity::difference::{Comparison, expected_of_envoy, outdated};
use spiffe_authz_tests::parity::observation::Observation;
use spiffe_authz_tests::parity::on_envoy::EnvoySide;
use spiffe_authz_tests::parity::on_host_sim;
use spiffe_authz_tests::parity::script::{self, Differs, Script};
use spiffe_authz_tests::workspace;
use tokio::runtime::Runtime;

/// How many scripts there are at least.
const SCRIPTS: usize = 60;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match script::load() {
        Ok(scripts) => run(&arguments, scripts),
        Err(error) => {
            eprintln!("the scripts cannot be read: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, scripts: Vec<Script>) -> ExitCode {
    let scripts = Arc::new(scripts);
    let envoy = Arc::<OneEnvoy>::default();
    let trials = scripts.iter().map(|script| agreement(script, &envoy));
    let trials = trials.chain(claims(&scripts, &envoy)).collect();
    let conclusion = libtest_mimic::run(arguments, trials);
    envoy.stop();
    conclusion.exit_code()
}

/// Both sides show the same.
fn agreement(script: &Script, envoy: &Arc<OneEnvoy>) -> Trial {
    let (script, envoy) = (script.clone(), Arc::clone(envoy));
    Trial::test(script.name.replacen('-', "::", 1), move || {
        let host_sim = lines(&on_host_sim::run(&script)?);
        refuse_outdated(&script, &host_sim)?;
        compare(&script, &host_sim, &envoy)
    })
}

fn refuse_outdated(script: &Script, host_sim: &[Vec<String>]) -> Result<(), Failed> {
    let last = host_sim.last().map(Vec::as_slice).unwrap_or_default();
    match outdated(script, last).first() {
        Some(differs) => {
            Err(format!("host-sim no longer shows {:?}: {}", differs.host_sim, differs.why).into())
        }
        None => Ok(()),
    }
}

fn compare(script: &Script, host_sim: &[Vec<String>], envoy: &OneEnvoy) -> Result<(), Failed> {
    let expected: Vec<Vec<String>> = host_sim
        .iter()
        .map(|lines| expected_of_envoy(script, lines))
        .collect();
    let seen = envoy.run(script, &expected)?;
    for (step, (expected, seen)) in expected.iter().zip(&seen).enumerate() {
        let Some(seen) = seen else { continue };
        let comparison = Comparison::new(expected, &seen.lines());
        if !comparison.agrees() {
            return Err(format!("after step {step}:\n{comparison}").into());
        }
    }
    Ok(())
}

/// What is true of all scripts together.
fn claims(scripts: &Arc<Vec<Script>>, envoy: &Arc<OneEnvoy>) -> Vec<Trial> {
    let enough = Arc::clone(scripts);
    let listed = Arc::clone(scripts);
    let (another, envoy) = (Arc::clone(scripts), Arc::clone(envoy));
    vec![
        Trial::test(format!("there are at least {SCRIPTS} scripts"), move || {
            let count = enough.len();
            if count >= SCRIPTS {
                Ok(())
            } else {
                Err(format!("{count} scripts").into())
            }
        }),
        Trial::test(
            "each difference stands in the README of host-sim with its reason",
            move || all_listed(&listed),
        ),
        Trial::test(
            "a plugin that does something else on Envoy is found out",
            move || found_out(&another, &envoy),
        ),
        Trial::test("statements that the probe cannot read are an error", unreadable),
    ]
}

fn all_listed(scripts: &[Script]) -> Result<(), Failed> {
    let readme = workspace::root().join("host-sim/README.md");
    let readme = std::fs::read_to_string(readme).map_err(|error| error.to_string())?;
    let missing: Vec<&Differs> = scripts
        .iter()
        .flat_map(|script| &script.differs)
        .filter(|differs| !readme.contains(&differs.why))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("{missing:#?}").into())
    }
}

/// The comparison can fail: Envoy runs a plugin that adds another header, and the upstream sees it.
fn found_out(scripts: &[Script], envoy: &OneEnvoy) -> Result<(), Failed> {
    let script = scripts.iter().find(|script| script.name == "http-first");
    let script = script.ok_or("`http-first` is gone")?;
    let host_sim = lines(&on_host_sim::run(script)?);
    let mut other = script.clone();
    "http-found-out".clone_into(&mut other.name);
    for statement in other
        .probe
        .iter_mut()
        .flat_map(|probe| probe.values_mut())
        .flatten()
    {
        *statement = statement.replace("x-added one", "x-added two");
    }
    let error = compare(&other, &host_sim, envoy)
        .err()
        .ok_or("the difference was not found")?;
    let shown = error.message().unwrap_or_default();
    let both = [
        "host-sim > the upstream got header x-added: one",
        "envoy    > the upstream got header x-added: two",
    ];
    match both.iter().find(|line| !shown.contains(*line)) {
        Some(line) => Err(format!("`{line}` is not in\n{shown}").into()),
        None => Ok(()),
    }
}

/// A probe without statements would do the same on both sides.
fn unreadable() -> Result<(), Failed> {
    let text = "about: x\nprobe: {request_headers: [get_header_map_pears request_headers]}\nsteps: []\n";
    let script = Script::parse("http-unreadable", text)?;
    let error = on_host_sim::run(&script).err().ok_or("it ran")?;
    if error.contains("`get_header_map_pears` is neither a hostcall nor a deed") {
        Ok(())
    } else {
        Err(error.into())
    }
}

fn lines(observations: &[Observation]) -> Vec<Vec<String>> {
    observations.iter().map(Observation::lines).collect()
}

/// The Envoy of all scripts: started for the first, one script at a time.
#[derive(Default)]
struct OneEnvoy {
    running: Mutex<Option<Running>>,
}

struct Running {
    side: EnvoySide,
    runtime: Runtime,
}

impl OneEnvoy {
    fn run(&self, script: &Script, expected: &[Vec<String>]) -> Result<Vec<Option<Observation>>, String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            let runtime = Runtime::new().map_err(|error| error.to_string())?;
            let side = runtime.block_on(EnvoySide::start())?;
            *running = Some(Running { side, runtime });
        }
        match running.as_mut() {
            Some(Running { side, runtime }) => runtime.block_on(side.run(script, expected)),
            None => Err("Envoy has just been started".to_owned()),
        }
    }

    fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { side, runtime }) = running
            && let Err(error) = runtime.block_on(side.stop())
        {
            eprintln!("Envoy does not end: {error}");
        }
    }
}
