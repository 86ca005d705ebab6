//! Exact lies: each status at each hostcall.

use std::collections::BTreeSet;

use spiffe_authz_host_sim::{
    AbiVersion, Lie, Nonsense, Plugin, PluginFailure, PluginSetup, Properties, Status, StatusLie, Told,
};

use crate::guest::{Guest, SLOT, get, said};

/// A plugin that says, on each request, the statuses of two properties and of the time.
fn asker() -> Guest {
    let mut guest = Guest::new();
    let path = guest.path(&["plugin_name"]);
    let ask = format!("(call $say_number (call $get_property {path} {SLOT}))");
    guest.on_request(&format!(
        "{ask} {ask} (call $say_number (call $get_time (i32.const 8)))"
    ))
}

fn said_under(nonsense: Nonsense) -> (Vec<String>, Vec<Told>) {
    let mut plugin = asker().start();
    plugin.set_nonsense(nonsense);
    get(&mut plugin.http_stream(Properties::new()));
    (said(&plugin), plugin.told())
}

#[test]
fn a_status_is_told_at_the_call_that_it_was_meant_for() {
    let nonsense = Nonsense::default().status_at("proxy_get_property", 1, Status::CasMismatch);
    let told = Told {
        hostcall: "proxy_get_property",
        lie: Lie::NotServed(8),
    };
    assert_eq!(
        said_under(nonsense),
        (vec!["00".into(), "08".into(), "00".into()], vec![told])
    );
}

#[test]
fn a_lie_that_is_always_told_is_told_at_each_call() {
    let nonsense = Nonsense::default().lie_always("proxy_get_property", Lie::Status(77));
    let (lines, told) = said_under(nonsense);
    assert_eq!(
        (lines, told.len()),
        (vec!["77".into(), "77".into(), "00".into()], 2)
    );
}

#[test]
fn bytes_tell_what_no_exact_lie_does() {
    let nonsense = Nonsense::new([5, 3, 5, 4]).status_at("proxy_get_property", 0, Status::Empty);
    let (lines, _) = said_under(nonsense.except("proxy_log"));
    assert_eq!(lines, ["07", "03", "04"]);
}

#[test]
fn each_status_at_each_hostcall_is_what_the_guest_is_told() {
    let mut guest = asker();
    let path = guest.path(&["k"]);
    let guest = guest.on_configure(&format!("(drop (call $set_property {path} {path}))"));
    let module = guest.module();
    for lie in Nonsense::each_status() {
        let setup = PluginSetup {
            nonsense: lie.always(),
            ..PluginSetup::default()
        };
        let mut plugin = Plugin::start(&module, setup).unwrap();
        get(&mut plugin.http_stream(Properties::new()));
        let status = |hostcall| {
            if lie.hostcall == hostcall {
                lie.status
            } else {
                Status::Ok
            }
        };
        let number = |hostcall| format!("{:02}", status(hostcall).number());
        let (property, time) = (
            number("proxy_get_property"),
            number("proxy_get_current_time_nanoseconds"),
        );
        let expected = if lie.hostcall == "proxy_log" {
            Vec::new()
        } else {
            vec![property.clone(), property, time]
        };
        assert_eq!((said(&plugin), plugin.failure()), (expected, None), "{lie}");
    }
}

#[test]
fn the_loop_covers_every_hostcall_of_every_version() {
    let of_loop: BTreeSet<_> = Nonsense::each_status().map(|lie| lie.hostcall).collect();
    let of_versions = AbiVersion::ALL.into_iter().flat_map(AbiVersion::hostcalls);
    assert_eq!(of_loop, of_versions.collect());
}

#[test]
fn a_plugin_that_gives_up_on_a_status_is_found_by_the_loop() {
    let mut guest = Guest::new();
    let path = guest.path(&["plugin_name"]);
    let strict =
        format!("(if (i32.eq (call $get_property {path} {SLOT}) (i32.const 10)) (then (unreachable)))");
    let module = guest.on_configure(&strict).module();
    let fails = |lie: &StatusLie| {
        let setup = PluginSetup {
            nonsense: lie.at(0),
            ..PluginSetup::default()
        };
        let error = Plugin::start(&module, setup).err();
        error.is_some_and(|error| matches!(error.failure, PluginFailure::Trapped(_)))
    };
    let found: Vec<_> = Nonsense::each_status().filter(fails).collect();
    let expected = StatusLie {
        hostcall: "proxy_get_property",
        status: Status::InternalFailure,
    };
    assert_eq!(found, [expected]);
}
