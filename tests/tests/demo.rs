//! The demo's command: its table, and what it says when a process of the mesh dies.

use std::process::Output;

use spiffe_authz_demo::scenario::ROWS;
use spiffe_authz_tests::demo_command::{DemoCommand, is_there, kill};

/// A cause of each kind, and requests that must be among the rows.
const SHOWN_IN_THE_TABLE: [&str; 5] = [
    "mtls-required",
    "matched-deny shop/no-admin",
    "handshake:",
    "/orders/../admin",
    "XFCC",
];

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

/// Kills a process of a running mesh: `rows` must name it and end with status 1, and `down` must end the rest.
fn survives_the_death_of(test: &str, process_name: &str) {
    let demo = DemoCommand::new(test).unwrap();
    let up = demo.start("up").unwrap();
    assert!(up.status.success(), "{}", text(&up));
    let processes = demo.processes().unwrap();
    let victim = processes
        .iter()
        .find(|process| process.name == process_name)
        .unwrap();
    kill(victim).unwrap();

    let rows = demo.run("rows").unwrap();
    let shown = text(&rows);
    assert_eq!(rows.status.code(), Some(1), "{shown}");
    assert!(
        shown.contains(&format!("{process_name} ended: signal 9 (SIGKILL)")),
        "{shown}"
    );
    assert!(shown.contains('✗'), "no row is marked as wrong:\n{shown}");
    assert!(
        shown.contains('✓'),
        "the rows of the others are not judged:\n{shown}"
    );

    let down = demo.run("down").unwrap();
    assert!(down.status.success(), "{}", text(&down));
    let left: Vec<&str> = processes
        .iter()
        .filter(|process| is_there(process).unwrap())
        .map(|process| process.name.as_str())
        .collect();
    assert_eq!(left, Vec::<&str>::new());
}

#[test]
fn every_row_of_the_table_is_as_expected() {
    let demo = DemoCommand::new("demo-run").unwrap();
    let run = demo.start("run").unwrap();
    let shown = text(&run);
    assert!(run.status.success(), "{shown}");
    assert!(
        shown.contains(&format!("all {} rows as expected", ROWS.len())),
        "{shown}"
    );
    assert_eq!(shown.matches('✓').count(), ROWS.len(), "{shown}");
    for part in SHOWN_IN_THE_TABLE {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    assert!(demo.processes().is_err(), "the mesh is still up");
}

#[test]
fn an_application_that_is_killed_shows_in_the_table() {
    survives_the_death_of("demo-application", "orders' application");
}

#[test]
fn a_sidecar_that_is_killed_shows_in_the_table() {
    survives_the_death_of("demo-sidecar", "orders' Envoy");
}

#[test]
fn a_command_that_needs_a_mesh_says_that_none_is_up() {
    let demo = DemoCommand::new("demo-none").unwrap();
    let rows = demo.run("rows").unwrap();
    assert_eq!(rows.status.code(), Some(1));
    assert!(text(&rows).contains("no mesh is up"), "{}", text(&rows));
}
