//! The exports of the wasm module: the callbacks of the proxy-wasm ABI 0.2.1, each a thin shell around [`Contexts`].
//!
//! Exported is what the filter needs and nothing else: a proxy passes over a callback that is not there, so that responses
//! and the ends of connections cost nothing.
#![expect(
    unsafe_code,
    reason = "a proxy finds its callbacks by their unmangled names; nothing here touches memory"
)]

use std::cell::RefCell;
use std::ptr;

use crate::contexts::Contexts;
use crate::host::{Host, LogLevel};
use crate::proxy_wasm_host::{ProxyWasmHost, run_constructors};

thread_local! {
    static CONTEXTS: RefCell<Contexts<ProxyWasmHost>> = RefCell::new(Contexts::new(ProxyWasmHost));
}

/// What the proxy is to do with what it brought.
#[repr(u32)]
enum Action {
    Continue = 0,
    Pause = 1,
}

/// Calls `use_it` with the contexts. A proxy makes one callback at a time; should it make one within another, that one
/// gets what refuses.
fn with<R>(refused: R, use_it: impl FnOnce(&mut Contexts<ProxyWasmHost>) -> R) -> R {
    let mut use_it = Some(use_it);
    let done = CONTEXTS.try_with(|contexts| {
        let mut contexts = contexts.try_borrow_mut().ok()?;
        use_it.take().map(|use_it| use_it(&mut contexts))
    });
    done.ok().flatten().unwrap_or(refused)
}

fn action(use_it: impl FnOnce(&mut Contexts<ProxyWasmHost>) -> bool) -> Action {
    if with(false, use_it) {
        Action::Continue
    } else {
        Action::Pause
    }
}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    run_constructors();
    std::panic::set_hook(Box::new(|fault| {
        ProxyWasmHost.log(LogLevel::Error, &format!("fault: {fault}"));
    }));
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// Memory for what the proxy hands over, or null where there is none. `ProxyWasmHost` takes it back as a boxed slice of
/// this size.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    let mut memory: Vec<u8> = Vec::new();
    if memory.try_reserve_exact(size).is_err() {
        return ptr::null_mut();
    }
    // Zeroes, so that a proxy that says it wrote and did not shows nothing of another request.
    memory.resize(size, 0);
    Box::into_raw(memory.into_boxed_slice()).cast()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(id: u32, root: u32) {
    with((), |contexts| contexts.create(id, root));
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(_root: u32, _configuration_size: usize) -> bool {
    true
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(root: u32, _configuration_size: usize) -> bool {
    with(false, |contexts| contexts.configure(root))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(id: u32, _count: usize, _end: bool) -> Action {
    action(|contexts| contexts.request_headers(id))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_body(id: u32, _size: usize, _end: bool) -> Action {
    action(|contexts| contexts.request_body(id))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_trailers(id: u32, _count: usize) -> Action {
    action(|contexts| contexts.request_trailers(id))
}

/// A new connection goes on; nothing can be told of it before its handshake, and nothing of it passes unjudged.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_new_connection(_id: u32) -> Action {
    Action::Continue
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_downstream_data(id: u32, _size: usize, _end: bool) -> Action {
    action(|contexts| contexts.data(id))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_upstream_data(id: u32, _size: usize, _end: bool) -> Action {
    action(|contexts| contexts.data(id))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(id: u32) {
    with((), |contexts| contexts.delete(id));
}
