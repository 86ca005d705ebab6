//! Fuel and hostcalls of each callback.

use std::collections::BTreeMap;

use spiffe_authz_host_sim::{Callback, EndOfStream, Outcome, Properties};

use crate::guest::{GET, Guest, SLOT, get};

/// Reads the list of headers twice and logs once.
fn busy() -> Guest {
    let read = format!("(drop (call $get_pairs (i32.const 0) {SLOT}))");
    Guest::new().on_request(&format!("{read} {read} (call $say_slot)"))
}

#[test]
fn hostcalls_are_counted_by_name() {
    let mut plugin = busy().start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    let expected = BTreeMap::from([("proxy_get_header_map_pairs", 2), ("proxy_log", 1)]);
    assert_eq!(stream.hostcalls(), expected);
    assert_eq!(stream.runs()[0].hostcalls, expected);
}

#[test]
fn a_hostcall_that_traps_is_counted_too() {
    let mut plugin = Guest::new().on_request("(call $proc_exit (i32.const 0))").start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(stream.hostcalls(), BTreeMap::from([("proc_exit", 1)]));
}

#[test]
fn the_same_work_costs_the_same_fuel_and_more_work_more() {
    let mut plugin = busy().start();
    let mut fuel = |headers: &[(&str, &str)]| {
        let mut stream = plugin.http_stream(Properties::new());
        assert_eq!(
            stream.request_headers(headers, EndOfStream::Yes),
            Outcome::Continue
        );
        stream.fuel(Callback::RequestHeaders)
    };
    let first = fuel(&GET);
    assert!(first > 0);
    assert_eq!(fuel(&GET), first);
    let mut idle = Guest::new().on_request("").start();
    let mut stream = idle.http_stream(Properties::new());
    get(&mut stream);
    assert!(stream.fuel(Callback::RequestHeaders) < first);
}

#[test]
fn each_callback_has_a_run_of_its_own() {
    let delete = (
        "proxy_on_delete",
        "(param i32)",
        "(call $say_number (i32.const 1))",
    );
    let mut plugin = busy().export(delete.0, delete.1, delete.2).start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    stream.finish().unwrap();
    let callbacks: Vec<_> = stream.runs().iter().map(|run| run.callback).collect();
    assert_eq!(callbacks, [Callback::RequestHeaders, Callback::Delete]);
    assert_eq!(stream.fuel(Callback::Log), 0, "it is not exported");
}

#[test]
fn root_callbacks_are_the_plugins() {
    let mut plugin = Guest::new()
        .on_configure("(call $say_number (i32.const 1))")
        .start();
    assert_eq!(plugin.runs().len(), 1);
    let once = plugin.fuel(Callback::Configure);
    plugin.reconfigure("x").unwrap();
    assert_eq!(plugin.fuel(Callback::Configure), 2 * once);
    assert_eq!(plugin.hostcalls(), BTreeMap::from([("proxy_log", 2)]));
}
