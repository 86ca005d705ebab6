//! A plugin that logs every callback of HTTP streams with its arguments, and does what a test says besides.

use spiffe_authz_host_sim::Plugin;

use crate::guest::{Guest, SLOT, said, say_status};

const CALLBACKS: [(&str, usize, bool); 12] = [
    ("context_create", 2, false),
    ("request_headers", 3, true),
    ("request_body", 3, true),
    ("request_trailers", 2, true),
    ("response_headers", 3, true),
    ("response_body", 3, true),
    ("response_trailers", 2, true),
    ("log", 1, false),
    ("done", 1, true),
    ("delete", 1, false),
    ("tick", 1, false),
    ("configure", 2, true),
];

/// What a callback does behind its line in the chronicle, and what it returns.
pub(crate) type Does<'b> = (&'b str, &'b str, &'b str);

pub(crate) const PASS: &str = "(i32.const 0)";
pub(crate) const HOLD: &str = "(i32.const 1)";
/// Holds a body until it is there as a whole.
pub(crate) const HOLD_TO_END: &str = "(i32.eqz (local.get 2))";
pub(crate) const CONTINUE_REQUEST: &str = "(call $say_number (call $continue (i32.const 0)))";
pub(crate) const CONTINUE_RESPONSE: &str = "(call $say_number (call $continue (i32.const 1)))";

/// Starts the plugin; its timer is on. Its first stream is context 2.
pub(crate) fn chronicler(guest: Guest, does: &[Does<'_>]) -> Plugin {
    let guest = CALLBACKS.iter().fold(guest, |guest, callback| {
        let own = does.iter().find(|(name, ..)| name == &callback.0);
        tell(guest, callback, own)
    });
    let mut plugin = guest.start();
    plugin.take_logs();
    plugin
}

fn tell(mut guest: Guest, (name, arguments, returns): &(&str, usize, bool), own: Option<&Does<'_>>) -> Guest {
    let text = guest.bytes(name.as_bytes());
    let usual = match *name {
        "done" => ("", "(i32.const 1)"),
        "configure" => ("(drop (call $set_period (i32.const 1)))", "(i32.const 1)"),
        _ => ("", PASS),
    };
    let (body, returned) = own.map_or(usual, |(_, body, returned)| (*body, *returned));
    let told: String = (0..*arguments)
        .map(|argument| format!("(call $say_number (local.get {argument}))"))
        .collect();
    let (result, returned) = if *returns {
        ("(result i32)", returned)
    } else {
        ("", "")
    };
    let signature = format!("(param {}) {result}", "i32 ".repeat(*arguments));
    let body = format!("(call $say {text}) {told} {body} {returned}");
    guest.export(&format!("proxy_on_{name}"), &signature, &body)
}

/// One line a callback since the last time: its name, and the numbers and bytes that it logged.
pub(crate) fn chronicle(plugin: &mut Plugin) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in said(plugin) {
        match lines.last_mut() {
            Some(last) if CALLBACKS.iter().all(|(name, ..)| *name != line) => {
                *last = format!("{last} {line}");
            }
            Some(_) | None => lines.push(line),
        }
    }
    plugin.take_logs();
    lines
}

/// The status of reading a buffer, and its bytes.
pub(crate) fn say_buffer(buffer: u32) -> String {
    let call = format!("(call $get_buffer (i32.const {buffer}) (i32.const 0) (i32.const 99) {SLOT})");
    format!(
        "(i64.store (i32.const 0) (i64.const 0)) {} (call $say_slot)",
        say_status(&call)
    )
}

/// Sets the first stream as the effective context, and does this.
pub(crate) fn for_stream(body: &str) -> String {
    format!("(call $say_number (call $set_context (i32.const 2))) {body}")
}
