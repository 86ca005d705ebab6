//! Any hostcall, in any callback, with any numbers, pointers and lengths.

use std::sync::LazyLock;

use spiffe_authz_host_sim::{Module, Simulator};

use crate::host::life::{limits, run as live};

mod guest;
mod script;

static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let simulator = Simulator::new(limits()).expect("a simulator");
    let wasm = wat::parse_str(guest::text()).expect("a module");
    simulator.module(&wasm).expect("a plugin")
});

/// Compiles the guest, which takes longer than an input may.
pub fn prepare() {
    LazyLock::force(&MODULE);
}

/// The bytes are a script that the guest carries out step by step, over all its callbacks. Nothing panics, and what comes of
/// it, fuel and all, is the same twice.
pub fn run(bytes: &[u8]) {
    let script = script::of(bytes);
    assert_eq!(live(&MODULE, &script), live(&MODULE, &script));
}
