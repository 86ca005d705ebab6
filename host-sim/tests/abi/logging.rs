//! Logs and clocks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spiffe_authz_host_sim::{Callback, Clock, LogLevel, PluginSetup, Properties};

use crate::guest::{Guest, get, said, said_on_get, say_status};

#[test]
fn a_line_has_its_level_its_callback_its_context_and_raw_bytes() {
    let mut guest = Guest::new();
    let text = guest.bytes(b"\xff!");
    let mut plugin = guest
        .on_request(&format!("(drop (call $log (i32.const 4) {text}))"))
        .start();
    get(&mut plugin.http_stream(Properties::new()));
    let [line] = &plugin.logs()[..] else {
        panic!("one line")
    };
    assert_eq!(
        (line.level, line.callback, line.context),
        (LogLevel::Error, Callback::RequestHeaders, 2)
    );
    assert_eq!(
        (line.message.as_slice(), line.text().as_ref()),
        (&b"\xff!"[..], "\u{fffd}!")
    );
}

#[test]
fn lines_below_the_level_are_not_kept_but_are_ok() {
    let mut guest = Guest::new();
    let text = guest.bytes(b"x");
    let levels: String = (0..6)
        .map(|level| format!("(drop (call $log (i32.const {level}) {text}))"))
        .collect();
    let setup = PluginSetup {
        log_level: LogLevel::Error,
        ..PluginSetup::default()
    };
    let plugin = guest.on_configure(&levels).try_start(setup).unwrap();
    let kept: Vec<_> = plugin.logs().iter().map(|line| line.level).collect();
    assert_eq!(kept, [LogLevel::Error, LogLevel::Critical]);
}

#[test]
fn a_level_that_does_not_exist_is_a_bad_argument() {
    let mut guest = Guest::new();
    let text = guest.bytes(b"x");
    let plugin = guest
        .on_configure(&say_status(&format!("(call $log (i32.const 6) {text})")))
        .start();
    assert_eq!(said(&plugin), ["02"]);
}

#[test]
fn a_plugin_is_told_the_level() {
    let call = say_status("(call $get_log_level (i32.const 0))");
    let body = format!("{call} (call $say_number (i32.load (i32.const 0)))");
    assert_eq!(said(&Guest::new().on_configure(&body).start()), ["00", "02"]);
}

#[test]
fn logs_that_are_taken_are_not_kept() {
    let mut plugin = Guest::new()
        .on_configure("(call $say_number (i32.const 7))")
        .start();
    assert_eq!(plugin.take_logs().len(), 1);
    assert_eq!(plugin.logs(), []);
}

/// A plugin that logs the eight bytes of the time, from the ABI's clock and from WASI's two.
fn clock_reader() -> Guest {
    let say = "(call $say (i32.const 0) (i32.const 8))";
    Guest::new().on_request(&format!(
        "(drop (call $get_time (i32.const 0))) {say}
         (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 0))) {say}
         (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0))) {say}"
    ))
}

#[test]
fn a_fixed_clock_is_what_every_clock_of_the_plugin_reads() {
    let mut plugin = clock_reader().start();
    for seconds in [0, 1_800_000_000] {
        plugin.set_clock(Clock::at_unix_seconds(seconds));
        let nanoseconds = (seconds * 1_000_000_000).to_le_bytes().escape_ascii().to_string();
        assert_eq!(said_on_get(&mut plugin, Properties::new()), vec![nanoseconds; 3]);
    }
}

#[test]
fn the_clock_of_the_setup_counts_from_the_start_on() {
    let setup = PluginSetup {
        clock: Clock::Fixed(Duration::from_nanos(1_767_225_600_000_000_001)),
        ..PluginSetup::default()
    };
    let body = "(drop (call $get_time (i32.const 0))) (call $say (i32.const 0) (i32.const 8))";
    let guest = Guest::new().on_configure(body).on_request(body);
    let mut plugin = guest.try_start(setup).unwrap();
    get(&mut plugin.http_stream(Properties::new()));
    let told = 1_767_225_600_000_000_001_u64.to_le_bytes();
    assert_eq!(said(&plugin), vec![told.escape_ascii().to_string(); 2]);
}

#[test]
fn without_a_fixed_clock_the_time_is_the_machines() {
    let mut plugin = clock_reader().start();
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    get(&mut plugin.http_stream(Properties::new()));
    let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let told = u64::from_le_bytes(plugin.logs()[0].message.as_slice().try_into().unwrap());
    assert!((before..=after).contains(&Duration::from_nanos(told)));
}
