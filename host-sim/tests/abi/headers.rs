//! Header maps.

use spiffe_authz_host_sim::{EndOfStream, Headers, Outcome, Properties, Stream};

use crate::guest::{GET, Guest, SLOT, get, said, say_status};

fn list(headers: &Headers) -> Vec<String> {
    headers
        .iter()
        .map(|(n, v)| format!("{}={}", n.escape_ascii(), v.escape_ascii()))
        .collect()
}

/// The request's headers after a plugin made this call on those of a request `a: 1`, `b: 2`, `a: 3`.
fn after(guest: Guest, call: &str) -> Vec<String> {
    let mut plugin = guest.on_request(&say_status(call)).start();
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(
        &[(":path", "/"), ("a", "1"), ("b", "2"), ("a", "3")],
        EndOfStream::Yes,
    );
    assert_eq!(said(&plugin), ["00"], "{call}");
    list(&stream.current_request_headers())
}

#[test]
fn the_list_reaches_the_plugin_with_repeated_names_and_raw_bytes() {
    let body = format!(
        "{} (call $say_slot)",
        say_status(&format!("(call $get_pairs (i32.const 0) {SLOT})"))
    );
    let mut plugin = Guest::new().on_request(&body).start();
    let mut stream = plugin.http_stream(Properties::new());
    let headers: [(&str, &[u8]); 3] = [(":path", b"/"), ("X-A", b"\xff\xfe"), ("x-a", b"")];
    stream.request_headers(&headers, EndOfStream::Yes);
    let numbers = [3_u32, 5, 1, 3, 2, 3, 0].map(u32::to_le_bytes).concat();
    let expected = [&numbers[..], b":path\0/\0x-a\0\xff\xfe\0x-a\0\0"].concat();
    assert_eq!(
        said(&plugin),
        ["00".to_owned(), expected.escape_ascii().to_string()]
    );
}

#[test]
fn a_list_that_a_plugin_reads_and_sets_again_is_unchanged() {
    let body = format!(
        "(drop (call $get_pairs (i32.const 0) {SLOT}))
         {}",
        say_status("(call $set_pairs (i32.const 0) (i32.load (i32.const 0)) (i32.load (i32.const 4)))")
    );
    let mut plugin = Guest::new().on_request(&body).start();
    let mut stream = plugin.http_stream(Properties::new());
    let headers: [(&str, &[u8]); 4] = [(":path", b"/"), ("a", b"1"), ("b", b"\xff\0"), ("a", b"")];
    stream.request_headers(&headers, EndOfStream::Yes);
    assert_eq!(said(&plugin), ["00"]);
    assert_eq!(stream.current_request_headers(), Headers::from_iter(headers));
}

#[test]
fn a_value_is_the_first_of_its_name_in_any_case() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"X-a");
    let call = say_status(&format!("(call $get_value (i32.const 0) {name} {SLOT})"));
    let mut plugin = guest.on_request(&format!("{call} (call $say_slot)")).start();
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(&[("x-A", &b"1\xff"[..]), ("x-a", b"2")], EndOfStream::Yes);
    assert_eq!(said(&plugin), ["00", r"1\xff"]);
}

#[test]
fn an_absent_name_is_not_found_and_an_empty_value_is_a_null_pointer() {
    let mut guest = Guest::new();
    let (absent, empty) = (guest.bytes(b"x-b"), guest.bytes(b"x-a"));
    let body = [
        say_status(&format!("(call $get_value (i32.const 0) {absent} {SLOT})")),
        "(i32.store (i32.const 0) (i32.const 99)) (i32.store (i32.const 4) (i32.const 99))".to_owned(),
        say_status(&format!("(call $get_value (i32.const 0) {empty} {SLOT})")),
        "(call $say_number (i32.load (i32.const 0))) (call $say_number (i32.load (i32.const 4)))".to_owned(),
    ];
    let mut plugin = guest.on_request(&body.concat()).start();
    plugin
        .http_stream(Properties::new())
        .request_headers(&[("x-a", "")], EndOfStream::Yes);
    assert_eq!(said(&plugin), ["01", "00", "00", "00"]);
}

#[test]
fn the_size_is_that_of_names_and_values() {
    let call = say_status("(call $get_size (i32.const 0) (i32.const 0))");
    let mut plugin = Guest::new()
        .on_request(&format!("{call} (call $say_number (i32.load (i32.const 0)))"))
        .start();
    plugin
        .http_stream(Properties::new())
        .request_headers(&GET, EndOfStream::Yes);
    assert_eq!(said(&plugin), ["00", "16"], ":method GET :path /");
}

#[test]
fn adding_keeps_the_values_that_are_there() {
    let mut guest = Guest::new();
    let (name, value) = (guest.bytes(b"A"), guest.bytes(b"\xff"));
    let list = after(guest, &format!("(call $add_value (i32.const 0) {name} {value})"));
    assert_eq!(list, [":path=/", "a=1", "b=2", "a=3", r"a=\xff"]);
}

#[test]
fn replacing_leaves_one_value() {
    let mut guest = Guest::new();
    let (name, value) = (guest.bytes(b"a"), guest.bytes(b"4"));
    let list = after(
        guest,
        &format!("(call $replace_value (i32.const 0) {name} {value})"),
    );
    assert_eq!(list, [":path=/", "b=2", "a=4"]);
}

#[test]
fn removing_takes_every_value() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"a");
    let list = after(guest, &format!("(call $remove_value (i32.const 0) {name})"));
    assert_eq!(list, [":path=/", "b=2"]);
}

#[test]
fn removing_an_absent_name_is_ok() {
    let mut guest = Guest::new();
    let name = guest.bytes(b"c");
    assert_eq!(
        after(guest, &format!("(call $remove_value (i32.const 0) {name})")).len(),
        4
    );
}

#[test]
fn setting_the_empty_list_empties_the_map() {
    let list = after(
        Guest::new(),
        "(call $set_pairs (i32.const 0) (i32.const 0) (i32.const 0))",
    );
    assert_eq!(list, [""; 0]);
}

#[test]
fn a_list_that_does_not_parse_is_refused_and_changes_nothing() {
    let mut guest = Guest::new();
    let cut = guest.bytes(b"\x02\0\0\0\x01\0\0\0\x01\0\0\0");
    let mut plugin = guest
        .on_request(&say_status(&format!("(call $set_pairs (i32.const 0) {cut})")))
        .start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(said(&plugin), ["02"]);
    assert_eq!(stream.current_request_headers(), Headers::from_iter(GET));
}

/// The statuses of reading pairs, size and a value, and of adding, for a map at some point of a stream's life.
fn statuses_of(guest: &mut Guest, map: u32) -> String {
    let name = guest.bytes(b":path");
    [
        say_status(&format!("(call $get_pairs (i32.const {map}) {SLOT})")),
        say_status(&format!("(call $get_size (i32.const {map}) (i32.const 0))")),
        say_status(&format!("(call $get_value (i32.const {map}) {name} {SLOT})")),
        say_status(&format!("(call $add_value (i32.const {map}) {name} {name})")),
    ]
    .concat()
}

#[test]
fn a_map_that_is_not_there_reads_as_empty_and_refuses_the_rest() {
    for map in 1..8 {
        let mut guest = Guest::new();
        let body = statuses_of(&mut guest, map);
        let mut plugin = guest.on_request(&body).start();
        get(&mut plugin.http_stream(Properties::new()));
        assert_eq!(said(&plugin), ["00", "02", "02", "02"], "map {map}");
    }
}

#[test]
fn a_number_that_names_no_map_is_a_bad_argument() {
    let mut guest = Guest::new();
    let body = statuses_of(&mut guest, 8);
    let mut plugin = guest.on_request(&body).start();
    get(&mut plugin.http_stream(Properties::new()));
    assert_eq!(said(&plugin), ["02", "02", "02", "02"]);
}

/// What a plugin is answered for a map in `callback`, after its request and response went on.
fn statuses_in(callback: &str, signature: &str, map: u32) -> Vec<String> {
    let mut guest = Guest::new();
    let body = statuses_of(&mut guest, map);
    let result = if signature.contains("result") {
        "(i32.const 0)"
    } else {
        ""
    };
    let mut plugin = guest
        .export(callback, signature, &format!("{body} {result}"))
        .start();
    let mut stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Continue);
    assert_eq!(
        stream.response_headers(&[(":path", "x")], EndOfStream::Yes),
        Outcome::Continue
    );
    stream.finish().unwrap();
    said(&plugin)
}

#[test]
fn the_request_map_is_gone_once_the_request_went_on() {
    let statuses = statuses_in("proxy_on_response_headers", "(param i32 i32 i32) (result i32)", 0);
    assert_eq!(statuses, ["00", "02", "02", "02"]);
}

#[test]
fn the_response_map_is_there_with_the_response() {
    let statuses = statuses_in("proxy_on_response_headers", "(param i32 i32 i32) (result i32)", 2);
    assert_eq!(statuses, ["00", "00", "00", "00"]);
}

#[test]
fn the_access_log_reads_both_maps_and_changes_neither() {
    for map in [0, 2] {
        assert_eq!(
            statuses_in("proxy_on_log", "(param i32)", map),
            ["00", "02", "00", "02"],
            "map {map}"
        );
    }
    assert_eq!(
        statuses_in("proxy_on_log", "(param i32)", 1),
        ["00", "02", "01", "02"],
        "trailers"
    );
}

#[test]
fn a_paused_request_keeps_its_map() {
    let mut guest = Guest::new();
    let body = statuses_of(&mut guest, 0);
    let guest = guest
        .on_request_returning("", 1)
        .export("proxy_on_done", "(param i32) (result i32)", &{
            format!("{body} (i32.const 1)")
        });
    let mut plugin = guest.start();
    let mut stream: Stream = plugin.http_stream(Properties::new());
    assert_eq!(get(&mut stream), Outcome::Pause);
    stream.finish().unwrap();
    assert_eq!(said(&plugin), ["00", "00", "00", "00"]);
}
