//! Every callback of the ABI.

use crate::hostcall::proxy_get_buffer_bytes;
use crate::log::log;
use crate::numbers;
use crate::run::{Event, happen};
use crate::script::Script;
use crate::state;

const VM_CONFIGURATION: i32 = 6;
const PLUGIN_CONFIGURATION: i32 = 7;
const EVERYTHING: i32 = i32::MAX;

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(context: u32, root: u32) {
    state::begin(context, root);
    let arguments = if root == 0 {
        Vec::new()
    } else {
        vec![state::name(root)]
    };
    event("context_create", context, arguments);
}

/// Its statements are in the VM's configuration: the plugin's is not there yet.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(root: u32, size: i32) -> i32 {
    read_script(root, VM_CONFIGURATION);
    asked("vm_start", root, vec![size.to_string()])
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(root: u32, size: i32) -> i32 {
    read_script(root, PLUGIN_CONFIGURATION);
    // The script may differ from host to host in its names: its size is only told apart from none.
    let size = if size == 0 { "0" } else { "some" };
    asked("configure", root, vec![size.to_owned()])
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(root: u32) {
    event("tick", root, Vec::new());
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_queue_ready(root: u32, queue: u32) {
    event("queue_ready", root, vec![token(queue)]);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_new_connection(context: u32) -> i32 {
    action("new_connection", context, Vec::new(), false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_downstream_data(context: u32, size: i32, end: i32) -> i32 {
    action("downstream_data", context, vec![size.to_string()], end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_upstream_data(context: u32, size: i32, end: i32) -> i32 {
    action("upstream_data", context, vec![size.to_string()], end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_downstream_connection_close(context: u32, peer: i32) {
    event("downstream_connection_close", context, vec![numbers::peer(peer)]);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_upstream_connection_close(context: u32, peer: i32) {
    event("upstream_connection_close", context, vec![numbers::peer(peer)]);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(context: u32, count: i32, end: i32) -> i32 {
    action("request_headers", context, vec![count.to_string()], end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_body(context: u32, size: i32, end: i32) -> i32 {
    action("request_body", context, vec![size.to_string()], end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_trailers(context: u32, count: i32) -> i32 {
    action("request_trailers", context, vec![count.to_string()], false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(context: u32, count: i32, end: i32) -> i32 {
    action("response_headers", context, vec![count.to_string()], end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_body(context: u32, size: i32, end: i32) -> i32 {
    action("response_body", context, vec![size.to_string()], end != 0)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_trailers(context: u32, count: i32) -> i32 {
    action("response_trailers", context, vec![count.to_string()], false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_http_call_response(context: u32, call: u32, headers: i32, body: i32, trailers: i32) {
    let sizes = [headers, body, trailers].map(|size| size.to_string());
    event(
        "http_call_response",
        context,
        [vec![token(call)], sizes.to_vec()].concat(),
    );
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive_initial_metadata(context: u32, call: u32, count: i32) {
    event(
        "grpc_receive_initial_metadata",
        context,
        vec![token(call), count.to_string()],
    );
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive(context: u32, call: u32, size: i32) {
    event("grpc_receive", context, vec![token(call), size.to_string()]);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive_trailing_metadata(context: u32, call: u32, count: i32) {
    event(
        "grpc_receive_trailing_metadata",
        context,
        vec![token(call), count.to_string()],
    );
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_close(context: u32, call: u32, status: i32) {
    event("grpc_close", context, vec![token(call), status.to_string()]);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_foreign_function(context: u32, function: u32, size: i32) {
    event(
        "foreign_function",
        context,
        vec![function.to_string(), size.to_string()],
    );
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_done(context: u32) -> i32 {
    asked("done", context, Vec::new())
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_log(context: u32) {
    event("log", context, Vec::new());
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(context: u32) {
    event("delete", context, Vec::new());
}

fn event(name: &str, context: u32, arguments: Vec<String>) {
    happen(&Event {
        name,
        context,
        arguments,
        end: false,
        default: None,
    });
}

/// A callback that is asked for yes or no; it says yes.
fn asked(name: &str, context: u32, arguments: Vec<String>) -> i32 {
    happen(&Event {
        name,
        context,
        arguments,
        end: false,
        default: Some(1),
    })
}

/// A callback that is asked for an action; it lets pass.
fn action(name: &str, context: u32, mut arguments: Vec<String>, end: bool) -> i32 {
    if end {
        arguments.push("end".to_owned());
    }
    happen(&Event {
        name,
        context,
        arguments,
        end,
        default: Some(0),
    })
}

/// A number that the host chose, by the name under which a script stored it.
fn token(number: u32) -> String {
    state::known_number(i64::from(number)).unwrap_or_else(|| "an unknown number".to_owned())
}

fn read_script(root: u32, buffer: i32) {
    let (mut address, mut size) = (0_u32, 0_u32);
    let places = [&raw mut address, &raw mut size].map(|place| place.expose_provenance() as i32);
    let status = unsafe { proxy_get_buffer_bytes(buffer, 0, EVERYTHING, places[0], places[1]) };
    if status != 0 || size == 0 {
        return;
    }
    let at: *const u8 = std::ptr::with_exposed_provenance(address as usize);
    let text = unsafe { std::slice::from_raw_parts(at, size as usize) };
    match Script::parse(&String::from_utf8_lossy(text)) {
        Ok(script) => state::set_script(root, script),
        Err(error) => log(&format!("the script cannot be read: {error}")),
    }
}
