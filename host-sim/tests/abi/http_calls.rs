//! HTTP calls that a plugin makes, and what it hears of them.

use std::time::Duration;

use spiffe_authz_host_sim::{
    CallKind, Callback, Clock, Clusters, EndOfStream, EventError, Headers, HttpAnswer, HttpCall, Outcome,
    Plugin, PluginSetup, Progress, Properties, TrapCause,
};

use crate::guest::{GET, Guest, SLOT, WILD, get, said, say_status};

const REQUEST: [(&str, &str); 3] = [
    (":method", "GET"),
    (":path", "/keys"),
    (":authority", "keys.test"),
];

/// What a plugin calls with.
struct Call<'c> {
    cluster: &'c str,
    headers: &'c [(&'c str, &'c str)],
    body: &'c [u8],
    trailers: &'c [(&'c str, &'c str)],
    timeout: i32,
}

const CALL: Call<'_> = Call {
    cluster: "keys",
    headers: &REQUEST,
    body: b"",
    trailers: &[],
    timeout: 0,
};

/// Where the number of a call is written.
const ID: &str = "(i32.const 32)";

impl Call<'_> {
    /// Makes the call; logs its status, and its number.
    fn made(&self, guest: &mut Guest) -> String {
        let upstream = guest.bytes(self.cluster.as_bytes());
        let headers = guest.pairs(self.headers);
        let body = guest.bytes(self.body);
        let trailers = guest.pairs(self.trailers);
        let timeout = self.timeout;
        say_status(&format!(
            "(call $http_call {upstream} {headers} {body} {trailers} (i32.const {timeout}) {ID})"
        )) + &format!("(call $say_number (i32.load {ID}))")
    }
}

fn setup() -> PluginSetup {
    PluginSetup {
        clusters: Clusters::new().with("keys").with_no_host("no-host"),
        clock: Clock::at_unix_seconds(1_000),
        ..PluginSetup::default()
    }
}

/// A plugin that makes this call when it is configured, and does this with the answer.
fn caller(call: &Call<'_>, mut guest: Guest, on_answer: &str) -> Plugin {
    let made = call.made(&mut guest);
    let guest = guest.on_configure(&made);
    answered(guest, on_answer).try_start(setup()).unwrap()
}

fn answered(guest: Guest, on_answer: &str) -> Guest {
    guest.export(
        "proxy_on_http_call_response",
        "(param i32 i32 i32 i32 i32)",
        on_answer,
    )
}

/// Logs the callback's five arguments.
const SAY_ARGUMENTS: &str = "(call $say_number (local.get 0)) (call $say_number (local.get 1)) \
    (call $say_number (local.get 2)) (call $say_number (local.get 3)) (call $say_number (local.get 4))";

const SAY_CALL_STATUS: &str = "(call $say_number (call $get_status (i32.const 32) (i32.const 0) (i32.const 4))) \
    (call $say_number (i32.load (i32.const 32))) (call $say_slot)";

fn status_of(call: &Call<'_>) -> (Vec<String>, Vec<HttpCall>) {
    let plugin = caller(call, Guest::new(), "");
    (said(&plugin), plugin.http_calls())
}

#[test]
fn a_call_waits_with_everything_that_the_plugin_gave() {
    let call = Call {
        headers: &[
            (":method", "POST"),
            (":path", "/"),
            ("Host", "a"),
            ("x", "1"),
            ("x", "2"),
        ],
        body: b"body",
        trailers: &[("t", "v")],
        timeout: 1_500,
        ..CALL
    };
    let (said, calls) = status_of(&call);
    assert_eq!(said, ["00", "04"]);
    let headers = [(":method", "POST"), (":path", "/"), (":authority", "a")];
    let headers = headers
        .into_iter()
        .chain([("x", "1"), ("x", "2"), ("content-length", "4")]);
    let expected = HttpCall {
        id: 4,
        context: 1,
        cluster: "keys".to_owned(),
        headers: Headers::from_iter(headers),
        body: b"body".to_vec(),
        trailers: Headers::from_iter([("t", "v")]),
        timeout: Some(Duration::from_millis(1_500)),
    };
    assert_eq!(calls, [expected]);
}

#[test]
fn a_call_that_cannot_be_sent_is_refused_and_its_number_is_0() {
    let without = |name| {
        REQUEST
            .into_iter()
            .filter(|header| header.0 != name)
            .collect::<Vec<_>>()
    };
    let incomplete = [":method", ":path", ":authority"].map(without);
    let refused = incomplete.iter().map(|headers| Call { headers, ..CALL });
    let refused = refused.chain([
        Call {
            cluster: "other",
            ..CALL
        },
        Call { timeout: -1, ..CALL },
    ]);
    for call in refused {
        assert_eq!(status_of(&call), (vec!["02".to_owned(), "00".to_owned()], vec![]));
    }
    let no_host = Call {
        cluster: "no-host",
        ..CALL
    };
    assert_eq!(
        status_of(&no_host),
        (vec!["10".to_owned(), "00".to_owned()], vec![])
    );
}

#[test]
fn every_argument_of_a_call_is_checked_against_memory() {
    let mut guest = Guest::new();
    let upstream = guest.bytes(b"keys");
    let headers = guest.pairs(&REQUEST);
    let none = "(i32.const 0) (i32.const 0)";
    let table = [
        [WILD, &headers, none, none, ID],
        [&upstream, WILD, none, none, ID],
        [&upstream, &headers, WILD, none, ID],
        [&upstream, &headers, none, WILD, ID],
        [&upstream, &headers, none, none, "(i32.const -4)"],
    ];
    let calls: String = table
        .iter()
        .map(|[upstream, headers, body, trailers, id]| {
            let arguments = format!("{upstream} {headers} {body} {trailers} (i32.const 0) {id}");
            say_status(&format!("(call $http_call {arguments})"))
        })
        .collect();
    let plugin = guest.on_configure(&calls).try_start(setup()).unwrap();
    assert_eq!(said(&plugin), ["06"; 5]);
    assert_eq!(plugin.http_calls(), []);
}

/// Reads a header, a trailer and the body of an answer, and tries to change them.
fn read_answer(guest: &mut Guest) -> String {
    let [status, name] = [":status", "t"].map(|name| guest.bytes(name.as_bytes()));
    [
        format!("(call $get_value (i32.const 6) {status} {SLOT})"),
        format!("(call $get_value (i32.const 7) {name} {SLOT})"),
        format!("(call $get_buffer (i32.const 4) (i32.const 1) (i32.const 2) {SLOT})"),
        format!("(call $get_pairs (i32.const 7) {SLOT})"),
        "(call $get_size (i32.const 6) (i32.const 0))".to_owned(),
        format!("(call $add_value (i32.const 6) {name} {name})"),
        format!("(call $set_buffer (i32.const 4) (i32.const 0) (i32.const 0) {name})"),
    ]
    .iter()
    .map(|call| {
        format!(
            "(i64.store (i32.const 0) (i64.const 0)) {} (call $say_slot)",
            say_status(call)
        )
    })
    .collect()
}

#[test]
fn an_answer_is_read_during_its_callback_and_never_changed() {
    let mut guest = Guest::new();
    let reads = read_answer(&mut guest);
    let mut plugin = caller(&CALL, guest, &format!("{SAY_ARGUMENTS} {reads}"));
    plugin.take_logs();
    let answer = HttpAnswer::new(201)
        .header("a", "b")
        .body("body")
        .trailer("t", "v");
    plugin.answer_http_call(4, answer).unwrap();
    let arguments = ["01", "04", "02", "04", "01"];
    let read = [
        "00",
        "201",
        "00",
        "v",
        "00",
        "od",
        "00",
        "\\x01\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\x00\\x00\\x00t\\x00v\\x00",
    ];
    let changed = ["02", "", "02", "", "02", ""];
    assert_eq!(said(&plugin), [&arguments[..], &read, &changed].concat());
    assert_eq!(plugin.http_calls(), []);
}

#[test]
fn outside_its_callback_an_answer_is_not_there() {
    let mut guest = Guest::new();
    let reads = read_answer(&mut guest);
    let mut plugin = caller(&CALL, guest.on_request(&reads), "");
    plugin
        .answer_http_call(4, HttpAnswer::new(200).body("x"))
        .unwrap();
    plugin.take_logs();
    assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
    let absent = [
        "02", "", "02", "", "01", "", "00", "", "02", "", "02", "", "01", "",
    ];
    assert_eq!(said(&plugin), absent);
}

#[test]
fn a_failed_call_has_no_answer_but_a_status() {
    let mut guest = Guest::new();
    let reads = read_answer(&mut guest);
    let mut plugin = caller(
        &CALL,
        guest,
        &format!("{SAY_ARGUMENTS} {SAY_CALL_STATUS} {reads}"),
    );
    plugin.take_logs();
    plugin.fail_http_call(4).unwrap();
    let status = ["01", "04", "00", "00", "00", "00", "11", "reset"];
    assert_eq!(said(&plugin)[..8], status);
    let absent = [
        "02", "", "02", "", "01", "", "00", "", "02", "", "02", "", "01", "",
    ];
    assert_eq!(said(&plugin)[8..], absent);
    assert_eq!(plugin.http_calls(), []);
}

#[test]
fn the_status_is_0_at_first_and_after_a_failure_its_code_stays() {
    let mut plugin = caller(&CALL, Guest::new().on_request(SAY_CALL_STATUS), "");
    let mut said_on_get = || {
        plugin.take_logs();
        assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
        said(&plugin)
    };
    assert_eq!(said_on_get(), ["00", "00", ""]);
    plugin.fail_http_call(4).unwrap();
    plugin.take_logs();
    assert_eq!(get(&mut plugin.http_stream(Properties::new())), Outcome::Continue);
    assert_eq!(said(&plugin), ["00", "11", ""]);
}

#[test]
fn a_call_without_answer_in_time_is_answered_504() {
    let mut guest = Guest::new();
    let status = guest.bytes(b":status");
    let body = format!(
        "(drop (call $get_buffer (i32.const 4) (i32.const 0) (i32.const 99) {SLOT})) (call $say_slot)"
    );
    let status = format!("(drop (call $get_value (i32.const 6) {status} {SLOT})) (call $say_slot)");
    let mut plugin = caller(&Call { timeout: 50, ..CALL }, guest, &format!("{status} {body}"));
    plugin.take_logs();
    plugin.advance(Duration::from_millis(49)).unwrap();
    assert_eq!(said(&plugin), [""; 0]);
    plugin.advance(Duration::from_millis(1)).unwrap();
    assert_eq!(said(&plugin), ["504", "upstream request timeout"]);
    assert_eq!(plugin.http_calls(), []);
}

#[test]
fn a_call_without_timeout_waits_for_ever() {
    let mut plugin = caller(&CALL, Guest::new(), "(unreachable)");
    plugin.advance(Duration::from_secs(1_000_000)).unwrap();
    assert_eq!(plugin.http_calls().len(), 1);
}

/// A plugin that makes a call on each request, and replies to the stream with this context from the answer.
fn replier(context: u32) -> Plugin {
    let mut guest = Guest::new();
    let made = CALL.made(&mut guest);
    let details = guest.bytes(b"no key");
    let none = "(i32.const 0) (i32.const 0)";
    let reply = format!(
        "(call $say_number (call $set_context (i32.const {context}))) \
         (drop (call $reply (i32.const 403) {details} {none} {none} (i32.const -1)))"
    );
    let guest = guest.on_request_returning(&made, 1);
    answered(guest, &reply).try_start(setup()).unwrap()
}

#[test]
fn a_stream_is_answered_from_the_answer_to_its_call() {
    let mut plugin = replier(2);
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    let calls: Vec<_> = plugin
        .http_calls()
        .iter()
        .map(|call| (call.id, call.context))
        .collect();
    assert_eq!(calls, [(4, 1)], "the root context gets the answer");
    plugin.answer_http_call(4, HttpAnswer::new(404)).unwrap();
    assert_eq!(stream.local_reply().unwrap().status, 403);
    assert_eq!(stream.current_request_headers(), Headers::from_iter(GET));
}

/// A plugin that makes a call on each request, and continues the stream with context 2 from the answer.
fn resumer() -> Plugin {
    let mut guest = Guest::new();
    let made = CALL.made(&mut guest);
    let [name, value] = ["x-user", "spiffe"].map(|text| guest.bytes(text.as_bytes()));
    let resume = "(call $say_number (call $set_context (i32.const 2)))".to_owned()
        + &say_status(&format!("(call $add_value (i32.const 0) {name} {value})"))
        + &say_status("(call $continue (i32.const 0))");
    let guest = guest.on_request_returning(&made, 1);
    answered(guest, &resume).try_start(setup()).unwrap()
}

#[test]
fn a_stream_goes_on_from_the_answer_to_its_call_with_what_the_plugin_added() {
    let mut plugin = resumer();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    assert_eq!(stream.request(), Progress::Paused);
    plugin.take_logs();
    plugin.answer_http_call(4, HttpAnswer::new(200)).unwrap();
    assert_eq!(said(&plugin), ["00", "00", "00"]);
    assert_eq!(stream.request(), Progress::Ended);
    let sent = stream.sent_upstream().headers.unwrap();
    assert_eq!(sent.get("x-user"), Some(&b"spiffe"[..]));
}

#[test]
fn a_body_that_waited_for_the_answer_goes_on_with_the_headers() {
    let mut plugin = resumer();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(stream.request_headers(&GET, EndOfStream::No), Outcome::Pause);
    assert_eq!(stream.request_body("body", EndOfStream::Yes), Outcome::Pause);
    plugin.answer_http_call(4, HttpAnswer::new(200)).unwrap();
    let sent = stream.sent_upstream();
    assert_eq!((sent.body, sent.ended), (b"body".to_vec(), true));
}

#[test]
fn the_answer_to_a_call_can_close_the_stream() {
    let mut guest = Guest::new();
    let made = CALL.made(&mut guest);
    let close = "(drop (call $set_context (i32.const 2))) (call $say_number (call $close (i32.const 0)))";
    let guest = guest.on_request_returning(&made, 1);
    let mut plugin = answered(guest, close).try_start(setup()).unwrap();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    plugin.answer_http_call(4, HttpAnswer::new(200)).unwrap();
    assert_eq!(stream.request(), Progress::Closed);
}

#[test]
fn a_call_outlives_its_stream_whose_context_is_unknown_by_then() {
    let mut plugin = replier(2);
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    stream.finish().unwrap();
    plugin.take_logs();
    plugin.answer_http_call(4, HttpAnswer::new(200)).unwrap();
    assert_eq!(said(&plugin), ["02"]);
}

#[test]
fn calls_go_with_their_root_context() {
    let mut plugin = caller(&CALL, Guest::new(), "");
    plugin.reconfigure("other").unwrap();
    let calls: Vec<_> = plugin
        .http_calls()
        .iter()
        .map(|call| (call.id, call.context))
        .collect();
    assert_eq!(calls, [(8, 2)]);
}

#[test]
fn a_call_that_is_not_there_is_an_error_that_names_it() {
    let mut plugin = caller(&CALL, Guest::new(), "");
    plugin.answer_http_call(4, HttpAnswer::new(200)).unwrap();
    let over = EventError::NotPending {
        kind: CallKind::Http,
        id: 4,
    };
    assert_eq!(
        plugin.answer_http_call(4, HttpAnswer::new(200)),
        Err(over.clone())
    );
    assert_eq!(plugin.fail_http_call(4), Err(over.clone()));
    assert_eq!(over.to_string(), "HTTP call `4` is not pending");
}

#[test]
fn a_trap_in_the_answers_callback_fails_the_vm() {
    let mut plugin = caller(&CALL, Guest::new(), "(unreachable)");
    let EventError::Trapped(trap) = plugin.answer_http_call(4, HttpAnswer::new(200)).unwrap_err() else {
        panic!("no trap");
    };
    assert_eq!(
        (trap.callback, trap.cause.clone()),
        (Callback::HttpCallResponse, TrapCause::Unreachable)
    );
    assert_eq!(plugin.fail_http_call(4), Err(EventError::Failed(trap)));
}
