//! The peer that another listener hands on in filter state, as a waypoint's outer listener does.

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_envoy_config::handed_on::PEER_PRINCIPAL_KEY;
use spiffe_authz_tests::envoy::client::Connection;
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::waypoint::{Door, Hop, Waypoint};

const OTHER: &str = "spiffe://cluster.local/ns/shop/sa/other";
const STOLEN: &str = "spiffe://cluster.local/ns/shop/sa/stolen";
const GATEWAY: &str = "orders-waypoint";

/// Which configuration, and the URI SANs of the peer; `None` is plaintext.
type Peer<'a> = (usize, Option<&'a [&'a str]>);
/// Status and cause.
type Verdict = (u16, &'static str);

const ALLOWED: Verdict = (200, "matched-allow");
const MTLS_REQUIRED: Verdict = (403, "mtls-required");
const NOT_ALLOWED: Verdict = (403, "no-matching-allow");
const REVOKED: Verdict = (403, "svid-revoked");
const MALFORMED: Verdict = (403, "malformed-spiffe-id");

fn policy() -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": GATEWAY}],
            "rules": [{"from": [{"source": {"principals": [FRONTEND, STOLEN], "ipBlocks": ["127.0.0.0/8"]}}]}],
        },
    })
}

fn configuration(svid: &Value) -> Value {
    json!({
        "workload": {
            "namespace": "shop",
            "labels": {"gateway.networking.k8s.io/gateway-name": GATEWAY},
            "waypoint": {},
        },
        "svid": svid,
        "resources": [policy()],
    })
}

fn key_named() -> Value {
    configuration(&json!({"peerPrincipalKey": PEER_PRINCIPAL_KEY}))
}

fn door(hop: Hop) -> Door {
    Door {
        hop,
        configuration: key_named(),
        change: |_| (),
    }
}

/// The object that the outer listener writes when the handshake is done.
fn peer_principal(filter: &mut Value) -> &mut Value {
    &mut filter["on_downstream_tls_handshake"][0]
}

/// Who the filter state names on a connection that has a certificate of its own.
fn always_frontend(filter: &mut Value) {
    peer_principal(filter)["format_string"]["text_format_source"]["inline_string"] = json!(FRONTEND);
}

const BYTES: usize = 0;
const CONNECT: usize = 1;
const KEY_NOT_NAMED: usize = 2;
const MARKER: usize = 3;
const HASHABLE: usize = 4;
const QUARANTINE: usize = 5;
const OWN_CERTIFICATE: usize = 6;

fn doors() -> Vec<Door> {
    let bytes = || door(Hop::Bytes);
    let quarantine = json!({
        "peerPrincipalKey": PEER_PRINCIPAL_KEY,
        "denied": {"spiffeIds": [STOLEN]},
    });
    vec![
        bytes(),
        door(Hop::Connect),
        Door {
            configuration: configuration(&json!({})),
            ..bytes()
        },
        Door {
            change: |filter| peer_principal(filter)["format_string"]["omit_empty_values"] = json!(false),
            ..bytes()
        },
        Door {
            change: |filter| peer_principal(filter)["factory_key"] = json!("envoy.hashable_string"),
            ..bytes()
        },
        Door {
            configuration: configuration(&quarantine),
            ..bytes()
        },
        Door {
            change: always_frontend,
            ..door(Hop::None)
        },
    ]
}

const CASES: [(&str, Peer<'_>, Verdict); 17] = [
    ("an allowed principal", (BYTES, Some(&[FRONTEND])), ALLOWED),
    ("another principal", (BYTES, Some(&[OTHER])), NOT_ALLOWED),
    (
        "two URI SANs, the allowed one first",
        (BYTES, Some(&[FRONTEND, OTHER])),
        MALFORMED,
    ),
    (
        "two URI SANs, the allowed one last",
        (BYTES, Some(&[OTHER, FRONTEND])),
        MALFORMED,
    ),
    (
        "a certificate without a URI SAN",
        (BYTES, Some(&[])),
        MTLS_REQUIRED,
    ),
    ("plaintext", (BYTES, None), MTLS_REQUIRED),
    (
        "an allowed principal behind CONNECT",
        (CONNECT, Some(&[FRONTEND])),
        ALLOWED,
    ),
    (
        "another principal behind CONNECT",
        (CONNECT, Some(&[OTHER])),
        NOT_ALLOWED,
    ),
    (
        "two URI SANs behind CONNECT",
        (CONNECT, Some(&[FRONTEND, OTHER])),
        MALFORMED,
    ),
    ("plaintext behind CONNECT", (CONNECT, None), MTLS_REQUIRED),
    (
        "a key that the configuration does not name",
        (KEY_NOT_NAMED, Some(&[FRONTEND])),
        MTLS_REQUIRED,
    ),
    ("the marker for no value", (MARKER, None), MTLS_REQUIRED),
    (
        "a value where there could be the marker",
        (MARKER, Some(&[FRONTEND])),
        ALLOWED,
    ),
    (
        "a string of another factory",
        (HASHABLE, Some(&[FRONTEND])),
        ALLOWED,
    ),
    (
        "an allowed principal on the deny list",
        (QUARANTINE, Some(&[STOLEN])),
        REVOKED,
    ),
    (
        "an allowed principal beside the deny list",
        (QUARANTINE, Some(&[FRONTEND])),
        ALLOWED,
    ),
    (
        "a certificate that says something else",
        (OWN_CERTIFICATE, Some(&[OTHER])),
        NOT_ALLOWED,
    ),
];

/// The head of the answer to CONNECT; what follows is the other connection.
async fn through_connect(connection: &mut Connection) {
    let request = b"CONNECT orders.shop:80 HTTP/1.1\r\nhost: orders.shop:80\r\n\r\n";
    connection.say(request).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(connection.hear(1).await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", head.escape_ascii());
}

async fn send(waypoint: &Waypoint, (door, uri_sans): Peer<'_>, request: &HttpRequest) -> u16 {
    let mut connection = waypoint.connect(door, uri_sans).await.unwrap();
    if door == CONNECT {
        through_connect(&mut connection).await;
    }
    connection.send(request).await.unwrap().status
}

/// Kept alive: the end of a connection behind an internal listener reaches the outer one as a reset, which may overtake
/// the response.
fn get() -> HttpRequest {
    HttpRequest::new("GET", "/orders").with_header("connection", "keep-alive")
}

/// Every place of a request in which a peer could write who it says it is.
fn forged() -> HttpRequest {
    get()
        .with_header("x-forwarded-client-cert", format!("By={OTHER};URI={FRONTEND}"))
        .with_header(PEER_PRINCIPAL_KEY, FRONTEND)
        .with_header("x-envoy-peer-principal", FRONTEND)
}

#[tokio::test]
async fn the_peer_is_who_the_outer_listener_says_whatever_the_headers_of_its_requests() {
    let waypoint = Waypoint::start("waypoint", &doors()).await.unwrap();
    let mut lines = 0;
    let mut allowed = 0;
    for (claim, peer, expected) in CASES {
        for request in [get(), forged()] {
            let status = send(&waypoint, peer, &request).await;
            lines += 1;
            allowed += usize::from(expected == ALLOWED);
            let log = waypoint.access_log(lines).await.unwrap();
            let cause = log[lines - 1]["cause"].as_str();
            assert_eq!((status, cause.unwrap_or_default()), expected, "{claim}");
        }
    }
    assert_eq!(waypoint.application.arrivals(), allowed);
    assert_handed_on(&waypoint.access_log(lines).await.unwrap());
}

/// What was in filter state in the first line of these cases.
fn assert_handed_on(log: &[Value]) {
    let joined = format!("{FRONTEND},{OTHER}");
    let expected = [
        ("an allowed principal", json!(FRONTEND)),
        ("two URI SANs, the allowed one first", json!(joined)),
        ("a certificate without a URI SAN", Value::Null),
        ("plaintext", Value::Null),
        ("two URI SANs behind CONNECT", json!(joined)),
        ("the marker for no value", json!("-")),
    ];
    for (claim, handed_on) in expected {
        let case = CASES.iter().position(|(found, ..)| *found == claim).unwrap();
        assert_eq!(log[2 * case]["peer_principal"], handed_on, "{claim}");
    }
}
