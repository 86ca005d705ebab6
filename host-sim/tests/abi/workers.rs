//! A plugin on all threads: tried first, then in a VM for each.

use std::time::Duration;

use spiffe_authz_host_sim::{
    Clock, EndOfStream, FailurePolicy, Plugin, PluginFailure, PluginSetup, Properties, Served, WorkerCount,
    Workers,
};

use crate::guest::{GET, Guest, SLOT, said};

fn two() -> WorkerCount {
    WorkerCount::new(2).unwrap()
}

fn start(guest: &Guest, setup: PluginSetup) -> Result<Workers, PluginFailure> {
    let workers = Workers::start(&guest.module(), setup, two(), FailurePolicy::FailClosed);
    workers.map_err(|error| error.failure)
}

fn configured(configuration: &str) -> PluginSetup {
    PluginSetup {
        plugin_configuration: configuration.into(),
        ..PluginSetup::default()
    }
}

fn get_on(workers: &mut Workers, worker: usize) -> Served {
    let mut stream = workers.http_stream(worker, Properties::new());
    stream.request_headers(&GET, EndOfStream::Yes)
}

/// Logs the first byte of its configuration where it takes it, which is not where it is a `-`; and how often the VM was asked.
fn counting() -> Guest {
    let read =
        "(drop (call $get_buffer (i32.const 7) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4)))";
    let body = format!(
        "{read} (call $say_slot)
        (global.set $asked (i32.add (global.get $asked) (i32.const 1))) (call $say_number (global.get $asked))
        (i32.ne (i32.load8_u (i32.load (i32.const 0))) (i32.const 45))"
    );
    Guest::new()
        .with("(global $asked (mut i32) (i32.const 0))")
        .export("proxy_on_configure", "(param i32 i32) (result i32)", &body)
        .on_request("(call $say_number (global.get $asked))")
}

#[test]
fn a_configuration_is_tried_and_then_given_to_the_main_thread_and_to_each_worker() {
    let mut workers = start(&counting(), configured("a")).unwrap();
    let trial: Vec<_> = workers.trial_log().iter().map(|line| line.text()).collect();
    assert_eq!(trial, ["a", "01"]);
    assert_eq!(said(workers.main().unwrap()), ["a", "01"]);
    for worker in 0..2 {
        assert_eq!(said(workers.worker(worker).unwrap()), ["a", "01"]);
    }
}

#[test]
fn a_configuration_that_is_refused_where_it_is_tried_starts_nothing() {
    let failure = start(&counting(), configured("-")).unwrap_err();
    assert_eq!(failure, PluginFailure::ConfigurationRefused);
}

#[test]
fn a_vm_that_refuses_to_start_starts_nothing() {
    let guest = Guest::new().export(
        "proxy_on_vm_start",
        "(param i32 i32) (result i32)",
        "(i32.const 0)",
    );
    let failure = start(&guest, PluginSetup::default()).unwrap_err();
    assert_eq!(failure, PluginFailure::VmStartRefused);
}

#[test]
fn workers_share_no_state() {
    let guest = Guest::new()
        .with("(global $count (mut i32) (i32.const 0))")
        .on_request(
            "(global.set $count (i32.add (global.get $count) (i32.const 1))) (call $say_number (global.get $count))",
        );
    let mut workers = start(&guest, PluginSetup::default()).unwrap();
    for worker in [0, 0, 1] {
        get_on(&mut workers, worker);
    }
    assert_eq!(said(workers.worker(0).unwrap()), ["01", "02"]);
    assert_eq!(said(workers.worker(1).unwrap()), ["01"]);
    assert_eq!(said(workers.main().unwrap()), [""; 0]);
}

#[test]
fn workers_take_turns_and_are_numbered_around() {
    let guest = Guest::new().on_request("(call $say_number (i32.const 1))");
    let mut workers = start(&guest, PluginSetup::default()).unwrap();
    for _ in 0..3 {
        let mut stream = workers.next_http_stream(Properties::new());
        stream.request_headers(&GET, EndOfStream::Yes);
    }
    get_on(&mut workers, 3);
    let lines = |plugin: Option<&mut Plugin>| plugin.unwrap().logs().len();
    assert_eq!((lines(workers.worker(0)), lines(workers.worker(1))), (2, 2));
}

#[test]
fn random_bytes_differ_between_vms() {
    let guest = Guest::new().on_configure(
        "(drop (call $random_get (i32.const 64) (i32.const 4))) (call $say (i32.const 64) (i32.const 4))",
    );
    let mut workers = start(&guest, PluginSetup::default()).unwrap();
    let [first, second] = [0, 1].map(|worker| said(workers.worker(worker).unwrap()));
    assert_ne!(first, second);
}

#[test]
fn a_new_configuration_is_tried_in_a_vm_of_its_own_and_joins_the_vms_that_are_there() {
    let mut workers = start(&counting(), configured("a")).unwrap();
    workers.reconfigure("b").unwrap();
    let trial: Vec<_> = workers.trial_log().iter().map(|line| line.text()).collect();
    assert_eq!(trial, ["b", "01"]);
    assert_eq!(said(workers.worker(0).unwrap()), ["a", "01", "b", "02"]);
}

#[test]
fn a_new_configuration_that_is_refused_leaves_the_old_one_everywhere() {
    let mut workers = start(&counting(), configured("a")).unwrap();
    let failure = workers.reconfigure("-").unwrap_err().failure;
    assert_eq!(failure, PluginFailure::ConfigurationRefused);
    for worker in 0..2 {
        assert_eq!(said(workers.worker(worker).unwrap()), ["a", "01"]);
        assert_eq!(get_on(&mut workers, worker), Served::Continued);
    }
}

#[test]
fn no_configuration_is_tried_twice() {
    let mut workers = start(&counting(), configured("a")).unwrap();
    assert_eq!(workers.reconfigure("-").unwrap_err().log.len(), 2);
    assert_eq!(workers.reconfigure("-").unwrap_err().log.len(), 0);
    workers.reconfigure("b").unwrap();
    workers.reconfigure("a").unwrap();
    assert_eq!(workers.trial_log().len(), 0);
    let expected = ["a", "01", "b", "02", "a", "03"];
    assert_eq!(said(workers.worker(0).unwrap()), expected);
}

#[test]
fn old_streams_keep_their_configuration() {
    let guest = Guest::new().export(
        "proxy_on_context_create",
        "(param i32 i32)",
        "(call $say_number (local.get 1))",
    );
    let mut workers = start(&guest, configured("a")).unwrap();
    let mut old = workers.http_stream(0, Properties::new());
    workers.reconfigure("b").unwrap();
    workers.worker(0).unwrap().take_logs();
    old.request_headers(&GET, EndOfStream::Yes);
    get_on(&mut workers, 0);
    assert_eq!(said(workers.worker(0).unwrap()), ["01", "03"]);
}

/// Counts in shared data how often any VM runs a callback of this export, and runs `body` the third time; traps on each request.
fn third_time(export: &str, body: &str) -> Guest {
    let mut guest = Guest::new();
    let key = guest.bytes(b"count");
    let body = format!(
        "(if (i32.eqz (call $get_shared_data {key} {SLOT} (i32.const 32)))
            (then (i32.store (i32.const 64) (i32.load (i32.load (i32.const 0))))))
        (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))
        (drop (call $set_shared_data {key} (i32.const 64) (i32.const 4) (i32.const 0)))
        (if (i32.eq (i32.load (i32.const 64)) (i32.const 3)) (then {body}))
        (i32.const 1)"
    );
    guest
        .export(export, "(param i32 i32) (result i32)", &body)
        .on_request("unreachable")
}

/// Workers of which the first refused a configuration that was accepted where it was tried and on the main thread.
fn with_one_left_out(policy: FailurePolicy) -> Workers {
    let module = third_time("proxy_on_configure", "(return (i32.const 0))").module();
    Workers::start(&module, PluginSetup::default(), two(), policy).unwrap()
}

#[test]
fn a_worker_that_refuses_alone_is_bypassed_under_every_policy() {
    for policy in [
        FailurePolicy::FailClosed,
        FailurePolicy::FailOpen,
        FailurePolicy::FailReload,
    ] {
        let mut workers = with_one_left_out(policy);
        assert_eq!(get_on(&mut workers, 0), Served::Bypassed, "{policy:?}");
        assert!(
            matches!(get_on(&mut workers, 1), Served::Unavailable(_)),
            "{policy:?}"
        );
        let failure = &workers.left_out(0).unwrap().failure;
        assert_eq!(failure, &PluginFailure::ConfigurationRefused);
        assert!(workers.left_out(1).is_none());
    }
}

#[test]
fn a_worker_that_does_not_start_or_that_traps_meanwhile_is_bypassed_too() {
    let traps = ("proxy_on_configure", "unreachable");
    let refuses = ("proxy_on_vm_start", "(return (i32.const 0))");
    for (export, body) in [traps, refuses] {
        let mut workers = start(&third_time(export, body), PluginSetup::default()).unwrap();
        assert_eq!(get_on(&mut workers, 0), Served::Bypassed, "{export}");
        assert!(workers.left_out(1).is_none(), "{export}");
    }
}

#[test]
fn after_a_worker_refused_alone_every_update_of_its_vms_is_refused() {
    let mut workers = with_one_left_out(FailurePolicy::FailClosed);
    let failure = workers.reconfigure("good").unwrap_err().failure;
    assert_eq!(failure, PluginFailure::FailedOnThread);
    assert_eq!(get_on(&mut workers, 0), Served::Bypassed);
}

#[test]
fn an_update_with_other_vms_brings_a_worker_that_was_left_out_back() {
    let mut workers = with_one_left_out(FailurePolicy::FailClosed);
    let setup = PluginSetup {
        vm_id: "other".to_owned(),
        ..configured("good")
    };
    workers.replace(&counting().module(), setup).unwrap();
    assert_eq!(get_on(&mut workers, 0), Served::Continued);
}

#[test]
fn streams_keep_their_vm_when_other_vms_take_its_place() {
    let mut workers = start(&counting(), configured("a")).unwrap();
    let mut old = workers.http_stream(0, Properties::new());
    workers
        .replace(&Guest::new().on_request("unreachable").module(), configured("b"))
        .unwrap();
    assert_eq!(old.request_headers(&GET, EndOfStream::Yes), Served::Continued);
    assert!(matches!(get_on(&mut workers, 0), Served::Unavailable(_)));
}

#[test]
fn an_update_with_other_vms_that_is_refused_leaves_everything_as_it_is() {
    let mut workers = start(&counting(), configured("a")).unwrap();
    workers
        .replace(&counting().module(), configured("-"))
        .unwrap_err();
    assert_eq!(said(workers.worker(0).unwrap()), ["a", "01"]);
}

#[test]
fn plugins_share_their_vms_worker_by_worker() {
    let first = start(&counting(), configured("a")).unwrap();
    let mut second = first.join(configured("b"), FailurePolicy::FailClosed).unwrap();
    for worker in 0..2 {
        assert_eq!(said(second.worker(worker).unwrap()), ["a", "01", "b", "02"]);
    }
    let trial: Vec<_> = second.trial_log().iter().map(|line| line.text()).collect();
    assert_eq!(trial, ["b", "01"], "tried in a VM of its own");
}

#[test]
fn plugins_of_other_vms_do_not_join() {
    let first = start(&counting(), configured("a")).unwrap();
    let setup = PluginSetup {
        vm_id: "other".to_owned(),
        ..configured("b")
    };
    let failure = first.join(setup, FailurePolicy::FailClosed).unwrap_err().failure;
    assert_eq!(failure, PluginFailure::AnotherVm);
}

#[test]
fn there_is_at_least_one_worker() {
    assert_eq!(WorkerCount::new(0), None);
    assert_eq!(WorkerCount::new(1), Some(WorkerCount::ONE));
}

#[test]
fn shared_data_stays_when_all_vms_are_replaced_by_a_reload() {
    let mut guest = Guest::new();
    let (key, value) = (guest.bytes(b"key"), guest.bytes(b"value"));
    let known = format!("(call $get_shared_data {key} {SLOT} (i32.const 32))");
    let set = format!("(drop (call $set_shared_data {key} {value} (i32.const 0)))");
    let guest = guest
        .on_configure(&format!("(call $say_number {known})"))
        .on_request(&format!("{set} unreachable"));
    let setup = PluginSetup {
        clock: Clock::at_unix_seconds(100),
        ..PluginSetup::default()
    };
    let (one, policy) = (WorkerCount::ONE, FailurePolicy::FailReload);
    let mut workers = Workers::start(&guest.module(), setup, one, policy).unwrap();
    get_on(&mut workers, 0);
    workers.set_clock(Clock::at_unix_seconds(102));
    get_on(&mut workers, 0);
    assert_eq!(said(workers.worker(0).unwrap())[0], "00");
}

#[test]
fn timers_of_all_threads_go_off_as_time_moves_on() {
    let guest = Guest::new()
        .on_configure("(drop (call $set_period (i32.const 100)))")
        .export("proxy_on_tick", "(param i32)", "(call $say_number (i32.const 5))");
    let mut workers = start(&guest, PluginSetup::default()).unwrap();
    workers.advance(Duration::from_millis(250)).unwrap();
    for worker in 0..2 {
        assert_eq!(said(workers.worker(worker).unwrap()), ["05", "05"]);
    }
    assert_eq!(said(workers.main().unwrap()), ["05", "05"]);
}

#[test]
fn a_timer_that_traps_fails_its_vm_and_time_moves_on_all_the_same() {
    let guest = Guest::new()
        .on_configure("(drop (call $set_period (i32.const 100)))")
        .export("proxy_on_tick", "(param i32)", "unreachable");
    let (one, policy) = (WorkerCount::ONE, FailurePolicy::FailReload);
    let mut workers = Workers::start(&guest.module(), PluginSetup::default(), one, policy).unwrap();
    workers.advance(Duration::from_secs(2)).unwrap_err();
    workers.advance(Duration::from_secs(2)).unwrap();
    assert_eq!(get_on(&mut workers, 0), Served::Continued, "a new VM");
    assert_eq!(workers.reloads().vm_reload_success, 1);
}
