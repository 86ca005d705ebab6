//! Attributes that follow from a stream itself, and those of the builders.

use spiffe_authz_host_sim::{
    Clock, Connection, DynamicMetadata, EndOfStream, HttpProtocol, Listener, LocalCertificate, Locality,
    MetadataValue, Node, Outcome, PeerCertificate, Plugin, PluginSetup, Properties, Route, TlsVersion,
    TrafficDirection, Upstream,
};

use crate::guest::{Guest, SLOT, said};

const NOT_FOUND: &str = "01";
const NO_BYTE_FORM: &str = "03";

/// Reads a path: logs the bytes, or the status where it is not OK.
fn read(guest: &mut Guest, path: &str) -> String {
    let path = guest.bytes(path.replace('.', "\0").as_bytes());
    format!("(call $say_read (call $get_property {path} {SLOT}))")
}

const SAY_READ: &str = "(func $say_read (param i32)
  (if (local.get 0) (then (call $say_number (local.get 0))) (else (call $say_slot))))";

const HEADERS: &str = "(param i32 i32 i32) (result i32)";

/// A plugin that reads these paths in each of a stream's callbacks.
fn reader(paths: &[&str]) -> Guest {
    let mut guest = Guest::new().with(SAY_READ);
    let body: String = paths.iter().map(|path| read(&mut guest, path)).collect();
    let answering = format!("{body} (i32.const 0)");
    [
        "proxy_on_request_headers",
        "proxy_on_request_body",
        "proxy_on_response_headers",
        "proxy_on_response_body",
    ]
    .into_iter()
    .fold(guest, |guest, callback| {
        guest.export(callback, HEADERS, &answering)
    })
    .export("proxy_on_log", "(param i32)", &body)
}

/// What the plugin read since the last time.
fn taken(plugin: &mut Plugin) -> Vec<String> {
    let lines = said(plugin);
    plugin.take_logs();
    lines
}

fn number(number: i64) -> String {
    number.to_le_bytes().escape_ascii().to_string()
}

const POST: [(&str, &str); 8] = [
    (":method", "POST"),
    (":scheme", "https"),
    (":authority", "orders"),
    (":path", "/pay?id=1"),
    ("user-agent", "ua"),
    ("referer", "r"),
    ("x-request-id", "rid"),
    ("x-a", "1"),
];

#[test]
fn a_request_is_read_by_its_parts_while_its_headers_are_there() {
    let table = [
        ("request.path", "/pay?id=1"),
        ("request.url_path", "/pay"),
        ("request.query", "id=1"),
        ("request.host", "orders"),
        ("request.scheme", "https"),
        ("request.method", "POST"),
        ("request.referer", "r"),
        ("request.useragent", "ua"),
        ("request.id", "rid"),
        ("request.headers.X-A", "1"),
    ];
    let mut plugin = reader(&table.map(|(path, _)| path)).start();
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(&POST, EndOfStream::No);
    assert_eq!(taken(&mut plugin), table.map(|(_, value)| value));
    stream.request_body("abc", EndOfStream::Yes);
    assert_eq!(taken(&mut plugin), table.map(|_| NOT_FOUND), "they have gone on");
    stream.finish().unwrap();
    assert_eq!(
        taken(&mut plugin),
        table.map(|(_, value)| value),
        "in the access log"
    );
}

#[test]
fn sizes_grow_with_what_came_and_with_what_went_out() {
    let mut plugin = reader(&["request.size", "response.size", "response.total_size"]).start();
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(&POST, EndOfStream::No);
    assert_eq!(taken(&mut plugin), [number(0), number(0), number(0)]);
    stream.request_body("abc", EndOfStream::Yes);
    assert_eq!(taken(&mut plugin), [number(3), number(0), number(0)]);
    stream.response_headers(&[(":status", "200")], EndOfStream::No);
    assert_eq!(taken(&mut plugin), [number(3), number(0), number(10)]);
    stream.response_body("wxyz", EndOfStream::Yes);
    assert_eq!(taken(&mut plugin), [number(3), number(0), number(0)]);
    stream.finish().unwrap();
    assert_eq!(taken(&mut plugin), [number(3), number(4), number(14)]);
}

#[test]
fn a_size_that_the_request_tells_is_its_size() {
    let mut plugin = reader(&["request.size"]).start();
    for (length, size) in [("5", number(5)), ("x", NOT_FOUND.to_owned())] {
        let mut stream = plugin.http_stream(Properties::new());
        stream.request_headers(&[(":path", "/"), ("content-length", length)], EndOfStream::No);
        assert_eq!(taken(&mut plugin), [size], "{length}");
        drop(stream);
        plugin.take_logs();
    }
}

#[test]
fn a_response_has_its_code_and_details_from_its_headers_on() {
    let mut plugin = reader(&["response.code", "response.code_details", "response.grpc_status"]).start();
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(&POST, EndOfStream::Yes);
    assert_eq!(taken(&mut plugin), [NOT_FOUND; 3]);
    stream.response_headers(&[(":status", "404")], EndOfStream::Yes);
    assert_eq!(
        taken(&mut plugin),
        [number(404), "via_upstream".to_owned(), number(12)]
    );
}

#[test]
fn a_local_reply_has_its_own_code_and_details() {
    let mut guest = Guest::new().with(SAY_READ);
    let details = guest.bytes(b"no");
    let paths = ["response.code", "response.code_details", "response.grpc_status"];
    let body: String = paths.iter().map(|path| read(&mut guest, path)).collect();
    let reply = format!(
        "(drop (call $reply (i32.const 403) {details} (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const -1)))"
    );
    let answering = format!("{body} (i32.const 0)");
    let guest = guest.export("proxy_on_response_headers", HEADERS, &answering);
    let mut plugin = guest.on_request_returning(&reply, 1).start();
    let mut stream = plugin.http_stream(Properties::new());
    let outcome = stream.request_headers(&POST, EndOfStream::Yes);
    assert!(matches!(outcome, Outcome::LocalReply(_)), "{outcome:?}");
    assert_eq!(taken(&mut plugin), [number(403), "no".to_owned(), number(7)]);
}

#[test]
fn time_is_that_of_the_beginning_and_duration_is_known_in_the_access_log() {
    let mut plugin = reader(&["request.time", "request.duration"]).start();
    plugin.set_clock(Clock::at_unix_seconds(100));
    let mut stream = plugin.http_stream(Properties::new());
    plugin.set_clock(Clock::at_unix_seconds(102));
    stream.request_headers(&POST, EndOfStream::Yes);
    let time = number(100_000_000_000);
    assert_eq!(taken(&mut plugin), [time.as_str(), NOT_FOUND]);
    stream.finish().unwrap();
    assert_eq!(taken(&mut plugin), [time, number(2_000_000_000)]);
}

#[test]
fn the_headers_are_a_map_of_names_and_joined_values_and_an_absent_one_is_empty() {
    let paths = [
        "request.headers",
        "request.headers.cookie",
        "response.headers",
        "response.trailers",
    ];
    let mut plugin = reader(&paths).start();
    let mut stream = plugin.http_stream(Properties::new());
    let request = [(":path", "/"), ("cookie", "a"), ("x", ""), ("cookie", "b")];
    stream.request_headers(&request, EndOfStream::Yes);
    let map = r"\x03\x00\x00\x00\x05\x00\x00\x00\x01\x00\x00\x00\x06\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00:path\x00/\x00cookie\x00a,b\x00x\x00\x00";
    let empty = r"\x00\x00\x00\x00";
    assert_eq!(taken(&mut plugin), [map, "a,b", empty, empty]);
}

#[test]
fn a_test_sets_and_takes_away_what_follows_from_the_stream() {
    let mut plugin = reader(&["request.path", "request.method", "request.headers.x-a"]).start();
    let properties = Properties::new()
        .string(["request", "path"], "/other")
        .absent(["request", "headers"]);
    let mut stream = plugin.http_stream(properties);
    stream.request_headers(&POST, EndOfStream::Yes);
    assert_eq!(taken(&mut plugin), ["/other", "POST", NOT_FOUND]);
}

#[test]
fn every_stream_has_a_listener_and_an_upstream_has_been_tried_once_the_request_has_gone_on() {
    let paths = [
        "xds.filter_chain_name",
        "xds.listener_direction",
        "xds.listener_metadata",
        "xds.route_name",
        "upstream.request_attempt_count",
        "upstream_filter_state",
        "response.flags",
        "request.protocol",
    ];
    let mut plugin = reader(&paths).start();
    let mut stream = plugin.http_stream(Properties::new());
    stream.request_headers(&POST, EndOfStream::Yes);
    let zero = number(0);
    let before = ["", &zero, "", NOT_FOUND, &zero, NOT_FOUND, &zero, "HTTP/1.1"];
    assert_eq!(taken(&mut plugin), before);
    stream.response_headers(&[(":status", "200")], EndOfStream::Yes);
    let after = [
        "",
        &zero,
        "",
        NOT_FOUND,
        &number(1),
        NO_BYTE_FORM,
        &zero,
        "HTTP/1.1",
    ];
    assert_eq!(taken(&mut plugin), after);
}

#[test]
fn an_upstream_shows_itself_when_the_request_has_gone_to_it_and_its_route_before() {
    let metadata = |name: &str| DynamicMetadata::new().with("ns", "name", name);
    let upstream = Upstream::new("10.0.0.9:8443".parse().unwrap())
        .with_local_address("10.0.0.8:5000".parse().unwrap())
        .with_locality(Locality {
            region: "eu".to_owned(),
            ..Locality::default()
        })
        .with_metadata(metadata("host"))
        .with_tls(
            TlsVersion::Tls12,
            PeerCertificate::valid("spiffe://cluster.local/ns/shop/sa/b"),
            LocalCertificate::default(),
        );
    let route = Route::new("one", "vh").to_cluster("orders", metadata("cluster"), 2);
    let properties = upstream
        .properties()
        .and(route.properties())
        .upstream_filter_state("shared", "up");
    let with_the_upstream = [
        ("upstream.address", "10.0.0.9:8443"),
        ("upstream.local_address", "10.0.0.8:5000"),
        ("upstream.locality.region", "eu"),
        ("upstream.tls_version", "TLSv1.2"),
        (
            "upstream.uri_san_peer_certificate",
            "spiffe://cluster.local/ns/shop/sa/b",
        ),
        ("xds.upstream_host_metadata.filter_metadata.ns.name", "host"),
        ("xds.upstream_host_locality_metadata", NO_BYTE_FORM),
        ("upstream_filter_state.shared", "up"),
    ];
    let endpoints = number(2);
    let with_the_route = [
        ("xds.route_name", "one"),
        ("xds.virtual_host_name", "vh"),
        ("xds.cluster_name", "orders"),
        ("xds.cluster_metadata.filter_metadata.ns.name", "cluster"),
        ("upstream.num_endpoints", endpoints.as_str()),
    ];
    let paths: Vec<&str> = with_the_upstream
        .iter()
        .chain(&with_the_route)
        .map(|(path, _)| *path)
        .collect();
    let mut plugin = reader(&paths).start();
    let mut stream = plugin.http_stream(properties);
    stream.request_headers(&POST, EndOfStream::Yes);
    let route = with_the_route.map(|(_, value)| value);
    assert_eq!(taken(&mut plugin), [&[NOT_FOUND; 8][..], &route[..]].concat());
    stream.response_headers(&[(":status", "200")], EndOfStream::Yes);
    let upstream = with_the_upstream.map(|(_, value)| value);
    assert_eq!(taken(&mut plugin), [&upstream[..], &route[..]].concat());
}

#[test]
fn a_listener_a_protocol_and_the_ends_of_a_connection_are_told_by_builders() {
    let listener = Listener::new(TrafficDirection::Inbound).with_filter_chain("chain");
    let address = "10.0.0.7:1".parse().unwrap();
    let connection = Connection::tls(address, address)
        .with_protocol(HttpProtocol::Http2)
        .with_tls_version(TlsVersion::Tls12)
        .with_termination_details("gone")
        .with_transport_failure_reason("bad");
    let inbound = number(1);
    let table = [
        ("xds.listener_direction", inbound.as_str()),
        ("xds.filter_chain_name", "chain"),
        ("request.protocol", "HTTP/2"),
        ("connection.tls_version", "TLSv1.2"),
        ("connection.termination_details", "gone"),
        ("connection.transport_failure_reason", "bad"),
        ("connection.subject_local_certificate", ""),
        ("connection.subject_peer_certificate", ""),
        ("connection.uri_san_local_certificate", NOT_FOUND),
    ];
    let mut plugin = reader(&table.map(|(path, _)| path)).start();
    let mut stream = plugin.http_stream(connection.properties().and(listener.properties()));
    stream.request_headers(&POST, EndOfStream::Yes);
    assert_eq!(taken(&mut plugin), table.map(|(_, value)| value));
}

#[test]
fn dynamic_metadata_is_read_by_namespace_key_place_and_name() {
    let list = MetadataValue::List(vec!["a".into(), MetadataValue::fields([("x", "y".into())])]);
    let metadata = DynamicMetadata::new()
        .with("ns", "text", "t")
        .with("ns", "list", list)
        .with("ns", "no", MetadataValue::Null);
    let table = [
        ("metadata.filter_metadata.ns.text", "t"),
        ("metadata.filter_metadata.ns.list.0", "a"),
        ("metadata.filter_metadata.ns.list.1.x", "y"),
        ("metadata.filter_metadata.ns.list.2", NOT_FOUND),
        ("metadata.filter_metadata.ns.no", NO_BYTE_FORM),
        ("metadata.filter_metadata.ns", NO_BYTE_FORM),
        ("metadata.filter_metadata.nope", NOT_FOUND),
        ("metadata.typed_filter_metadata", r"\x00\x00\x00\x00"),
        ("metadata.nope", NOT_FOUND),
    ];
    let mut plugin = reader(&table.map(|(path, _)| path)).start();
    let mut stream = plugin.http_stream(Properties::new().dynamic_metadata(metadata));
    stream.request_headers(&POST, EndOfStream::Yes);
    assert_eq!(taken(&mut plugin), table.map(|(_, value)| value));
}

#[test]
fn a_node_is_read_by_its_fields_in_root_contexts_and_in_streams() {
    let node = Node::new("n-1", "c-1").with_metadata([
        ("NAMESPACE", "shop".into()),
        ("LABELS", MetadataValue::fields([("app", "orders".into())])),
    ]);
    let table = [
        ("xds.node.id", "n-1"),
        ("xds.node.metadata.NAMESPACE", "shop"),
        ("xds.node.metadata.LABELS.app", "orders"),
        ("xds.node.metadata.LABELS.nope", NOT_FOUND),
        ("xds", NO_BYTE_FORM),
        ("xds.listener_direction", NOT_FOUND),
    ];
    let mut guest = Guest::new().with(SAY_READ);
    let body: String = table.iter().map(|(path, _)| read(&mut guest, path)).collect();
    let setup = PluginSetup {
        properties: node.properties(),
        ..PluginSetup::default()
    };
    let plugin = guest.on_configure(&body).try_start(setup).unwrap();
    assert_eq!(said(&plugin), table.map(|(_, value)| value));
}

#[test]
fn a_tcp_stream_counts_its_bytes_and_has_no_request() {
    let paths = [
        "request.size",
        "response.size",
        "request.path",
        "request.protocol",
        "upstream.request_attempt_count",
    ];
    let mut guest = Guest::new().with(SAY_READ);
    let body: String = paths.iter().map(|path| read(&mut guest, path)).collect();
    let answering = format!("{body} (i32.const 0)");
    let guest = guest
        .export("proxy_on_downstream_data", HEADERS, &answering)
        .export("proxy_on_upstream_data", HEADERS, &answering);
    let mut plugin = guest.start();
    let mut stream = plugin.tcp_stream(Properties::new());
    stream.new_connection();
    stream.downstream_data("abc", EndOfStream::No);
    let absent = NOT_FOUND.to_owned();
    let expected = |sent| [number(3), number(sent), absent.clone(), absent.clone(), number(1)];
    assert_eq!(taken(&mut plugin), expected(0));
    stream.upstream_data("wxyz", EndOfStream::No);
    assert_eq!(taken(&mut plugin), expected(0));
    stream.upstream_data("z", EndOfStream::No);
    assert_eq!(taken(&mut plugin), expected(4));
}
