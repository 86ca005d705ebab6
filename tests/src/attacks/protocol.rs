//! Attacks on the protocol: requests without a path, upgrades, malformed pseudo-headers, two requests in one.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::wasm_filter;

use crate::attacks::group::{Group, NONE_DIFFERS};
use crate::attacks::http2::Step;
use crate::attacks::peers::Presents;
use crate::attacks::policies::{allow, condition, deny, operation};
use crate::attacks::readings::reads_as;
use crate::attacks::station::{Polarity, Station, each_connection_manager};
use crate::attacks::upstream::Arrival;
use crate::attacks::vector::{AUTHORITY, Field, Must, Vector, Wire, owned, request, shown};
use crate::envoy::guarded::FRONTEND;

const PEER: &str = "frontend";
const CONNECT: &str = "connect";
const UPGRADE: &str = "upgrade";
const PSEUDO: &str = "pseudo-headers";
const FRAMING: &str = "request-framing";

/// Requests that are no plain GET, against a path.
#[must_use]
pub fn group() -> Group {
    let mut vectors = connects();
    vectors.extend(upgrades());
    vectors.extend(pseudo_headers());
    vectors.extend(framing());
    vectors.extend(resets());
    of_paths("protocol", stations(arrives_as_admin), vectors)
}

/// The same where the listener takes CONNECT and upgrades, which a sidecar does not.
#[must_use]
pub fn upgrading() -> Group {
    let mut stations = stations(arrives_as_admin);
    for station in &mut stations {
        station.change = |listener| each_connection_manager(listener, take_upgrades);
    }
    // A CONNECT without a path is no request for the path that is refused.
    let connects = connects().into_iter();
    let mut vectors: Vec<Vector> = connects
        .map(|vector| Vector {
            must: Must::BeHarmless,
            ..vector
        })
        .collect();
    vectors.extend(upgrades());
    of_paths("protocol-upgrading", stations, vectors)
}

/// Methods, where a policy names them.
#[must_use]
pub fn methods() -> Group {
    let is = operation(json!({"methods": ["DELETE"]}));
    let is_not = operation(json!({"notMethods": ["DELETE"]}));
    // A method is case-sensitive (RFC 9110, section 9.1): `delete` is another one.
    let forbidden = |arrival: &Arrival| arrival.request_line().starts_with(b"DELETE");
    let strict = [
        ("DENY methods", deny("zero-trust", &is)),
        ("ALLOW notMethods", allow("zero-trust", &is_not)),
    ];
    let compat = [
        ("DENY methods", deny("istio", &is)),
        ("ALLOW notMethods", allow("istio", &is_not)),
    ];
    let (row, odd): (_, [&[u8]; 8]) = (
        "methods",
        [
            b"delete",
            b"Delete",
            b"DELETE ",
            b" DELETE",
            b"DELETE\t",
            b"DELETE /x",
            b"",
            b"DEL\0ETE",
        ],
    );
    let mut vectors = vec![
        method(row, b"DELETE", Must::BeProtected, Version::Http1),
        method(row, b"DELETE", Must::BeProtected, Version::Http2),
    ];
    for name in odd {
        vectors.extend(
            [Version::Http1, Version::Http2].map(|version| method(row, name, Must::BeHarmless, version)),
        );
    }
    let overrides: [Field<'_>; 3] = [
        (b"x-http-method-override", b"DELETE"),
        (b"x-method-override", b"DELETE"),
        (b"x-http-method", b"DELETE"),
    ];
    for field in overrides {
        let wire = Wire::http1(b"/app", &[field]);
        vectors.push(named(
            row,
            format!("GET with {}: DELETE", shown(field.0)),
            wire,
            Must::BeOther,
        ));
    }
    Group {
        name: "methods",
        strict: strict
            .map(|(name, configuration)| Station::new(name, configuration, Polarity::Refuses, forbidden))
            .to_vec(),
        compat: compat
            .map(|(name, configuration)| {
                Group::pair(Station::new(
                    &format!("istio, {name}"),
                    configuration,
                    Polarity::Refuses,
                    |_| false,
                ))
            })
            .to_vec(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: vec![
            named(
                "control",
                "GET /app".to_owned(),
                Wire::http1(b"/app", &[]),
                Must::BeOther,
            ),
            method("control", b"DELETE", Must::BeProtected, Version::Http1),
        ],
        vectors,
    }
}

/// A route that switches the filter off, and filters behind it that change the path.
#[must_use]
pub fn order() -> Group {
    let mut stations = stations(|_| false);
    for station in &mut stations {
        station.change = |listener| {
            each_connection_manager(listener, |manager| without_filter_below("/unguarded", manager))
        };
    }
    let switched_off = "per-route-disabled";
    let targets = [
        "/unguarded",
        "/unguarded/x",
        "/unguarded?x",
        "/unguarded/../unguarded",
        "/unguarded/%2e/x",
    ];
    let vectors = targets.iter().flat_map(|target| {
        let target = target.as_bytes();
        [Wire::http1(target, &[]), Wire::http2(target, &[])].map(|wire| {
            named(
                switched_off,
                format!("{} where no filter runs", shown(target)),
                wire,
                Must::BeDenied,
            )
        })
    });
    let forged: [&[u8]; 4] = [
        b"spiffe_authz",
        b"wasm.spiffe_authz",
        b"spiffe-authz",
        b"x-envoy-filter-state",
    ];
    let forged = forged.iter().map(|name| {
        let wire = Wire::Bytes(request(b"GET", b"/unguarded", &[(name, b"allow")]));
        named(
            switched_off,
            format!("{}: allow where no filter runs", shown(name)),
            wire,
            Must::BeDenied,
        )
    });
    of_paths("order", stations, vectors.chain(forged).collect())
}

/// A header that the filter might be thought to add: it edits no request on the way.
#[must_use]
pub fn edits() -> Group {
    let rule = condition(json!({"key": "request.headers[x-decision]", "values": ["*"]}));
    let station = Station::new(
        "DENY a header",
        deny("zero-trust", &rule),
        Polarity::Refuses,
        |arrival| !arrival.header("x-decision").is_empty() || arrival.target() != b"/app?x=1",
    );
    let wires = [
        ("HTTP/1.1", Wire::http1(b"/app?x=1", &[])),
        ("HTTP/2", Wire::http2(b"/app?x=1", &[])),
    ];
    Group {
        name: "edits",
        strict: vec![station],
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: vec![named(
            "control",
            "GET /app?x=1".to_owned(),
            Wire::http1(b"/app?x=1", &[]),
            Must::BeOther,
        )],
        vectors: wires
            .map(|(version, wire)| named("header-edits", version.to_owned(), wire, Must::BeOther))
            .to_vec(),
    }
}

fn of_paths(name: &'static str, strict: Vec<Station>, vectors: Vec<Vector>) -> Group {
    let control = |target: &str, wire, must| named("control", format!("GET {target}"), wire, must);
    Group {
        name,
        strict,
        compat: Vec::new(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: vec![
            control("/app", Wire::http1(b"/app", &[]), Must::BeOther),
            control("/app", Wire::http2(b"/app", &[]), Must::BeOther),
            control("/admin", Wire::http1(b"/admin", &[]), Must::BeProtected),
            control("/admin", Wire::http2(b"/admin", &[]), Must::BeProtected),
        ],
        vectors,
    }
}

fn stations(forbidden: fn(&Arrival) -> bool) -> Vec<Station> {
    let (paths, not_paths) = (
        operation(json!({"paths": ["/admin"]})),
        operation(json!({"notPaths": ["/admin"]})),
    );
    [
        ("DENY /admin", deny("zero-trust", &paths)),
        ("ALLOW but /admin", allow("zero-trust", &not_paths)),
    ]
    .map(|(name, configuration)| Station::new(name, configuration, Polarity::Refuses, forbidden))
    .to_vec()
}

fn connects() -> Vec<Vector> {
    let raw = |what: &str, must| {
        named(
            CONNECT,
            format!("{what} by HTTP/1.1"),
            Wire::Bytes(format!("{what} HTTP/1.1\r\nHost: {AUTHORITY}\r\n\r\n").into_bytes()),
            must,
        )
    };
    let h2 = |what: &str, fields: &[Field<'_>], must| {
        named(CONNECT, format!("{what} by HTTP/2"), Wire::fields(fields), must)
    };
    let (method, authority): (Field<'_>, Field<'_>) = ((b":method", b"CONNECT"), (b":authority", b"a:1"));
    let (path, scheme): (Field<'_>, Field<'_>) = ((b":path", b"/admin"), (b":scheme", b"https"));
    let protocol: Field<'_> = (b":protocol", b"websocket");
    vec![
        raw("CONNECT a:1", Must::BeDenied),
        raw("CONNECT /admin", Must::BeDenied),
        raw("CONNECT a:1/admin", Must::BeDenied),
        raw("CONNECT http://a:1/admin", Must::BeDenied),
        raw("CONNECT *", Must::BeDenied),
        raw("CONNECT admin", Must::BeDenied),
        h2("CONNECT without a path", &[method, authority], Must::BeDenied),
        h2("CONNECT with a path", &[method, authority, path], Must::BeDenied),
        h2(
            "CONNECT with scheme and path",
            &[method, scheme, authority, path],
            Must::BeDenied,
        ),
        h2("CONNECT without anything", &[method], Must::BeDenied),
        h2(
            "extended CONNECT to /admin",
            &[method, protocol, scheme, authority, path],
            Must::BeDenied,
        ),
        h2(
            "extended CONNECT without a path",
            &[method, protocol, authority],
            Must::BeDenied,
        ),
    ]
}

fn upgrades() -> Vec<Vector> {
    let raw = |what: &str, target: &str, protocol: &str, behind: &str, must| {
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: {AUTHORITY}\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n"
        );
        let bytes = format!(
            "{head}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n{behind}"
        );
        named(UPGRADE, what.to_owned(), Wire::Bytes(bytes.into_bytes()), must)
    };
    let pipelined = format!("GET /admin HTTP/1.1\r\nHost: {AUTHORITY}\r\n\r\n");
    vec![
        raw("Upgrade: foo to /admin", "/admin", "foo", "", Must::BeDenied),
        raw(
            "Upgrade: foo and a request behind it",
            "/app",
            "foo",
            &pipelined,
            Must::BeHarmless,
        ),
        raw(
            "Upgrade: websocket to /admin",
            "/admin",
            "websocket",
            "",
            Must::BeDenied,
        ),
        raw(
            "Upgrade: websocket and a request behind it",
            "/app",
            "websocket",
            &pipelined,
            Must::BeHarmless,
        ),
        raw(
            "Upgrade: websocket to /app/../admin",
            "/app/../admin",
            "websocket",
            "",
            Must::BeDenied,
        ),
        raw(
            "Upgrade: h2c to /admin",
            "/admin",
            "h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            "",
            Must::BeDenied,
        ),
        raw(
            "Upgrade: h2c and a request behind it",
            "/app",
            "h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            &pipelined,
            Must::BeHarmless,
        ),
        raw(
            "Upgrade: two protocols",
            "/app",
            "foo, websocket",
            &pipelined,
            Must::BeHarmless,
        ),
        raw("Upgrade: nothing", "/app", "", &pipelined, Must::BeHarmless),
        raw(
            "Upgrade: connect-udp",
            "/admin",
            "connect-udp",
            "",
            Must::BeDenied,
        ),
    ]
}

fn pseudo_headers() -> Vec<Vector> {
    let (get, https): (Field<'_>, Field<'_>) = ((b":method", b"GET"), (b":scheme", b"https"));
    let (authority, app): (Field<'_>, Field<'_>) =
        ((b":authority", AUTHORITY.as_bytes()), (b":path", b"/app"));
    let admin: Field<'_> = (b":path", b"/admin");
    let vector =
        |what: &str, fields: &[Field<'_>], must| named(PSEUDO, what.to_owned(), Wire::fields(fields), must);
    let mut vectors = vec![
        vector(
            ":path twice",
            &[get, https, authority, app, admin],
            Must::BeDenied,
        ),
        vector(
            ":path twice, the other way round",
            &[get, https, authority, admin, app],
            Must::BeDenied,
        ),
        vector(
            ":path twice, the same",
            &[get, https, authority, app, app],
            Must::BeDenied,
        ),
        vector(
            ":method twice",
            &[get, (b":method", b"POST"), https, authority, admin],
            Must::BeDenied,
        ),
        vector(
            ":scheme twice",
            &[get, https, https, authority, admin],
            Must::BeDenied,
        ),
        vector("no :path", &[get, https, authority], Must::BeDenied),
        vector(
            "an empty :path",
            &[get, https, authority, (b":path", b"")],
            Must::BeDenied,
        ),
        vector("no :method", &[https, authority, app], Must::BeDenied),
        vector("no :scheme", &[get, authority, admin], Must::BeDenied),
        vector(
            "an unknown pseudo-header",
            &[get, https, authority, app, (b":admin", b"x")],
            Must::BeDenied,
        ),
        vector(
            ":status in a request",
            &[get, https, authority, app, (b":status", b"200")],
            Must::BeDenied,
        ),
        vector(
            "a pseudo-header behind the others",
            &[get, https, authority, (b"x", b"y"), admin],
            Must::BeDenied,
        ),
        vector(
            "a name in upper case",
            &[get, https, authority, app, (b"X-Role", b"admin")],
            Must::BeDenied,
        ),
        vector(
            ":Path",
            &[get, https, authority, app, (b":Path", b"/admin")],
            Must::BeDenied,
        ),
        vector(
            "connection",
            &[get, https, authority, app, (b"connection", b"close")],
            Must::BeDenied,
        ),
        vector(
            "transfer-encoding",
            &[get, https, authority, app, (b"transfer-encoding", b"chunked")],
            Must::BeDenied,
        ),
        vector(
            "te",
            &[get, https, authority, app, (b"te", b"gzip")],
            Must::BeHarmless,
        ),
        vector(
            "an empty name",
            &[get, https, authority, app, (b"", b"x")],
            Must::BeDenied,
        ),
    ];
    for scheme in [
        b"HtTpS".as_slice(),
        b"http",
        b"HTTP",
        b"ftp",
        b"",
        b"https://x/admin?",
        b"https\0",
    ] {
        vectors.push(vector(
            &format!(":scheme `{}` to /admin", shown(scheme)),
            &[get, (b":scheme", scheme), authority, admin],
            Must::BeDenied,
        ));
        vectors.push(vector(
            &format!(":scheme `{}` to /app", shown(scheme)),
            &[get, (b":scheme", scheme), authority, app],
            Must::BeHarmless,
        ));
    }
    for method in [
        b"GET /admin".as_slice(),
        b"GET /admin HTTP/1.1\r\nx: y\r\n\r\nGET",
        b"GET\0",
        b"GET\r\n",
        b" GET",
        b"",
    ] {
        let fields = [(b":method".as_slice(), method), https, authority, app];
        vectors.push(vector(
            &format!(":method `{}`", shown(method)),
            &fields,
            Must::BeDenied,
        ));
    }
    for path in [
        b"/app HTTP/1.1\r\nx: y\r\n\r\nGET /admin".as_slice(),
        b"/app\r\n/admin",
        b"/app\0/../admin",
        b"/app /admin",
        b"/app\t",
    ] {
        let fields = [get, https, authority, (b":path".as_slice(), path)];
        vectors.push(vector(
            &format!(":path `{}`", shown(path)),
            &fields,
            Must::BeHarmless,
        ));
    }
    vectors
}

/// One message that two readers might take for two requests.
fn framing() -> Vec<Vector> {
    let smuggled = format!("GET /admin HTTP/1.1\r\nHost: {AUTHORITY}\r\n\r\n");
    let length = smuggled.len();
    let raw = |what: &str, lines: &str, body: &str| {
        let bytes = format!("POST /app HTTP/1.1\r\nHost: {AUTHORITY}\r\n{lines}\r\n\r\n{body}");
        named(
            FRAMING,
            what.to_owned(),
            Wire::Bytes(bytes.into_bytes()),
            Must::BeHarmless,
        )
    };
    let chunked = format!("0\r\n\r\n{smuggled}");
    let mut vectors = vec![
        raw("a second request", "Content-Length: 0", &smuggled),
        raw(
            "length and chunks",
            &format!("Content-Length: {}\r\nTransfer-Encoding: chunked", chunked.len()),
            &chunked,
        ),
        raw(
            "chunks and length",
            &format!("Transfer-Encoding: chunked\r\nContent-Length: {}", chunked.len()),
            &chunked,
        ),
        raw(
            "two lengths",
            &format!("Content-Length: {length}\r\nContent-Length: 0"),
            &smuggled,
        ),
        raw(
            "two lengths in one line",
            &format!("Content-Length: {length}, 0"),
            &smuggled,
        ),
        raw(
            "a length with a sign",
            &format!("Content-Length: +{length}"),
            &smuggled,
        ),
        raw("a length in another base", "Content-Length: 0x10", &smuggled),
        raw("a negative length", "Content-Length: -1", &smuggled),
        raw(
            "a length that overflows",
            "Content-Length: 18446744073709551616",
            &smuggled,
        ),
        raw("two codings", "Transfer-Encoding: chunked, identity", &chunked),
        raw(
            "a coding twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            &chunked,
        ),
        raw(
            "a coding with a byte before",
            "Transfer-Encoding: \x0bchunked",
            &chunked,
        ),
        raw("an unknown coding", "Transfer-Encoding: xchunked", &chunked),
        raw(
            "a name with a space",
            &format!("Transfer-Encoding : chunked\r\nContent-Length: {}", chunked.len()),
            &chunked,
        ),
        raw("a folded coding", "Transfer-Encoding:\r\n chunked", &chunked),
        raw(
            "a chunk of a strange size",
            "Transfer-Encoding: chunked",
            &format!("0x0\r\n\r\n{smuggled}"),
        ),
        raw(
            "a chunk's extension",
            "Transfer-Encoding: chunked",
            &format!("0;\n\r\n\r\n{smuggled}"),
        ),
        raw(
            "line feeds alone",
            "Transfer-Encoding: chunked",
            &format!("0\n\n{smuggled}"),
        ),
        raw("no length", "X: y", &smuggled),
    ];
    let whole = [
        "GET /app HTTP/1.0\r\nHost: x\r\n\r\nGET /admin HTTP/1.0\r\n\r\n",
        "GET /admin\r\n\r\n",
        "GET /admin HTTP/0.9\r\n\r\n",
        "GET /admin HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET  /admin HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /admin  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET\t/admin\tHTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /admin HTTP/1.1\nHost: x\n\n",
        "get /admin HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    vectors.extend(whole.map(|bytes| {
        named(
            FRAMING,
            shown(bytes.as_bytes()),
            Wire::Bytes(bytes.as_bytes().to_vec()),
            Must::BeHarmless,
        )
    }));
    vectors
}

/// A stream that is reset at each of its stages, to a path that is refused and to one that is not.
fn resets() -> Vec<Vector> {
    let head = |method: &[u8], path: &[u8]| {
        let fields: [Field<'_>; 4] = [
            (b":method", method),
            (b":scheme", b"https"),
            (b":authority", AUTHORITY.as_bytes()),
            (b":path", path),
        ];
        Step::Headers(owned(&fields))
    };
    let trailers = || Step::Headers(owned(&[(b"x-checksum", b"1")]));
    let data = || Step::Data(b"body".to_vec());
    let cases = [("/admin", Must::BeDenied), ("/app", Must::BeHarmless)];
    let vectors = cases.iter().flat_map(|(path, must)| {
        let head = || head(b"POST", path.as_bytes());
        [
            ("after the headers", vec![head(), Step::Reset]),
            ("in the body", vec![head(), data(), Step::Reset]),
            (
                "after the trailers",
                vec![head(), data(), trailers(), Step::Reset],
            ),
        ]
        .map(|(when, steps)| {
            named(
                "local-reply-reset",
                format!("POST {path}, reset {when}"),
                Wire::Http2(steps),
                *must,
            )
        })
    });
    vectors.collect()
}

#[derive(Clone, Copy)]
enum Version {
    Http1,
    Http2,
}

fn method(row: &'static str, method: &[u8], must: Must, version: Version) -> Vector {
    let fields: [Field<'_>; 4] = [
        (b":method", method),
        (b":scheme", b"https"),
        (b":authority", AUTHORITY.as_bytes()),
        (b":path", b"/app"),
    ];
    let (version, wire) = match version {
        Version::Http1 => ("HTTP/1.1", Wire::Bytes(request(method, b"/app", &[]))),
        Version::Http2 => ("HTTP/2", Wire::fields(&fields)),
    };
    named(row, format!("`{}` by {version}", shown(method)), wire, must)
}

fn named(row: &'static str, name: String, wire: Wire, must: Must) -> Vector {
    Vector {
        row,
        name,
        peer: PEER,
        wire,
        must,
    }
}

/// The path of the request, or a request line in its body, is the protected one.
fn arrives_as_admin(arrival: &Arrival) -> bool {
    reads_as(arrival.target(), |path| path == b"/admin")
}

fn take_upgrades(manager: &mut Value) {
    manager["upgrade_configs"] =
        json!([{"upgrade_type": "websocket"}, {"upgrade_type": "foo"}, {"upgrade_type": "CONNECT"}]);
    manager["http2_protocol_options"]["allow_connect"] = json!(true);
    let hosts = manager["route_config"]["virtual_hosts"].as_array_mut();
    for host in hosts.into_iter().flatten() {
        if let Some(routes) = host["routes"].as_array_mut() {
            let mut connect = routes.first().cloned().unwrap_or_default();
            connect["match"] = json!({"connect_matcher": {}});
            routes.insert(0, connect);
        }
    }
}

/// Takes the filter off the requests to this path and below.
fn without_filter_below(path: &str, manager: &mut Value) {
    let hosts = manager["route_config"]["virtual_hosts"].as_array_mut();
    for host in hosts.into_iter().flatten() {
        if let Some(routes) = host["routes"].as_array_mut() {
            let mut route = routes.first().cloned().unwrap_or_default();
            route["match"] = json!({"prefix": path});
            route["typed_per_filter_config"] = json!({wasm_filter::NAME: {
                "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                "config": {},
                "disabled": true,
            }});
            routes.insert(0, route);
        }
    }
}
