//! Starting, configuring, reconfiguring, and streams from begin to end.

use spiffe_authz_host_sim::{
    Callback, EndOfStream, Outcome, PluginError, PluginFailure, PluginSetup, Properties,
};

use crate::guest::{GET, Guest, get, said};

/// Two digits for each argument, so that the order and the arguments of callbacks show.
fn say_arguments(count: u32) -> String {
    (0..count)
        .map(|argument| format!("(call $say_number (local.get {argument}))"))
        .collect()
}

/// A plugin that logs every callback with its arguments; each line starts with a letter for the callback.
fn chronicler() -> Guest {
    let mut guest = Guest::new();
    let callbacks = [
        ("proxy_on_context_create", "(param i32 i32)", 2, "create"),
        ("proxy_on_vm_start", "(param i32 i32) (result i32)", 2, "vm_start"),
        (
            "proxy_on_configure",
            "(param i32 i32) (result i32)",
            2,
            "configure",
        ),
        (
            "proxy_on_request_headers",
            "(param i32 i32 i32) (result i32)",
            3,
            "request",
        ),
        (
            "proxy_on_response_headers",
            "(param i32 i32 i32) (result i32)",
            3,
            "response",
        ),
        ("proxy_on_log", "(param i32)", 1, "log"),
        ("proxy_on_done", "(param i32) (result i32)", 1, "done"),
        ("proxy_on_delete", "(param i32)", 1, "delete"),
    ];
    for (export, signature, arguments, name) in callbacks {
        let text = guest.bytes(name.as_bytes());
        let stream_action = matches!(name, "request" | "response");
        let result = if stream_action {
            "(i32.const 0)"
        } else {
            "(i32.const 1)"
        };
        let result = if signature.contains("result") { result } else { "" };
        let body = format!("(call $say {text}) {} {result}", say_arguments(arguments));
        guest = guest.export(export, signature, &body);
    }
    guest
}

/// Lines of the chronicler, one string a callback.
fn chronicle(lines: Vec<String>) -> Vec<String> {
    lines
        .into_iter()
        .fold(Vec::new(), |mut callbacks: Vec<String>, line| {
            match callbacks.last_mut() {
                Some(last) if line.starts_with(|c: char| c.is_ascii_digit()) => {
                    *last = format!("{last} {line}")
                }
                Some(_) | None => callbacks.push(line),
            }
            callbacks
        })
}

#[test]
fn a_plugin_is_created_started_and_configured_in_this_order() {
    let setup = PluginSetup {
        plugin_configuration: b"hello".to_vec(),
        vm_configuration: b"vm".to_vec(),
        ..PluginSetup::default()
    };
    let plugin = chronicler().try_start(setup).unwrap();
    assert_eq!(
        chronicle(said(&plugin)),
        ["create 01 00", "vm_start 01 02", "configure 01 05"]
    );
}

#[test]
fn a_stream_is_created_with_its_first_headers_and_ends_with_log_done_delete() {
    let mut plugin = chronicler().start();
    plugin.take_logs();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(said(&plugin), [""; 0], "nothing is called before the headers");
    assert_eq!(stream.request_headers(&GET, EndOfStream::No), Outcome::Continue);
    assert_eq!(
        stream.response_headers(&[(":status", "200")], EndOfStream::Yes),
        Outcome::Continue
    );
    stream.finish().unwrap();
    stream.finish().unwrap();
    drop(stream);
    let expected = [
        "create 02 01",
        "request 02 02 00",
        "response 02 01 01",
        "log 02",
        "done 02",
        "delete 02",
    ];
    assert_eq!(chronicle(said(&plugin)), expected);
}

#[test]
fn a_stream_that_is_dropped_is_finished() {
    let mut plugin = chronicler().start();
    plugin.take_logs();
    get(&mut plugin.http_stream(Properties::new()));
    assert_eq!(chronicle(said(&plugin))[2..], ["log 02", "done 02", "delete 02"]);
}

#[test]
fn a_stream_without_headers_never_reaches_the_guest() {
    let mut plugin = chronicler().start();
    plugin.take_logs();
    plugin.http_stream(Properties::new()).finish().unwrap();
    assert_eq!(said(&plugin), [""; 0]);
}

#[test]
fn an_older_configuration_lives_until_its_last_stream_is_gone() {
    let mut plugin = chronicler().start();
    let mut old = plugin.http_stream(Properties::new());
    plugin.reconfigure("x").unwrap();
    plugin.take_logs();
    let mut new = plugin.http_stream(Properties::new());
    get(&mut old);
    get(&mut new);
    assert_eq!(
        chronicle(
            plugin
                .take_logs()
                .iter()
                .map(|line| line.text().into_owned())
                .collect()
        ),
        [
            "create 02 01",
            "request 02 02 01",
            "create 04 03",
            "request 04 02 01"
        ]
    );
    new.finish().unwrap();
    old.finish().unwrap();
    let ends = [
        "log 04",
        "done 04",
        "delete 04",
        "log 02",
        "done 02",
        "delete 02",
        "done 01",
        "delete 01",
    ];
    assert_eq!(chronicle(said(&plugin)), ends);
}

#[test]
fn an_older_configuration_without_streams_goes_at_once() {
    let mut plugin = chronicler().start();
    plugin.take_logs();
    plugin.reconfigure("x").unwrap();
    let expected = [
        "create 02 00",
        "vm_start 02 00",
        "configure 02 01",
        "done 01",
        "delete 01",
    ];
    assert_eq!(chronicle(said(&plugin)), expected);
}

/// Accepts a configuration of one byte or more; says `no` to an empty one.
fn picky() -> Guest {
    let mut guest = Guest::new();
    let no = guest.bytes(b"no");
    let body = format!("(if (i32.eqz (local.get 1)) (then (call $say {no}))) (local.get 1)");
    guest.export("proxy_on_configure", "(param i32 i32) (result i32)", &body)
}

#[test]
fn a_configuration_that_is_refused_at_start_is_an_error_with_the_log() {
    let error = picky().try_start(PluginSetup::default()).unwrap_err();
    assert_eq!(error.failure, PluginFailure::ConfigurationRefused);
    assert_eq!(error.log.len(), 1);
    assert_eq!(
        error.to_string(),
        "the plugin refused its configuration: `proxy_on_configure` returned false\n  \
         [Info] proxy_on_configure (context 1): no"
    );
}

#[test]
fn a_configuration_that_is_refused_later_leaves_the_old_one_in_use() {
    let setup = PluginSetup {
        plugin_configuration: b"x".to_vec(),
        ..PluginSetup::default()
    };
    let create = ("proxy_on_context_create", "(param i32 i32)", say_arguments(2));
    let mut plugin = picky()
        .export(create.0, create.1, &create.2)
        .try_start(setup)
        .unwrap();
    let PluginError { failure, log, .. } = plugin.reconfigure("").unwrap_err();
    assert_eq!(failure, PluginFailure::ConfigurationRefused);
    assert_eq!(log.len(), 3, "its own lines only: {log:?}");
    plugin.take_logs();
    assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
    assert_eq!(said(&plugin), ["03", "01"], "stream 3 belongs to root 1");
}

#[test]
fn a_root_that_refuses_its_configuration_is_deleted_again() {
    let setup = PluginSetup {
        plugin_configuration: b"x".to_vec(),
        ..PluginSetup::default()
    };
    let mut plugin = picky()
        .export("proxy_on_delete", "(param i32)", &say_arguments(1))
        .try_start(setup)
        .unwrap();
    plugin.reconfigure("").unwrap_err();
    assert_eq!(said(&plugin), ["no", "02"]);
}

#[test]
fn a_root_that_asks_for_more_time_is_not_deleted() {
    let mut plugin = Guest::new()
        .export("proxy_on_done", "(param i32) (result i32)", "(i32.const 0)")
        .export("proxy_on_delete", "(param i32)", &say_arguments(1))
        .start();
    plugin.reconfigure("x").unwrap();
    assert_eq!(said(&plugin), [""; 0]);
    let callbacks: Vec<_> = plugin.runs().iter().map(|run| run.callback).collect();
    assert_eq!(callbacks, [Callback::Done]);
}

#[test]
fn a_vm_that_refuses_to_start_is_an_error() {
    let guest = Guest::new().export(
        "proxy_on_vm_start",
        "(param i32 i32) (result i32)",
        "(i32.const 0)",
    );
    let error = guest.try_start(PluginSetup::default()).unwrap_err();
    assert_eq!(error.failure, PluginFailure::VmStartRefused);
}

#[test]
fn a_plugin_without_callbacks_starts_and_lets_everything_pass() {
    let mut plugin = Guest::new().start();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Continue);
    assert!(stream.runs().is_empty());
    assert!(!Guest::new().module().exports(Callback::RequestHeaders));
}

#[test]
fn main_without_arguments_runs_where_there_is_no_other() {
    let speak = |number| format!("(call $say_number (i32.const {number}))");
    let guest = |others: &[(&'static str, &'static str)]| {
        let first = Guest::new().export("_initialize", "", &speak(1)).export(
            "__main_void",
            "(result i32)",
            &[&speak(3), "(i32.const 0)"].concat(),
        );
        others.iter().fold(first, |guest, (name, signature)| {
            guest.export(name, signature, &[&speak(2), "(i32.const 0)"].concat())
        })
    };
    assert_eq!(said(&guest(&[]).start()), ["01", "03"]);
    let main = ("main", "(param i32 i32) (result i32)");
    assert_eq!(said(&guest(&[main]).start()), ["01", "02"]);
}

#[test]
fn main_runs_after_initialize() {
    let plugin = Guest::new()
        .export("_initialize", "", "(call $say_number (i32.const 1))")
        .export("_start", "", "(call $say_number (i32.const 9))")
        .export(
            "main",
            "(param i32 i32) (result i32)",
            "(call $say_number (i32.const 2)) (i32.const 0)",
        )
        .on_configure("(call $say_number (i32.const 3))")
        .start();
    assert_eq!(said(&plugin), ["01", "02", "03"]);
}

#[test]
fn start_runs_where_there_is_no_initialize() {
    let plugin = Guest::new()
        .export("_start", "", "(call $say_number (i32.const 9))")
        .start();
    assert_eq!(said(&plugin), ["09"]);
}

#[test]
fn callbacks_out_of_order_run_nothing() {
    let mut plugin = chronicler().start();
    let mut stream = plugin.http_stream(Properties::new());
    let status = [(":status", "200")];
    assert_eq!(
        stream.response_headers(&status, EndOfStream::Yes),
        Outcome::OutOfOrder,
        "no request yet"
    );
    get(&mut stream);
    assert_eq!(get(&mut stream), Outcome::OutOfOrder, "a second request");
    stream.finish().unwrap();
    let runs = stream.runs().len();
    assert_eq!(
        stream.response_headers(&status, EndOfStream::Yes),
        Outcome::OutOfOrder,
        "finished"
    );
    assert_eq!(stream.runs().len(), runs);
}

#[test]
fn a_paused_stream_gets_no_further_headers() {
    for action in [1, 3, 4, 99] {
        let mut plugin = Guest::new().on_request_returning("", action).start();
        let mut stream = plugin.http_stream(Properties::new());
        assert_eq!(get(&mut stream), Outcome::Pause, "action {action}");
        assert_eq!(
            stream.response_headers(&[(":status", "200")], EndOfStream::Yes),
            Outcome::OutOfOrder
        );
    }
}

#[test]
fn a_plugin_and_its_streams_may_move_to_another_thread() {
    let mut plugin = Guest::new().start();
    let mut stream = plugin.http_stream(Properties::new());
    let outcome = std::thread::spawn(move || get(&mut stream)).join().unwrap();
    assert_eq!(outcome, Outcome::Continue);
}
