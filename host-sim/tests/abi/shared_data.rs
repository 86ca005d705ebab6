//! Shared data: what the VMs of one `vm_id` have in common.

use spiffe_authz_host_sim::{PluginSetup, Process};

use crate::guest::{Guest, SLOT, WILD, said, say_status};

fn get(key: &str) -> String {
    say_status(&format!("(call $get_shared_data {key} {SLOT} (i32.const 32))"))
}

fn set(key: &str, value: &str, cas: &str) -> String {
    say_status(&format!("(call $set_shared_data {key} {value} {cas})"))
}

const NO_CAS: &str = "(i32.const 0)";

/// Logs the number that the last `get` wrote.
const SAY_CAS: &str = "(call $say_number (i32.load (i32.const 32)))";

fn setup(process: &Process, vm_id: &str) -> PluginSetup {
    PluginSetup {
        process: process.clone(),
        vm_id: vm_id.to_owned(),
        ..PluginSetup::default()
    }
}

/// What a plugin says that runs this at configure.
fn said_by(guest: Guest, body: &str) -> Vec<String> {
    said(&guest.on_configure(body).start())
}

/// A plugin that sets key `k` to this value.
fn setter(value: &str) -> Guest {
    let mut guest = Guest::new();
    let (key, value) = (guest.bytes(b"k"), guest.bytes(value.as_bytes()));
    guest.on_configure(&set(&key, &value, NO_CAS))
}

/// A plugin that reads key `k`.
fn getter() -> Guest {
    let mut guest = Guest::new();
    let body = get(&guest.bytes(b"k"));
    guest.on_configure(&format!("{body} (call $say_slot)"))
}

#[test]
fn a_value_is_read_back_with_the_number_of_its_change() {
    let mut guest = Guest::new();
    let (key, value) = (guest.bytes(b"k"), guest.bytes(b"one"));
    let body = [
        set(&key, &value, NO_CAS),
        set(&key, &value, NO_CAS),
        get(&key),
        "(call $say_slot)".to_owned(),
        SAY_CAS.to_owned(),
    ];
    assert_eq!(said_by(guest, &body.concat()), ["00", "00", "00", "one", "02"]);
}

#[test]
fn a_key_that_nobody_set_is_not_found() {
    let mut guest = Guest::new();
    let body = get(&guest.bytes(b"k"));
    assert_eq!(said_by(guest, &body), ["01"]);
}

#[test]
fn an_empty_value_is_found_and_has_no_address() {
    let mut guest = Guest::new();
    let (key, empty) = (guest.bytes(b"k"), guest.bytes(b""));
    let body = [
        set(&key, &empty, NO_CAS),
        "(i64.store (i32.const 0) (i64.const -1))".to_owned(),
        get(&key),
        "(call $say_number (i32.load (i32.const 0)))".to_owned(),
        "(call $say_number (i32.load (i32.const 4)))".to_owned(),
    ];
    assert_eq!(said_by(guest, &body.concat()), ["00", "00", "00", "00"]);
}

#[test]
fn a_change_that_comes_too_late_is_refused() {
    let mut guest = Guest::new();
    let (key, one, two) = (guest.bytes(b"k"), guest.bytes(b"one"), guest.bytes(b"two"));
    let seen = "(i32.load (i32.const 32))";
    let body = [
        set(&key, &one, "(i32.const 77)"),
        get(&key),
        set(&key, &two, seen),
        set(&key, &one, seen),
        get(&key),
        "(call $say_slot)".to_owned(),
    ];
    assert_eq!(
        said_by(guest, &body.concat()),
        ["00", "00", "00", "08", "00", "two"]
    );
}

#[test]
fn vms_of_one_vm_id_in_one_process_share_their_data() {
    let process = Process::new();
    let writer = setter("shared").try_start(setup(&process, "a")).unwrap();
    let reader = getter().try_start(setup(&process, "a")).unwrap();
    assert_eq!(said(&writer), ["00"]);
    assert_eq!(said(&reader), ["00", "shared"]);
}

#[test]
fn vms_of_other_vm_ids_and_of_other_processes_do_not_see_the_data() {
    let process = Process::new();
    let _writer = setter("shared").try_start(setup(&process, "a")).unwrap();
    for stranger in [setup(&process, "b"), setup(&Process::new(), "a")] {
        let reader = getter().try_start(stranger).unwrap();
        assert_eq!(said(&reader)[0], "01");
    }
}

#[test]
fn a_test_reads_and_sets_the_data_of_a_vm_id() {
    let process = Process::new();
    process.set_shared_data("a", *b"k", *b"from outside");
    let reader = getter().try_start(setup(&process, "a")).unwrap();
    assert_eq!(said(&reader), ["00", "from outside"]);
    let _writer = setter("from inside").try_start(setup(&process, "a")).unwrap();
    assert_eq!(process.shared_data("a", "k"), Some(b"from inside".to_vec()));
    assert_eq!(process.shared_data("a", "other"), None);
}

#[test]
fn the_data_of_a_vm_id_goes_with_its_last_vm() {
    let process = Process::new();
    drop(setter("shared").try_start(setup(&process, "a")).unwrap());
    assert_eq!(process.shared_data("a", "k"), None);
}

#[test]
fn wild_pointers_are_invalid_memory_and_change_nothing() {
    let mut guest = Guest::new();
    let key = guest.bytes(b"k");
    let body = [
        get(WILD),
        set(&key, WILD, NO_CAS),
        set(WILD, &key, NO_CAS),
        get(&key),
    ];
    assert_eq!(said_by(guest, &body.concat()), ["06", "06", "06", "01"]);
}
