//! The context that hostcalls are about.

use spiffe_authz_host_sim::{Outcome, Plugin, Properties};

use crate::guest::{Guest, SLOT, get, said, say_status};

fn set(context: u32) -> String {
    say_status(&format!("(call $set_context (i32.const {context}))"))
}

/// A plugin that pauses requests and does this on a tick, for which it sets a period.
fn on_tick(guest: Guest, body: &str) -> Plugin {
    let period = "(drop (call $set_period (i32.const 1)))";
    let guest = guest.on_configure(period).on_request_returning("", 1);
    guest.export("proxy_on_tick", "(param i32)", body).start()
}

#[test]
fn a_context_that_is_not_there_is_a_bad_argument() {
    let contexts = [0, 1, 2, 3, 9, u32::MAX].map(set).concat();
    let mut plugin = on_tick(Guest::new(), &contexts);
    let mut stream = plugin.http_stream(Properties::new());
    plugin.tick().unwrap();
    assert_eq!(said(&plugin), ["00", "00", "00", "02", "02", "02"]);
    stream.finish().unwrap();
    plugin.take_logs();
    plugin.tick().unwrap();
    assert_eq!(
        said(&plugin),
        ["00", "00", "02", "02", "02", "02"],
        "the stream is over"
    );
}

#[test]
fn a_tick_reads_and_changes_the_stream_that_it_sets_and_answers_it() {
    let mut guest = Guest::new();
    let [path, other] = [":path", "/other"].map(|text| guest.bytes(text.as_bytes()));
    let none = "(i32.const 0) (i32.const 0)";
    let body = [
        say_status(&format!("(call $get_value (i32.const 0) {path} {SLOT})")),
        set(2),
        say_status(&format!("(call $get_value (i32.const 0) {path} {SLOT})")),
        "(call $say_slot)".to_owned(),
        say_status(&format!("(call $replace_value (i32.const 0) {path} {other})")),
        say_status(&format!(
            "(call $reply (i32.const 429) {none} {none} {none} (i32.const -1))"
        )),
    ];
    let mut plugin = on_tick(guest, &body.concat());
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    plugin.tick().unwrap();
    assert_eq!(said(&plugin), ["02", "00", "00", "/", "00", "00"]);
    assert_eq!(
        stream.current_request_headers().get(":path"),
        Some(&b"/other"[..])
    );
    assert_eq!(stream.local_reply().map(|reply| reply.status), Some(429));
}

#[test]
fn the_effective_context_lasts_for_one_callback_and_0_takes_it_back() {
    let mut guest = Guest::new();
    let path = guest.bytes(b":path");
    let read = say_status(&format!("(call $get_value (i32.const 0) {path} {SLOT})"));
    let body = [read.clone(), set(2), read.clone(), set(0), read, set(2)].concat();
    let mut plugin = on_tick(guest, &body);
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    for _ in 0..2 {
        plugin.take_logs();
        plugin.tick().unwrap();
        assert_eq!(said(&plugin), ["02", "00", "00", "00", "02", "00"]);
    }
}

#[test]
fn log_lines_are_of_the_context_in_effect() {
    let mut guest = Guest::new();
    let line = guest.bytes(b"line");
    let body = format!("(call $say {line}) {} (call $say {line})", set(2));
    let mut plugin = on_tick(guest, &body);
    let _stream = plugin.http_stream(Properties::new());
    plugin.tick().unwrap();
    let contexts: Vec<_> = plugin.logs().iter().map(|line| line.context).collect();
    assert_eq!(contexts, [1, 2, 2]);
}
