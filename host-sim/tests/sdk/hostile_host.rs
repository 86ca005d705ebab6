//! What a plugin of the SDK makes of a host that answers each status in turn.

use spiffe_authz_host_sim::{Nonsense, Outcome, Status, StatusLie, TrapCause};

use crate::kit::{ask, start};

/// What becomes of a request where the host tells this lie from the first request on.
fn outcome(plugin: &str, lie: StatusLie) -> Outcome {
    let mut plugin = start(plugin);
    plugin.set_nonsense(lie.always());
    let (_, outcome) = ask(&mut plugin, "/");
    assert_eq!(
        plugin.failure().is_some(),
        matches!(outcome, Outcome::Trapped(_)),
        "{lie}"
    );
    outcome
}

/// The statuses of a hostcall at which the plugin lets the request pass; at any other it panics.
fn taken(plugin: &str, hostcall: &str) -> Vec<Status> {
    let lies = Nonsense::each_status().filter(|lie| lie.hostcall == hostcall);
    let passing = lies.filter(|lie| match outcome(plugin, *lie) {
        Outcome::Continue => true,
        Outcome::Trapped(trap) if trap.cause == TrapCause::Unreachable => false,
        other @ (Outcome::Pause
        | Outcome::LocalReply(_)
        | Outcome::Closed
        | Outcome::Trapped(_)
        | Outcome::Failed
        | Outcome::OutOfOrder) => panic!("{lie}: {other:?}"),
    });
    passing.map(|lie| lie.status).collect()
}

#[test]
fn the_sdk_takes_a_property_that_is_there_or_is_not_and_panics_at_anything_else() {
    assert_eq!(
        taken("properties", "proxy_get_property"),
        [Status::Ok, Status::NotFound]
    );
}

#[test]
fn the_sdk_panics_at_any_change_that_is_refused() {
    for hostcall in ["proxy_add_header_map_value", "proxy_set_property"] {
        assert_eq!(taken("properties", hostcall), [Status::Ok], "{hostcall}");
    }
}

#[test]
fn a_hostcall_that_a_plugin_does_not_make_changes_nothing_whatever_it_would_answer() {
    let mut plugin = start("properties");
    let (stream, _) = ask(&mut plugin, "/");
    let made = stream.hostcalls();
    let others = Nonsense::each_status().filter(|lie| !made.contains_key(lie.hostcall));
    for lie in others.step_by(13) {
        assert_eq!(outcome("properties", lie), Outcome::Continue, "{lie}");
    }
}
