//! The walk of `make demo-migration`: PERMISSIVE with mixed traffic, readiness, the move to mTLS, STRICT by a hot update.
//!
//! The walk is walked once, and each claim reads its tables. A peer that does not move has a walk of its own.

use std::net::IpAddr;
use std::process::Output;
use std::sync::OnceLock;

use spiffe_authz_demo::layout::Layout;
use spiffe_authz_demo::migration::addresses::Addresses;
use spiffe_authz_demo::migration::peer::Peer;
use spiffe_authz_tests::demo_command::DemoCommand;

/// What the whole walk printed.
fn walk() -> &'static str {
    static WALK: OnceLock<String> = OnceLock::new();
    WALK.get_or_init(|| {
        let walk = DemoCommand::new("migration").unwrap().start("migrate").unwrap();
        assert_eq!(walk.status.code(), Some(0), "{}", text(&walk));
        text(&walk)
    })
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

/// What a step of this number printed.
fn step(text: &str, number: u8) -> &str {
    let start = text
        .find(&format!("\n{number}. "))
        .unwrap_or_else(|| panic!("no step {number} in\n{text}"));
    let rest = &text[start..];
    rest.find(&format!("\n{}. ", number + 1))
        .map_or(rest, |end| &rest[..end])
}

/// The cells of the table rows whose first cell is `first`: they stand at least two blanks apart.
fn rows<'t>(text: &'t str, first: &str) -> Vec<Vec<&'t str>> {
    let rows = text.lines().filter_map(|line| {
        let row = line.strip_prefix(" ✓ ").or_else(|| line.strip_prefix(" ✗ "))?;
        let cells = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        Some(cells.collect::<Vec<_>>())
    });
    rows.filter(|cells| cells[0] == first).collect()
}

fn address(peer: Peer) -> IpAddr {
    Addresses::pick().of(peer)
}

/// The addresses of lines that `readiness` printed, those that block or those that do not.
fn addresses(text: &str, do_block: bool) -> Vec<IpAddr> {
    let lines = text.lines().filter(|line| line.ends_with("blocks") == do_block);
    let mut addresses: Vec<IpAddr> = lines
        .filter_map(|line| line.split_ascii_whitespace().next()?.parse().ok())
        .collect();
    addresses.sort();
    addresses
}

#[test]
fn every_row_of_the_walk_is_as_expected() {
    let ticks = walk().matches(" ✓ ").count();
    assert!(ticks > 20, "{}", walk());
    assert!(!walk().contains('✗'), "{}", walk());
    assert!(
        walk().contains(&format!("all {ticks} rows as expected")),
        "{}",
        walk()
    );
}

#[test]
fn readiness_names_those_who_come_in_plaintext_and_not_who_is_denied_anyway() {
    let asked = step(walk(), 2);
    let mut blocking = vec![address(Peer::Frontend), address(Peer::OrdersJob)];
    blocking.dedup();
    assert_eq!(addresses(asked, true), blocking, "{asked}");
    assert!(asked.contains("  not-yet\n"), "{asked}");
    assert!(
        blocking.contains(&address(Peer::Scanner)) || addresses(asked, false) == [address(Peer::Scanner)],
        "{asked}"
    );
}

#[test]
fn a_peer_that_has_moved_is_answered_as_before() {
    for (peer, way) in [
        ("frontend", "mTLS, its Envoy"),
        ("orders' job", "mTLS, SVID of orders"),
    ] {
        let before = rows(step(walk(), 1), peer);
        let after = rows(step(walk(), 3), peer);
        assert!(before[0][1].starts_with("plaintext from 127."), "{before:?}");
        assert_eq!(after[0][1], way);
        assert_eq!(before[0][2..], after[0][2..]);
        assert_eq!(after[0][4], "200");
    }
}

#[test]
fn readiness_says_safe_before_strict_and_strict_already_behind_it() {
    let before = step(walk(), 4);
    assert!(before.contains("  safe\n"), "{before}");
    assert_eq!(addresses(before, true), Vec::<IpAddr>::new(), "{before}");
    let behind = step(walk(), 6);
    assert!(behind.contains("  already-strict\n"), "{behind}");
    assert!(
        behind.contains("Nothing is left to do: every port is STRICT already."),
        "{behind}"
    );
}

#[test]
fn no_request_with_mtls_fails_while_strict_comes_into_force() {
    for peer in ["orders", "frontend", "orders' job"] {
        let row = &rows(step(walk(), 5), peer)[0];
        let count = |cell: usize| row[cell].parse::<u32>().unwrap();
        assert!(count(2) > 0 && count(4) > 0, "{row:?}");
        assert_eq!(row[6], "0", "{row:?}");
    }
}

#[test]
fn plaintext_is_refused_by_name_then_on_a_connection_from_before_as_well() {
    let refused = step(walk(), 6);
    for peer in ["frontend", "orders' job", "scanner", "quiet client"] {
        let rows = rows(refused, peer);
        let plaintext = rows
            .iter()
            .find(|row| row[1].starts_with("plaintext from"))
            .unwrap();
        assert_eq!(plaintext[4..], ["403", "mtls-required"]);
    }
}

#[test]
fn the_way_back_and_forth_is_a_hot_update_too() {
    let answers: Vec<&str> = rows(step(walk(), 7), "quiet client")
        .iter()
        .map(|row| row[4])
        .collect();
    assert_eq!(answers, ["200", "403"]);
}

#[test]
fn a_peer_that_stays_in_plaintext_ends_the_walk_before_strict_by_name() {
    let demo = DemoCommand::new("migration-stopped").unwrap();
    let walk = demo
        .start_with("migrate", &["--stays-in-plaintext", "frontend"])
        .unwrap();
    let shown = text(&walk);
    assert_eq!(walk.status.code(), Some(2), "{shown}");
    let named = format!(
        "frontend still comes in plaintext from {}",
        address(Peer::Frontend)
    );
    assert!(shown.contains(&named), "{shown}");
    assert!(!shown.contains("  safe\n"), "{shown}");
    assert!(!shown.contains("\n5. "), "{shown}");
    let layout = Layout::new(&demo.folder()).unwrap();
    let policies = std::fs::read_to_string(layout.policies()).unwrap();
    assert!(policies.contains("mode: PERMISSIVE"), "{policies}");
}
