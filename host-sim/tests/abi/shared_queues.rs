//! Shared queues: from VM to VM, and the callback that tells of an entry.

use spiffe_authz_host_sim::{
    Callback, FailurePolicy, Outcome, Plugin, PluginSetup, Process, Properties, Status, TrapCause,
    WorkerCount, Workers,
};

use crate::guest::{Guest, SLOT, WILD, get, said, say_status};

/// The address that tokens are written to.
const TOKEN_AT: &str = "(i32.const 32)";
const TOKEN: &str = "(i32.load (i32.const 32))";

fn register(name: &str) -> String {
    say_status(&format!("(call $register_queue {name} {TOKEN_AT})"))
}

fn resolve(vm_id: &str, name: &str) -> String {
    say_status(&format!("(call $resolve_queue {vm_id} {name} {TOKEN_AT})"))
}

fn enqueue(token: &str, value: &str) -> String {
    say_status(&format!("(call $enqueue {token} {value})"))
}

fn dequeue(token: &str) -> String {
    say_status(&format!("(call $dequeue {token} {SLOT})"))
}

const SAY_TOKEN: &str = "(call $say_number (i32.load (i32.const 32)))";
const SAY_SLOT: &str = "(call $say_slot)";
const UNKNOWN: &str = "(i32.const 9)";

fn setup(process: &Process, vm_id: &str) -> PluginSetup {
    PluginSetup {
        process: process.clone(),
        vm_id: vm_id.to_owned(),
        ..PluginSetup::default()
    }
}

/// Registers queue `jobs` at configure and says the root context and the token when it is told of an entry.
fn listener() -> Guest {
    let mut guest = Guest::new();
    let body = register(&guest.bytes(b"jobs"));
    let told = "(call $say_number (local.get 0)) (call $say_number (local.get 1))";
    guest
        .on_configure(&body)
        .export("proxy_on_queue_ready", "(param i32 i32)", told)
}

/// Puts an entry into queue `jobs` of this `vm_id` at each request.
fn sender(vm_id: &str) -> Guest {
    let mut guest = Guest::new();
    let (vm_id, name) = (guest.bytes(vm_id.as_bytes()), guest.bytes(b"jobs"));
    let entry = guest.bytes(b"job");
    let body = [resolve(&vm_id, &name), enqueue(TOKEN, &entry)];
    guest.on_request(&body.concat())
}

fn take_said(plugin: &mut Plugin) -> Vec<String> {
    let lines = said(plugin);
    plugin.take_logs();
    lines
}

fn said_by(guest: Guest, body: &str) -> Vec<String> {
    said(&guest.on_configure(body).start())
}

#[test]
fn entries_come_out_in_order_and_then_the_queue_is_empty() {
    let mut guest = Guest::new();
    let (name, a, b) = (guest.bytes(b"jobs"), guest.bytes(b"a"), guest.bytes(b"b"));
    let body = [
        register(&name),
        enqueue(TOKEN, &a),
        enqueue(TOKEN, &b),
        dequeue(TOKEN),
        SAY_SLOT.to_owned(),
        dequeue(TOKEN),
        SAY_SLOT.to_owned(),
        dequeue(TOKEN),
    ];
    let expected = ["00", "00", "00", "00", "a", "00", "b", "07"];
    assert_eq!(said_by(guest, &body.concat()), expected);
}

#[test]
fn a_queue_keeps_its_token_when_it_is_registered_again() {
    let mut guest = Guest::new();
    let (jobs, other, empty) = (guest.bytes(b"jobs"), guest.bytes(b"other"), guest.bytes(b""));
    let body = [
        register(&jobs),
        SAY_TOKEN.to_owned(),
        register(&other),
        SAY_TOKEN.to_owned(),
        register(&jobs),
        SAY_TOKEN.to_owned(),
        resolve(&empty, &other),
        SAY_TOKEN.to_owned(),
    ];
    let expected = ["00", "01", "00", "02", "00", "01", "00", "02"];
    assert_eq!(said_by(guest, &body.concat()), expected);
}

#[test]
fn a_queue_that_nobody_registered_is_not_found() {
    let mut guest = Guest::new();
    let (empty, name) = (guest.bytes(b""), guest.bytes(b"jobs"));
    let body = [resolve(&empty, &name), enqueue(UNKNOWN, &name), dequeue(UNKNOWN)];
    assert_eq!(said_by(guest, &body.concat()), ["01", "01", "01"]);
}

#[test]
fn wild_pointers_are_invalid_memory() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"jobs");
    let body = [
        register(WILD),
        resolve(WILD, &name),
        resolve(&name, WILD),
        enqueue(UNKNOWN, WILD),
    ];
    assert_eq!(said_by(guest, &body.concat()), ["06"; 4]);
}

#[test]
fn an_entry_for_another_vm_is_told_when_the_test_delivers_it() {
    let process = Process::new();
    let mut receiving = listener().try_start(setup(&process, "receiver")).unwrap();
    let mut sending = sender("receiver").try_start(setup(&process, "sender")).unwrap();
    take_said(&mut receiving);
    for _ in 0..2 {
        get(&mut sending.http_stream(Properties::new()));
    }
    assert_eq!(said(&sending), ["00"; 4]);
    assert_eq!(said(&receiving), [""; 0], "nothing happens by itself");
    assert_eq!(sending.deliver_queues(), Ok(0));
    assert_eq!(receiving.deliver_queues(), Ok(2), "one callback an entry");
    assert_eq!(take_said(&mut receiving), ["01", "01", "01", "01"]);
    assert_eq!(receiving.deliver_queues(), Ok(0));
    assert_eq!(process.queue("receiver", "jobs"), Some(vec![b"job".to_vec(); 2]));
}

#[test]
fn a_vm_finds_only_its_own_queues_without_a_vm_id() {
    let process = Process::new();
    let _receiving = listener().try_start(setup(&process, "receiver")).unwrap();
    let mut sending = sender("").try_start(setup(&process, "sender")).unwrap();
    get(&mut sending.http_stream(Properties::new()));
    assert_eq!(said(&sending)[0], "01");
}

#[test]
fn the_vm_that_registered_last_is_told() {
    let process = Process::new();
    let [mut first, mut second] = [(); 2].map(|()| listener().try_start(setup(&process, "vm")).unwrap());
    process.enqueue("vm", "jobs", *b"x").unwrap();
    assert_eq!((first.deliver_queues(), second.deliver_queues()), (Ok(0), Ok(1)));
}

#[test]
fn of_the_workers_the_one_that_registered_last_is_told() {
    let setup = PluginSetup::default();
    let process = setup.process.clone();
    let count = WorkerCount::new(2).unwrap();
    let mut workers = Workers::start(&listener().module(), setup, count, FailurePolicy::FailClosed).unwrap();
    process.enqueue("", "jobs", *b"x").unwrap();
    assert_eq!(workers.deliver_queues(), Ok(1));
    let mut lines = |worker| said(workers.worker(worker).unwrap()).len();
    assert_eq!(
        (lines(0), lines(1)),
        (1, 3),
        "each registered, and one was told of context and queue"
    );
    assert_eq!(workers.deliver_queues(), Ok(0));
}

#[test]
fn the_root_context_of_the_newest_configuration_is_told() {
    let mut plugin = listener().start();
    plugin.reconfigure(*b"again").unwrap();
    take_said(&mut plugin);
    plugin.process().enqueue("", "jobs", *b"x").unwrap();
    assert_eq!(plugin.deliver_queues(), Ok(1));
    assert_eq!(said(&plugin), ["02", "01"]);
}

#[test]
fn a_root_context_that_is_gone_is_told_nothing() {
    let mut plugin = listener().start();
    plugin.process().enqueue("", "jobs", *b"x").unwrap();
    plugin.reconfigure(*b"again").unwrap();
    assert_eq!(plugin.deliver_queues(), Ok(0));
}

#[test]
fn a_queue_that_a_stream_registers_tells_its_root_context() {
    let mut guest = Guest::new();
    let body = register(&guest.bytes(b"jobs"));
    let guest = guest.on_request(&body).export(
        "proxy_on_queue_ready",
        "(param i32 i32)",
        "(call $say_number (local.get 0))",
    );
    let mut plugin = guest.start();
    get(&mut plugin.http_stream(Properties::new()));
    take_said(&mut plugin);
    plugin.process().enqueue("", "jobs", *b"x").unwrap();
    assert_eq!(plugin.deliver_queues(), Ok(1));
    assert_eq!(said(&plugin), ["01"]);
}

#[test]
fn an_entry_that_a_callback_makes_waits_for_the_next_delivery() {
    let mut guest = Guest::new();
    let (name, entry) = (guest.bytes(b"jobs"), guest.bytes(b"again"));
    let again = format!("(drop (call $enqueue (local.get 1) {entry}))");
    let guest =
        guest
            .on_configure(&register(&name))
            .export("proxy_on_queue_ready", "(param i32 i32)", &again);
    let mut plugin = guest.start();
    plugin.process().enqueue("", "jobs", *b"x").unwrap();
    for delivery in 2..5 {
        assert_eq!(plugin.deliver_queues(), Ok(1));
        let waiting = plugin.process().queue("", "jobs").unwrap();
        assert_eq!(waiting.len(), delivery);
    }
}

#[test]
fn a_trap_while_an_entry_is_told_is_the_end_of_the_vm() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"jobs");
    let guest = guest.on_configure(&register(&name)).export(
        "proxy_on_queue_ready",
        "(param i32 i32)",
        "(unreachable)",
    );
    let mut plugin = guest.start();
    plugin.process().enqueue("", "jobs", *b"x").unwrap();
    let trap = plugin.deliver_queues().unwrap_err();
    assert_eq!(
        (trap.callback, trap.cause),
        (Callback::QueueReady, TrapCause::Unreachable)
    );
    let outcome = get(&mut plugin.http_stream(Properties::new()));
    assert!(!matches!(outcome, Outcome::Continue));
}

#[test]
fn a_test_cannot_put_an_entry_into_a_queue_that_is_not_there() {
    assert_eq!(Process::new().enqueue("vm", "jobs", *b"x"), Err(Status::NotFound));
}
