//! Traps: always a typed outcome, and the end of the VM.

use spiffe_authz_host_sim::{
    Callback, Limits, Outcome, PluginFailure, PluginSetup, Properties, Trap, TrapCause,
};

use crate::guest::{Guest, get, said};

/// The trap of a plugin whose request callback is this.
fn trap_of(guest: Guest, limits: Limits) -> Trap {
    let mut plugin = guest.start_within(limits).unwrap();
    let mut stream = plugin.http_stream(Properties::new());
    let Outcome::Trapped(trap) = get(&mut stream) else {
        panic!("no trap")
    };
    assert_eq!(plugin.failure(), Some(trap.clone()));
    trap
}

fn cause_of(body: &str) -> TrapCause {
    let trap = trap_of(Guest::new().on_request(body), Limits::default());
    assert_eq!(trap.callback, Callback::RequestHeaders);
    trap.cause
}

#[test]
fn each_kind_of_trap_has_its_name() {
    let table = [
        ("(unreachable)", TrapCause::Unreachable),
        ("(drop (i32.load (i32.const -1)))", TrapCause::MemoryOutOfBounds),
        ("(call $proc_exit (i32.const 3))", TrapCause::Exit { code: 3 }),
        (
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            TrapCause::Other {
                reason: "wasm trap: integer divide by zero".to_owned(),
            },
        ),
    ];
    for (body, cause) in table {
        assert_eq!(cause_of(body), cause, "{body}");
    }
}

#[test]
fn endless_recursion_ends_as_a_trap() {
    let guest = Guest::new().on_request("(call $recurse)");
    let recurse = r"(func $recurse (call $recurse) (drop (i32.load (i32.const 0))))";
    assert_eq!(
        trap_of(guest.with(recurse), Limits::default()).cause,
        TrapCause::StackOverflow
    );
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let limits = Limits {
        fuel_per_callback: 10_000,
        ..Limits::default()
    };
    let trap = trap_of(Guest::new().on_request("(loop (br 0))"), limits);
    assert_eq!(
        trap.to_string(),
        "`proxy_on_request_headers` trapped: out of fuel: more than `10000` units in one callback"
    );
}

#[test]
fn each_callback_has_fuel_of_its_own() {
    let body = "(local $left i32) (local.set $left (i32.const 500))
        (loop (local.set $left (i32.sub (local.get $left) (i32.const 1))) (br_if 0 (local.get $left)))";
    let limits = Limits {
        fuel_per_callback: 10_000,
        ..Limits::default()
    };
    let mut plugin = Guest::new().on_request(body).start_within(limits).unwrap();
    for _ in 0..10 {
        assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
    }
}

#[test]
fn a_hostcall_that_is_not_served_is_named() {
    let zeros = "(i32.const 0)".repeat(12);
    let call = format!("(drop (call $grpc_call {zeros}))");
    let trap = trap_of(Guest::new().on_request(&call), Limits::default());
    assert_eq!(
        trap.cause,
        TrapCause::NotServed {
            hostcall: "proxy_grpc_call"
        }
    );
    assert_eq!(
        trap.to_string(),
        "`proxy_on_request_headers` trapped: not served: `proxy_grpc_call`"
    );
}

#[test]
fn after_a_trap_nothing_runs_any_more() {
    let mut guest = Guest::new();
    let text = guest.bytes(b"panicked at src/lib.rs");
    let mut plugin = guest
        .on_request(&format!("(call $say {text}) (unreachable)"))
        .export("proxy_on_log", "(param i32)", "(call $say_number (i32.const 1))")
        .start();
    let mut early = plugin.http_stream(Properties::new());
    let mut stream = plugin.http_stream(Properties::new());
    assert!(matches!(get(&mut stream), Outcome::Trapped(_)));
    assert_eq!(stream.finish(), Ok(()));
    assert_eq!(get(&mut early), Outcome::Failed);
    assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Failed);
    let failure = plugin.reconfigure("x").unwrap_err().failure;
    assert_eq!(failure, PluginFailure::Failed(plugin.failure().unwrap()));
    assert_eq!(said(&plugin), ["panicked at src/lib.rs"]);
}

#[test]
fn a_trap_while_a_stream_ends_is_told_by_finish_and_by_the_plugin() {
    let mut plugin = Guest::new()
        .export("proxy_on_log", "(param i32)", "(unreachable)")
        .start();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Continue);
    let trap = Trap {
        callback: Callback::Log,
        cause: TrapCause::Unreachable,
    };
    assert_eq!(stream.finish(), Err(trap.clone()));
    assert_eq!(plugin.failure(), Some(trap));
}

#[test]
fn a_trap_at_any_step_of_the_start_is_an_error_that_names_the_step() {
    let table = [
        (Callback::Initialize, ""),
        (Callback::ContextCreate, "(param i32 i32)"),
        (Callback::VmStart, "(param i32 i32) (result i32)"),
        (Callback::Configure, "(param i32 i32) (result i32)"),
    ];
    for (callback, signature) in table {
        let guest = Guest::new().export(callback.export(), signature, "(unreachable)");
        let error = guest.try_start(PluginSetup::default()).unwrap_err();
        let trap = Trap {
            callback,
            cause: TrapCause::Unreachable,
        };
        assert_eq!(error.failure, PluginFailure::Trapped(trap));
    }
}

#[test]
fn a_trap_while_reconfiguring_ends_the_vm() {
    let body = "(if (local.get 1) (then (unreachable)))";
    let mut plugin = Guest::new().on_configure(body).start();
    let error = plugin.reconfigure("x").unwrap_err();
    assert!(matches!(error.failure, PluginFailure::Trapped(_)));
    assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Failed);
}

#[test]
fn a_start_section_that_calls_the_host_is_served_and_its_trap_is_caught() {
    let fields = |body: &str| {
        format!(
            r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
               (memory (export "memory") 1) (data (i32.const 0) "early")
               (func (export "proxy_abi_version_0_2_0"))
               (func (export "malloc") (param i32) (result i32) (i32.const 0))
               (func $start (drop (call $log (i32.const 2) (i32.const 0) (i32.const 5))) {body})
               (start $start)"#
        )
    };
    let simulator = spiffe_authz_host_sim::Simulator::new(Limits::default()).unwrap();
    let start = |body: &str| {
        let module = simulator.module(&crate::guest::wasm(&fields(body))).unwrap();
        spiffe_authz_host_sim::Plugin::start(&module, PluginSetup::default())
    };
    assert_eq!(said(&start("").unwrap()), ["early"]);
    let error = start("(unreachable)").unwrap_err();
    assert_eq!(error.to_string().lines().count(), 2, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("`(start section)` trapped: `unreachable` executed"),
        "{error}"
    );
}
