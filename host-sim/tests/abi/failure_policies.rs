//! What clients see where the VM of their worker has failed.

use std::time::Duration;

use spiffe_authz_host_sim::{
    Clock, EndOfStream, FailurePolicy, LocalReply, PluginSetup, Properties, Reloads, Served, TcpServed,
    WorkerCount, WorkerStream, Workers,
};

use crate::guest::{GET, Guest};

const POLICIES: [FailurePolicy; 4] = [
    FailurePolicy::FailClosed,
    FailurePolicy::FailOpen,
    FailurePolicy::FailReload,
    FailurePolicy::LegacyFailOpen,
];

const TRAPPING: [(&str, &str); 3] = [(":method", "GET"), (":path", "/"), ("trap", "1")];

const START: Duration = Duration::from_secs(1_000_000);

/// Traps on a request with a header more than the plain one.
fn fragile() -> Guest {
    Guest::new().on_request("(if (i32.gt_u (local.get 1) (i32.const 2)) (then unreachable))")
}

fn workers(guest: &Guest, policy: FailurePolicy) -> Workers {
    let setup = PluginSetup {
        clock: Clock::Fixed(START),
        ..PluginSetup::default()
    };
    Workers::start(&guest.module(), setup, WorkerCount::ONE, policy).unwrap()
}

/// The clock so many milliseconds after the start.
fn later(milliseconds: u64) -> Clock {
    Clock::Fixed(START + Duration::from_millis(milliseconds))
}

fn get(stream: &mut WorkerStream) -> Served {
    stream.request_headers(&GET, EndOfStream::Yes)
}

fn get_on(workers: &mut Workers) -> Served {
    get(&mut workers.http_stream(0, Properties::new()))
}

fn trap_on(workers: &mut Workers) -> Served {
    let mut stream = workers.http_stream(0, Properties::new());
    stream.request_headers(&TRAPPING, EndOfStream::Yes)
}

fn unavailable() -> Served {
    Served::Unavailable(LocalReply {
        status: 503,
        details: b"wasm_fail_stream".to_vec(),
        body: Vec::new(),
        headers: Default::default(),
        grpc_status: Some(14),
    })
}

fn reloads(workers: &Workers) -> (u64, u64, u64) {
    let Reloads {
        vm_reload_backoff,
        vm_reload_success,
        vm_reload_failure,
    } = workers.reloads();
    (vm_reload_backoff, vm_reload_success, vm_reload_failure)
}

#[test]
fn a_request_that_traps_and_the_next_fare_by_the_policy() {
    let expected = [
        (FailurePolicy::FailClosed, unavailable(), unavailable()),
        (FailurePolicy::FailOpen, unavailable(), Served::Bypassed),
        (FailurePolicy::FailReload, unavailable(), Served::Continued),
        (FailurePolicy::LegacyFailOpen, Served::Bypassed, Served::Bypassed),
    ];
    for (policy, trapping, next) in expected {
        let mut workers = workers(&fragile(), policy);
        workers.set_clock(later(1500));
        assert_eq!(trap_on(&mut workers), trapping, "{policy:?}");
        assert_eq!(get_on(&mut workers), next, "{policy:?}");
        assert_eq!(get_on(&mut workers), next, "{policy:?}");
    }
}

/// Traps in this callback.
fn trapping_in(callback: &str) -> Guest {
    Guest::new().export(callback, "(param i32 i32 i32) (result i32)", "unreachable")
}

const OK: [(&str, &str); 1] = [(":status", "200")];

#[test]
fn a_trap_in_response_headers_is_answered_with_503() {
    let mut workers = workers(
        &trapping_in("proxy_on_response_headers"),
        FailurePolicy::FailClosed,
    );
    let mut stream = workers.http_stream(0, Properties::new());
    assert_eq!(get(&mut stream), Served::Continued);
    let served = stream.response_headers(&OK, EndOfStream::No);
    assert_eq!(served, unavailable());
}

#[test]
fn a_trap_in_the_body_of_a_request_is_answered_with_503_when_its_headers_are_upstream() {
    let mut workers = workers(&trapping_in("proxy_on_request_body"), FailurePolicy::FailClosed);
    let mut stream = workers.http_stream(0, Properties::new());
    assert_eq!(stream.request_headers(&GET, EndOfStream::No), Served::Continued);
    let served = stream.event(|stream| stream.request_body("x", EndOfStream::Yes));
    assert_eq!(served, unavailable());
    let upstream = stream.stream().unwrap().sent_upstream();
    assert!(upstream.headers.is_some() && upstream.body.is_empty());
}

#[test]
fn a_trap_in_the_body_of_a_response_resets_the_stream() {
    let mut workers = workers(&trapping_in("proxy_on_response_body"), FailurePolicy::FailClosed);
    let mut stream = workers.http_stream(0, Properties::new());
    get(&mut stream);
    assert_eq!(stream.response_headers(&OK, EndOfStream::No), Served::Continued);
    let served = stream.event(|stream| stream.response_body("x", EndOfStream::Yes));
    assert_eq!(served, Served::Reset);
    assert_eq!(
        stream.stream().unwrap().response_code_details().unwrap(),
        b"wasm_fail_stream"
    );
}

#[test]
fn a_stream_that_the_plugin_closes_is_reset() {
    let guest = Guest::new().on_request_returning("(drop (call $close (i32.const 0)))", 1);
    let mut workers = workers(&guest, FailurePolicy::FailClosed);
    assert_eq!(get_on(&mut workers), Served::Reset);
}

/// Asks for a 403 in the request's headers.
fn denying(then: &str) -> Guest {
    let mut guest = Guest::new();
    let denied = guest.bytes(b"denied");
    let reply = format!(
        "(drop (call $reply (i32.const 403) {denied} (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1)))"
    );
    guest.on_request(&format!("{reply} {then}"))
}

#[test]
fn a_reply_that_was_asked_for_in_the_callback_that_traps_gives_only_its_details() {
    let mut workers = workers(&denying("unreachable"), FailurePolicy::FailClosed);
    let mut stream = workers.http_stream(0, Properties::new());
    let Served::Unavailable(reply) = get(&mut stream) else {
        panic!("the VM fails")
    };
    assert_eq!((reply.status, reply.details_text().as_ref()), (503, "denied"));
    let details = stream.stream().unwrap().response_code_details();
    assert_eq!(details.unwrap(), b"denied");
}

#[test]
fn a_stream_that_the_plugin_answered_is_not_answered_again_when_the_vm_fails() {
    let guest = denying("(if (i32.gt_u (local.get 1) (i32.const 2)) (then unreachable))");
    let mut workers = workers(&guest, FailurePolicy::FailClosed);
    let mut stream = workers.http_stream(0, Properties::new());
    assert!(matches!(get(&mut stream), Served::Replied(_)));
    trap_on(&mut workers);
    assert_eq!(stream.response_headers(&OK, EndOfStream::Yes), Served::OutOfOrder);
}

#[test]
fn a_stream_that_is_answered_or_reset_goes_no_further() {
    let mut workers = workers(&fragile(), FailurePolicy::FailClosed);
    for _ in ["in the VM that fails", "in one that has failed"] {
        let mut stream = workers.http_stream(0, Properties::new());
        let served = stream.request_headers(&TRAPPING, EndOfStream::Yes);
        assert_eq!(served, unavailable());
        let served = stream.response_headers(&OK, EndOfStream::Yes);
        assert_eq!(served, Served::OutOfOrder);
    }
}

#[test]
fn a_stream_in_the_vm_is_answered_at_its_next_event_after_the_trap() {
    for policy in POLICIES {
        let mut workers = workers(&fragile(), policy);
        let mut stream = workers.http_stream(0, Properties::new());
        assert_eq!(get(&mut stream), Served::Continued);
        trap_on(&mut workers);
        let runs = stream.stream().unwrap().runs().len();
        let served = stream.response_headers(&OK, EndOfStream::Yes);
        let expected = match policy {
            FailurePolicy::LegacyFailOpen => Served::Bypassed,
            FailurePolicy::FailClosed | FailurePolicy::FailOpen | FailurePolicy::FailReload => unavailable(),
        };
        assert_eq!(served, expected, "{policy:?}");
        let after = stream.stream().unwrap().runs().len();
        assert_eq!(after, runs, "no callback runs any more");
    }
}

#[test]
fn a_vm_is_not_replaced_before_one_to_one_and_a_half_seconds_after_its_load() {
    let mut workers = workers(&fragile(), FailurePolicy::FailReload);
    trap_on(&mut workers);
    for milliseconds in [0, 500, 999] {
        workers.set_clock(later(milliseconds));
        assert_eq!(get_on(&mut workers), unavailable(), "{milliseconds}");
    }
    assert_eq!(reloads(&workers), (3, 0, 0));
    workers.set_clock(later(1500));
    assert_eq!(get_on(&mut workers), Served::Continued);
    assert_eq!(reloads(&workers), (3, 1, 0));
}

#[test]
fn a_vm_that_served_long_enough_is_replaced_at_once() {
    let mut workers = workers(&fragile(), FailurePolicy::FailReload);
    workers.set_clock(later(60_000));
    trap_on(&mut workers);
    assert_eq!(get_on(&mut workers), Served::Continued);
    trap_on(&mut workers);
    assert_eq!(get_on(&mut workers), unavailable(), "the new one is too young");
    assert_eq!(reloads(&workers), (1, 1, 0));
}

#[test]
fn time_that_is_moved_on_counts_for_a_reload_and_stands_in_the_new_vm() {
    let mut workers = workers(&fragile(), FailurePolicy::FailReload);
    trap_on(&mut workers);
    workers.advance(Duration::from_millis(999)).unwrap();
    assert_eq!(get_on(&mut workers), unavailable());
    workers.advance(Duration::from_millis(501)).unwrap();
    assert_eq!(get_on(&mut workers), Served::Continued);
    trap_on(&mut workers);
    workers.advance(Duration::from_millis(1500)).unwrap();
    assert_eq!(get_on(&mut workers), Served::Continued);
}

#[test]
fn the_interval_of_reloads_can_be_set() {
    let mut workers = workers(&fragile(), FailurePolicy::FailReload);
    workers.set_reload_interval(Duration::from_secs(10));
    trap_on(&mut workers);
    workers.set_clock(later(9_999));
    assert_eq!(get_on(&mut workers), unavailable());
    workers.set_clock(later(15_000));
    assert_eq!(get_on(&mut workers), Served::Continued);
}

#[test]
fn the_same_seed_draws_the_same_intervals() {
    let served = || -> Vec<Served> {
        let mut workers = workers(&fragile(), FailurePolicy::FailReload);
        let mut times = (1..).map(|load| 1200 * load);
        let mut served = Vec::new();
        for time in times.by_ref().take(8) {
            trap_on(&mut workers);
            workers.set_clock(later(time));
            served.push(get_on(&mut workers));
        }
        served
    };
    let once = served();
    assert!(once.contains(&unavailable()) && once.contains(&Served::Continued));
    assert_eq!(once, served());
}

/// Fragile, and refuses its configuration in a VM that is told a time later than the start.
fn old_fashioned() -> Guest {
    let now = START.as_nanos();
    fragile().export(
        "proxy_on_configure",
        "(param i32 i32) (result i32)",
        &format!(
            "(drop (call $get_time (i32.const 32))) (i64.le_u (i64.load (i32.const 32)) (i64.const {now}))"
        ),
    )
}

#[test]
fn a_reload_that_fails_keeps_answering_503_and_waits_again() {
    let mut workers = workers(&old_fashioned(), FailurePolicy::FailReload);
    trap_on(&mut workers);
    workers.set_clock(later(1500));
    assert_eq!(get_on(&mut workers), unavailable());
    assert_eq!(reloads(&workers), (0, 0, 1));
    workers.set_clock(later(2000));
    assert_eq!(get_on(&mut workers), unavailable());
    assert_eq!(reloads(&workers), (1, 0, 1), "the attempt counts as a load");
    workers.set_clock(Clock::Fixed(START));
    workers.set_clock(later(3000));
    assert_eq!(get_on(&mut workers), unavailable());
    assert_eq!(reloads(&workers), (1, 0, 2));
}

#[test]
fn a_new_configuration_brings_a_failed_worker_back_under_every_policy() {
    for policy in POLICIES {
        let mut workers = workers(&fragile(), policy);
        trap_on(&mut workers);
        workers.reconfigure("new").unwrap();
        assert_eq!(get_on(&mut workers), Served::Continued, "{policy:?}");
        assert_eq!(reloads(&workers), (0, 0, 0));
    }
}

#[test]
fn a_stream_keeps_its_vm_when_that_is_replaced() {
    let mut workers = workers(&fragile(), FailurePolicy::FailReload);
    let mut old = workers.http_stream(0, Properties::new());
    trap_on(&mut workers);
    workers.set_clock(later(1500));
    assert_eq!(get_on(&mut workers), Served::Continued);
    assert_eq!(get(&mut old), unavailable());
}

#[test]
fn a_trap_on_one_worker_leaves_the_others_alone() {
    let two = WorkerCount::new(2).unwrap();
    let setup = PluginSetup::default();
    let mut workers = Workers::start(&fragile().module(), setup, two, FailurePolicy::FailClosed).unwrap();
    trap_on(&mut workers);
    let served: Vec<_> = (0..4)
        .map(|_| get(&mut workers.next_http_stream(Properties::new())))
        .collect();
    let [failed, works] = [unavailable(), Served::Continued];
    assert_eq!(served, [failed.clone(), works.clone(), failed, works]);
}

#[test]
fn a_trap_fails_both_plugins_of_a_vm_and_a_reload_gives_them_one_vm_again() {
    let mut first = workers(&fragile(), FailurePolicy::FailReload);
    let setup = PluginSetup {
        root_id: "second".to_owned(),
        clock: Clock::Fixed(START),
        ..PluginSetup::default()
    };
    let mut second = first.join(setup, FailurePolicy::FailReload).unwrap();
    trap_on(&mut first);
    assert_eq!(get_on(&mut second), unavailable());
    first.set_clock(later(1500));
    second.set_clock(later(1500));
    assert_eq!(get_on(&mut first), Served::Continued);
    assert_eq!(get_on(&mut second), Served::Continued);
    trap_on(&mut second);
    assert_eq!(get_on(&mut first), unavailable());
}

fn tcp_guest() -> Guest {
    Guest::new().export(
        "proxy_on_downstream_data",
        "(param i32 i32 i32) (result i32)",
        "(if (i32.gt_u (local.get 1) (i32.const 2)) (then unreachable)) (i32.const 0)",
    )
}

#[test]
fn a_tcp_connection_that_traps_and_the_next_fare_by_the_policy() {
    let expected = [
        (FailurePolicy::FailClosed, TcpServed::Closed, TcpServed::Closed),
        (FailurePolicy::FailOpen, TcpServed::Closed, TcpServed::Bypassed),
        (FailurePolicy::FailReload, TcpServed::Closed, TcpServed::Continued),
        (
            FailurePolicy::LegacyFailOpen,
            TcpServed::Bypassed,
            TcpServed::Bypassed,
        ),
    ];
    for (policy, trapping, next) in expected {
        let mut workers = workers(&tcp_guest(), policy);
        workers.set_clock(later(1500));
        let mut stream = workers.tcp_stream(0, Properties::new());
        assert_eq!(stream.new_connection(), TcpServed::Continued);
        assert_eq!(
            stream.downstream_data("xx", EndOfStream::No),
            TcpServed::Continued
        );
        assert_eq!(
            stream.downstream_data("xxx", EndOfStream::No),
            trapping,
            "{policy:?}"
        );
        let served = workers.next_tcp_stream(Properties::new()).new_connection();
        assert_eq!(served, next, "{policy:?}");
    }
}

#[test]
fn a_tcp_connection_that_was_closed_for_a_trap_goes_no_further() {
    let mut workers = workers(&tcp_guest(), FailurePolicy::FailClosed);
    let mut first = workers.tcp_stream(0, Properties::new());
    first.new_connection();
    first.downstream_data("xxx", EndOfStream::No);
    let mut second = workers.tcp_stream(0, Properties::new());
    second.new_connection();
    for stream in [&mut first, &mut second] {
        let served = stream.upstream_data("x", EndOfStream::No);
        assert_eq!(served, TcpServed::OutOfOrder);
    }
}

#[test]
fn a_tcp_connection_in_the_vm_is_closed_at_its_next_bytes_after_the_trap() {
    for policy in POLICIES {
        let mut workers = workers(&tcp_guest(), policy);
        let [mut stream, mut trapping] = [0, 0].map(|worker| workers.tcp_stream(worker, Properties::new()));
        stream.new_connection();
        trapping.new_connection();
        trapping.downstream_data("xxx", EndOfStream::No);
        let expected = match policy {
            FailurePolicy::LegacyFailOpen => TcpServed::Bypassed,
            FailurePolicy::FailClosed | FailurePolicy::FailOpen | FailurePolicy::FailReload => {
                TcpServed::Closed
            }
        };
        assert_eq!(
            stream.downstream_data("x", EndOfStream::No),
            expected,
            "{policy:?}"
        );
    }
}
