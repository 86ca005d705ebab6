//! A request document drawn from an input.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::values::{IDS, text};
use crate::draws::Draws;

const ADDRESSES: [&str; 3] = ["10.0.0.7", "10.0.1.9", "2001:db8::1"];
const PATHS: [&str; 10] = [
    "/orders",
    "/orders/1?debug=a",
    "/orders/1?debug=a&debug=b",
    "/admin",
    "/admin#x",
    "/t/shop/1",
    "/t/evil",
    "/orders//1",
    "/orders;a/%2e%2e/admin",
    "",
];
const HOSTS: [&str; 6] = [
    "orders.shop",
    "ORDERS.shop:8080",
    "orders.shop.",
    "other.example",
    "a@orders.shop",
    "",
];
const CLAIMS: [&str; 3] = [
    r#"{"iss": "issuer", "sub": "alice", "groups": ["a", "admin"], "level": 3, "who": "shop"}"#,
    r#"{"iss": "other", "sub": "bob", "groups": "ab", "level": "3", "aud": ["a"]}"#,
    r#"{"level": 1e400, "groups": {"a": []}}"#,
];

/// A field's name, and how its value is drawn.
type Field = (&'static str, fn(&mut Draws<'_>) -> Value);

/// A request; each attribute may be absent.
pub(super) fn request(draws: &mut Draws<'_>) -> Value {
    let mut request = Map::new();
    let tcp = draws.one_in(8);
    request.insert("protocol".to_owned(), if tcp { "tcp" } else { "http" }.into());
    connection(draws, &mut request);
    if !tcp {
        http(draws, &mut request);
    }
    request.into()
}

fn connection(draws: &mut Draws<'_>, request: &mut Map<String, Value>) {
    let fields: [Field; 5] = [
        ("peer", peer),
        (
            "source",
            |draws| json!({"ip": draws.pick(&ADDRESSES), "remoteIp": draws.pick(&ADDRESSES)}),
        ),
        (
            "destination",
            |draws| json!({"ip": "10.0.0.8", "port": draws.pick(&[8080, 9090])}),
        ),
        ("sni", |draws| text(draws, &["a.shop", "b.shop"]).into()),
        ("time", |draws| {
            (*draws.pick(&["2026-01-01T00:01:00Z", "2027-01-01T00:00:00Z"])).into()
        }),
    ];
    draw_fields(draws, request, &fields);
}

fn http(draws: &mut Draws<'_>, request: &mut Map<String, Value>) {
    let fields: [Field; 5] = [
        ("method", |draws| text(draws, &["GET", "POST", "get"]).into()),
        ("host", |draws| bytes(draws, &HOSTS)),
        ("path", |draws| bytes(draws, &PATHS)),
        ("headers", |draws| draws.list(4, header).into()),
        ("jwt", |draws| {
            serde_json::from_str(draws.pick::<&str>(&CLAIMS)).unwrap_or_default()
        }),
    ];
    draw_fields(draws, request, &fields);
}

fn draw_fields(draws: &mut Draws<'_>, request: &mut Map<String, Value>, fields: &[Field]) {
    for (name, draw) in fields {
        if !draws.one_in(8) {
            request.insert((*name).to_owned(), draw(draws));
        }
    }
}

fn peer(draws: &mut Draws<'_>) -> Value {
    let first = text(draws, &IDS);
    if draws.one_in(8) {
        return json!({"filterState": first});
    }
    let mut peer = if draws.one_in(8) {
        json!({"uriSans": [first, text(draws, &IDS)]})
    } else {
        json!({"spiffeId": first})
    };
    if draws.one_in(2) {
        peer["dnsSans"] = json!(["a.shop"]);
        peer["notAfter"] = json!(draws.pick(&[
            "2026-01-01T00:00:30Z",
            "2026-01-01T00:01:30Z",
            "2030-01-01T00:00:00Z"
        ]));
    }
    peer
}

fn header(draws: &mut Draws<'_>) -> Value {
    let name = *draws.pick(&["x-role", "x-who", "x-other"]);
    json!([name, bytes(draws, &["a", "ab", "shop", ""])])
}

/// One of these, or now and then any bytes.
fn bytes(draws: &mut Draws<'_>, literals: &[&str]) -> Value {
    if draws.one_in(8) {
        json!({"base64": BASE64_STANDARD.encode(draws.bytes(40))})
    } else {
        (*draws.pick(literals)).into()
    }
}
