//! Properties.

use spiffe_authz_host_sim::{Connection, DynamicMetadata, PeerCertificate, PluginSetup, Properties};

use crate::guest::{Guest, SLOT, get, said, said_on_get, say_status};

/// What a plugin is told of a path in a stream with these properties: the status, and the bytes if it is OK.
fn read(properties: Properties, path: &[u8]) -> (String, Option<String>) {
    let mut guest = Guest::new();
    let path = guest.bytes(path);
    let call = format!("(call $get_property {path} {SLOT})");
    let body = format!(
        "(local $status i32) (local.set $status {call}) (call $say_number (local.get $status))
         (if (i32.eqz (local.get $status)) (then (call $say_slot)))"
    );
    let mut lines = said_on_get(&mut guest.on_request(&body).start(), properties).into_iter();
    (lines.next().unwrap(), lines.next())
}

fn ok(bytes: &str) -> (String, Option<String>) {
    ("00".to_owned(), Some(bytes.to_owned()))
}

fn refused(status: &str) -> (String, Option<String>) {
    (status.to_owned(), None)
}

#[test]
fn each_kind_of_value_arrives_in_envoys_encoding() {
    let properties = Properties::new()
        .string(
            ["connection", "uri_san_peer_certificate"],
            "spiffe://cluster.local/ns/shop/sa/a\0\u{e9}",
        )
        .boolean(["connection", "mtls"], true)
        .unsigned(["connection_id"], 7)
        .signed(["source", "port"], -1)
        .map(["xds", "node", "metadata", "LABELS"], [("app", "orders")]);
    let table = [
        (
            "connection\0uri_san_peer_certificate",
            r"spiffe://cluster.local/ns/shop/sa/a\x00\xc3\xa9",
        ),
        ("connection\0mtls", r"\x01"),
        ("connection_id", r"\x07\x00\x00\x00\x00\x00\x00\x00"),
        ("source\0port", r"\xff\xff\xff\xff\xff\xff\xff\xff"),
        (
            "xds\0node\0metadata\0LABELS",
            r"\x01\x00\x00\x00\x03\x00\x00\x00\x06\x00\x00\x00app\x00orders\x00",
        ),
        ("xds\0node\0metadata\0LABELS\0app", "orders"),
    ];
    for (path, bytes) in table {
        assert_eq!(read(properties.clone(), path.as_bytes()), ok(bytes), "{path:?}");
    }
}

#[test]
fn an_absent_property_is_not_found_and_an_empty_one_is_there() {
    let properties = Properties::new().string(["connection", "requested_server_name"], "");
    assert_eq!(
        read(properties.clone(), b"connection\0requested_server_name"),
        ok("")
    );
    assert_eq!(
        read(properties, b"connection\0uri_san_peer_certificate"),
        refused("01")
    );
}

#[test]
fn paths_that_envoy_treats_specially_are_treated_so() {
    let table: [(&[u8], &str); 9] = [
        (b"", "03"),
        (b"\0", "01"),
        (b"connection", "03"),
        (b"filter_state", "03"),
        (b"xds", "03"),
        (b"connection\0nope", "01"),
        (b"connection\0mtls\0nope", "01"),
        (b"filter_state\0nope", "01"),
        (b"nope", "01"),
    ];
    for (path, status) in table {
        let properties = Properties::new().boolean(["connection", "mtls"], true);
        assert_eq!(read(properties, path), refused(status), "{path:?}");
    }
}

#[test]
fn a_connection_answers_for_addresses_server_name_and_certificate() {
    let peer = PeerCertificate {
        dns_san: Some(b"orders.shop".to_vec()),
        pem: Some(b"-----BEGIN CERTIFICATE-----\nMII=\n".to_vec()),
        ..PeerCertificate::valid("spiffe://cluster.local/ns/shop/sa/orders")
    };
    let (source, destination) = ("10.0.0.7:4242", "[2001:db8::9]:8080");
    let connection = Connection::mtls(source.parse().unwrap(), destination.parse().unwrap(), peer);
    let properties = connection.with_server_name("payments.shop").properties();
    let table = [
        ("source\0address", source),
        ("source\0port", r"\x92\x10\x00\x00\x00\x00\x00\x00"),
        ("destination\0address", destination),
        ("destination\0port", r"\x90\x1f\x00\x00\x00\x00\x00\x00"),
        ("connection\0requested_server_name", "payments.shop"),
        ("connection\0dns_san_peer_certificate", "orders.shop"),
        (
            "connection\0peer_certificate",
            r"-----BEGIN CERTIFICATE-----\nMII=\n",
        ),
    ];
    for (path, bytes) in table {
        assert_eq!(read(properties.clone(), path.as_bytes()), ok(bytes), "{path:?}");
    }
}

#[test]
fn filter_state_that_another_filter_wrote_is_read_by_its_key_as_one_segment() {
    let properties = Properties::new().filter_state("spiffe_authz.direct_remote_address", "10.0.0.7");
    let path = b"filter_state\0spiffe_authz.direct_remote_address";
    assert_eq!(read(properties.clone(), path), ok("10.0.0.7"));
    let other = b"filter_state\0spiffe_authz\0direct_remote_address";
    assert_eq!(read(properties, other), refused("01"));
}

#[test]
fn dynamic_metadata_is_one_message_and_empty_until_a_filter_writes_it() {
    assert_eq!(read(Properties::new(), b"metadata"), ok(""));
    let metadata = DynamicMetadata::new().with("n", "k", true);
    let properties = Properties::new().dynamic_metadata(metadata.message());
    assert_eq!(
        read(properties, b"metadata"),
        ok(r"\n\x0e\n\x01n\x12\t\n\x07\n\x01k\x12\x02 \x01")
    );
}

#[test]
fn a_root_context_has_no_dynamic_metadata() {
    let mut guest = Guest::new();
    let path = guest.path(&["metadata"]);
    let body = say_status(&format!("(call $get_property {path} {SLOT})"));
    assert_eq!(said(&guest.on_configure(&body).start()), ["01"]);
}

#[test]
fn a_nul_at_the_end_of_a_path_adds_nothing() {
    let properties = Properties::new().boolean(["connection", "mtls"], true);
    assert_eq!(read(properties, b"connection\0mtls\0"), ok(r"\x01"));
}

#[test]
fn a_plugin_can_ask_who_it_is() {
    let mut guest = Guest::new();
    let body: String = ["plugin_name", "plugin_root_id", "plugin_vm_id"]
        .map(|name| {
            let path = guest.path(&[name]);
            format!("(drop (call $get_property {path} {SLOT})) (call $say_slot)")
        })
        .concat();
    let setup = PluginSetup {
        name: "shop.payments".to_owned(),
        root_id: "authz".to_owned(),
        vm_id: "vm-1".to_owned(),
        ..PluginSetup::default()
    };
    let plugin = guest.on_configure(&body).try_start(setup).unwrap();
    assert_eq!(said(&plugin), ["shop.payments", "authz", "vm-1"]);
}

#[test]
fn node_metadata_is_there_at_configure_and_in_streams_and_a_streams_own_value_comes_first() {
    let mut guest = Guest::new();
    let path = guest.path(&["xds", "node", "metadata", "NAMESPACE"]);
    let body = format!(
        "{} (call $say_slot)",
        say_status(&format!("(call $get_property {path} {SLOT})"))
    );
    let setup = PluginSetup {
        properties: spiffe_authz_host_sim::workload("shop", [("app", "orders")]),
        ..PluginSetup::default()
    };
    let mut plugin = guest
        .on_configure(&body)
        .on_request(&body)
        .try_start(setup)
        .unwrap();
    assert_eq!(said(&plugin), ["00", "shop"]);
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["00", "shop"]);
    let own = spiffe_authz_host_sim::workload("bank", []);
    assert_eq!(said_on_get(&mut plugin, own), ["00", "bank"]);
}

#[test]
fn a_property_that_a_plugin_sets_is_filter_state_under_wasm() {
    let mut guest = Guest::new();
    let (path, first, last) = (
        guest.path(&["spiffe_authz"]),
        guest.bytes(b"no"),
        guest.bytes(b"\xff"),
    );
    let body = [first, last].map(|value| say_status(&format!("(call $set_property {path} {value})")));
    let mut plugin = guest.on_request(&body.concat()).start();
    let mut stream = plugin.http_stream(Properties::new());
    get(&mut stream);
    assert_eq!(said(&plugin), ["00", "00"]);
    assert_eq!(
        stream.filter_state("wasm.spiffe_authz"),
        Some(b"\xff".to_vec()),
        "the last value counts"
    );
    assert_eq!(
        stream.property_set("spiffe_authz"),
        stream.filter_state("wasm.spiffe_authz")
    );
    assert_eq!(stream.filter_state("spiffe_authz"), None);
    assert_eq!(stream.all_filter_state().len(), 1);
}

#[test]
fn a_plugin_reads_back_what_it_set_under_both_names() {
    let mut guest = Guest::new();
    let (path, value) = (guest.path(&["k.a"]), guest.bytes(b"v"));
    let through = guest.path(&["filter_state", "wasm.k.a"]);
    let body = [
        say_status(&format!("(call $set_property {path} {value})")),
        format!("(drop (call $get_property {path} {SLOT})) (call $say_slot)"),
        format!("(drop (call $get_property {through} {SLOT})) (call $say_slot)"),
    ];
    let mut plugin = guest.on_request(&body.concat()).start();
    assert_eq!(said_on_get(&mut plugin, Properties::new()), ["00", "v", "v"]);
}

#[test]
fn one_stream_does_not_see_what_another_set() {
    let mut guest = Guest::new();
    let (path, value) = (guest.path(&["k"]), guest.bytes(b"v"));
    let body = [
        say_status(&format!("(call $get_property {path} {SLOT})")),
        say_status(&format!("(call $set_property {path} {value})")),
    ];
    let mut plugin = guest.on_request(&body.concat()).start();
    for _ in 0..2 {
        assert_eq!(said_on_get(&mut plugin, Properties::new()), ["01", "00"]);
    }
}

#[test]
fn a_root_context_has_nothing_to_set_a_property_on() {
    let mut guest = Guest::new();
    let (path, value) = (guest.path(&["k"]), guest.bytes(b"v"));
    let plugin = guest
        .on_configure(&say_status(&format!("(call $set_property {path} {value})")))
        .start();
    assert_eq!(said(&plugin), ["01"]);
}
