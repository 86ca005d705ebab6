//! Attacks on headers: `x-role: admin` sent so that the guard might not see it and the application might.

use serde_json::{Value, json};

use crate::attacks::group::{Group, NONE_DIFFERS};
use crate::attacks::http2::Step;
use crate::attacks::peers::Presents;
use crate::attacks::policies::{Rule, allow, condition, deny};
use crate::attacks::station::{Polarity, Station};
use crate::attacks::upstream::Arrival;
use crate::attacks::vector::{AUTHORITY, Field, Must, Vector, Wire, owned, request, shown};
use crate::envoy::guarded::FRONTEND;

const PEER: &str = "frontend";
const PROTECTED: &[u8] = b"admin";
const KEY: &str = "request.headers[x-role]";

/// Whether the head of a request arrives that is reset for its trailers is a matter of time.
const RESETS_IN_FLIGHT: &[&str] = &["header-trailers"];

/// The values of one request, a line each.
type Lines = &'static [&'static [u8]];

/// The values of `x-role`.
const VALUES: [(&str, &[Lines], Must); 6] = [
    (
        "CVE-2026-26308",
        &[
            &[b"user", b"admin"],
            &[b"guest", b"user", b"admin"],
            &[b"", b"admin"],
        ],
        Must::BeDenied,
    ),
    (
        "CVE-2021-32777",
        &[
            &[b"admin", b"user"],
            &[b"admin", b"guest", b"user"],
            &[b"admin", b""],
        ],
        Must::BeDenied,
    ),
    (
        "CVE-2020-25017",
        &[&[b"user", b"admin", b"user"], &[b"admin", b"user", b"admin"]],
        Must::BeDenied,
    ),
    (
        "CVE-2020-25017",
        &[&[b"admin", b"admin"], &[b"admin", b"admin", b"admin"]],
        Must::BeProtected,
    ),
    (
        "header-commas",
        &[
            &[b"user,admin"],
            &[b"admin,user"],
            &[b"user, admin"],
            &[b"admin, admin"],
            &[b",admin"],
        ],
        Must::BeOther,
    ),
    (
        "header-values",
        &[
            &[b"user"],
            &[b""],
            &[b"Admin"],
            &[b"administrator"],
            &[b"\"admin\""],
            &[b"adm in"],
        ],
        Must::BeOther,
    ),
];

/// The protected value with blanks around it: HTTP/1.1 drops them before anybody sees them, HTTP/2 does not.
const BLANKS: [&[u8]; 6] = [
    b"admin ",
    b" admin",
    b"admin\t",
    b"\tadmin",
    b"  admin  ",
    b" \t admin \t ",
];

/// Names that an application might take for `x-role`, or the policy's words; the protected value stands in each.
const NAMES: [(&str, &[&[u8]], Must); 3] = [
    (
        "CVE-2024-10006",
        &[b"X-ROLE", b"X-Role", b"x-rolE"],
        Must::BeProtected,
    ),
    (
        "CVE-2024-10006",
        &[
            b"x_role",
            b"X_ROLE",
            b"x-role ",
            b"x-role\t",
            b" x-role",
            b"x-role\x0b",
            b"x-role:x",
        ],
        Must::BeHarmless,
    ),
    (
        "CVE-2024-10006",
        &[b"x-role-", b"x-rol", b"xrole", b"x-role.x"],
        Must::BeOther,
    ),
];

/// Values that are no text.
const BYTES: [&[u8]; 8] = [
    b"\xff",
    b"\xc3\x28",
    b"\x80",
    b"a\xe9b",
    b"\xed\xa0\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xc0\xaf",
    b"\t\xff",
];

/// Headers of Envoy's own that policies must not trust, and that are removed where a peer sends them.
const ENVOYS: [&str; 6] = [
    "x-envoy-internal",
    "x-envoy-external-address",
    "x-envoy-downstream-service-cluster",
    "x-envoy-peer-metadata",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-expected-rq-timeout-ms",
];

/// The attacks on `x-role: admin`.
#[must_use]
pub fn group() -> Group {
    let is = condition(json!({"key": KEY, "values": ["admin"]}));
    let is_not = condition(json!({"key": KEY, "notValues": ["admin"]}));
    let compat = [
        ("DENY values", deny("istio", &is)),
        ("ALLOW notValues", allow("istio", &is_not)),
    ];
    Group {
        name: "header",
        strict: stations(&is, &is_not, arrives_as_admin),
        compat: compat
            .map(|(name, configuration)| pair(name, configuration))
            .to_vec(),
        differs: RESETS_IN_FLIGHT,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: controls(),
        vectors: vectors(),
    }
}

/// The attacks on values that a pattern names: prefix and regular expression.
#[must_use]
pub fn patterns() -> Group {
    let prefix = json!({"key": KEY, "values": ["admin*"]});
    let not_prefix = json!({"key": KEY, "notValues": ["admin*"]});
    let regex = json!({"key": KEY, "regexes": ["admin(.|\n)*"]});
    let not_regex = json!({"key": KEY, "notRegexes": ["admin(.|\n)*"]});
    let mut strict = stations(
        &condition(prefix.clone()),
        &condition(not_prefix.clone()),
        begins_with_admin,
    );
    strict.extend(stations(
        &condition(regex),
        &condition(not_regex),
        begins_with_admin,
    ));
    for station in strict.iter_mut().skip(3) {
        station.name.push_str(" by a regular expression");
    }
    let compat = [
        ("DENY prefix", deny("istio", &condition(prefix))),
        ("ALLOW but prefix", allow("istio", &condition(not_prefix))),
    ];
    let text = |tail: &[u8]| [PROTECTED, tail].concat();
    let every_byte = (0x80..=0xff_u8).map(|byte| text(&[byte]));
    let more: [&[u8]; 6] = [
        b"\xe9",
        b"\xc3\xa9",
        b"\xff\xff",
        b"\t\xe9",
        b"\xed\xa0\x80x",
        b"istrator",
    ];
    let values = every_byte.chain(more.map(text));
    Group {
        name: "header-patterns",
        strict,
        compat: compat
            .map(|(name, configuration)| pair(name, configuration))
            .to_vec(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: controls(),
        vectors: values
            .flat_map(|value| lines("CVE-2026-73552", &[&value], Must::BeProtected))
            .collect(),
    }
}

/// DENY what is named, ALLOW all but what is named, ALLOW what is named alone.
fn stations(is: &Rule, is_not: &Rule, forbidden: fn(&Arrival) -> bool) -> Vec<Station> {
    vec![
        Station::new(
            "DENY values",
            deny("zero-trust", is),
            Polarity::Refuses,
            forbidden,
        ),
        Station::new(
            "ALLOW notValues",
            allow("zero-trust", is_not),
            Polarity::Refuses,
            forbidden,
        ),
        Station::new(
            "ALLOW values",
            allow("zero-trust", is),
            Polarity::Admits,
            |arrival| arrival.header("x-role").is_empty(),
        ),
    ]
}

fn pair(name: &str, configuration: Value) -> (Station, Station) {
    Group::pair(Station::new(
        &format!("istio, {name}"),
        configuration,
        Polarity::Refuses,
        |_| false,
    ))
}

fn controls() -> Vec<Vector> {
    let other = lines("control", &[b"user"], Must::BeOther);
    other
        .into_iter()
        .chain(lines("control", &[PROTECTED], Must::BeProtected))
        .collect()
}

fn vectors() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for (row, values, must) in VALUES {
        vectors.extend(values.iter().flat_map(|values| lines(row, values, must)));
    }
    for (row, names, must) in NAMES {
        vectors.extend(names.iter().map(|name| one_line(row, name, must)));
    }
    for value in BLANKS {
        let [by_http1, by_http2] = lines("CVE-2019-18802", &[value], Must::BeProtected);
        vectors.extend([
            by_http1,
            Vector {
                must: Must::BeDenied,
                ..by_http2
            },
        ]);
    }
    for value in BYTES {
        let hostile: Field<'_> = (b"x-hostile", value);
        vectors.extend(both(
            "CVE-2023-27488",
            &[hostile, (b"x-role", PROTECTED)],
            Must::BeProtected,
        ));
        vectors.extend(both(
            "CVE-2023-27488",
            &[hostile, (b"x-role", b"user")],
            Must::BeOther,
        ));
        vectors.extend(both("CVE-2023-27488", &[(b"x-role", value)], Must::BeHarmless));
    }
    for name in ENVOYS {
        let forged: Field<'_> = (name.as_bytes(), b"true");
        vectors.extend(both(
            "CVE-2024-45806",
            &[forged, (b"x-role", PROTECTED)],
            Must::BeProtected,
        ));
        vectors.extend(both(
            "CVE-2024-45806",
            &[forged, (b"x-role", b"user")],
            Must::BeOther,
        ));
    }
    vectors.extend(malformed());
    vectors.extend(trailers());
    vectors
}

/// Lines that no parser should take, or that parsers take in different ways.
fn malformed() -> Vec<Vector> {
    let raw = |row, what: &str, lines: &[u8], must| {
        let head = format!("GET /app HTTP/1.1\r\nhost: {AUTHORITY}\r\n").into_bytes();
        named(
            row,
            format!("{what} by HTTP/1.1"),
            Wire::Bytes([head.as_slice(), lines, b"\r\n\r\n"].concat()),
            must,
        )
    };
    let nul = "CVE-2019-9900";
    let mut vectors = vec![
        raw(nul, "NUL in a value", b"x-role: admin\0", Must::BeDenied),
        raw(nul, "NUL in front of a value", b"x-role: \0admin", Must::BeDenied),
        raw(
            nul,
            "NUL in another value",
            b"x: a\0b\r\nx-role: admin",
            Must::BeDenied,
        ),
        raw(nul, "NUL in a name", b"x-role\0: admin", Must::BeDenied),
        raw(
            "header-values",
            "a folded value",
            b"x-role: us\r\n admin",
            Must::BeHarmless,
        ),
        raw(
            "header-values",
            "a folded value alone",
            b"x-role:\r\n admin",
            Must::BeHarmless,
        ),
        raw(
            "header-values",
            "a bare carriage return",
            b"x: a\rx-role: admin",
            Must::BeHarmless,
        ),
        raw(
            "header-values",
            "a bare line feed",
            b"x: a\nx-role: admin",
            Must::BeHarmless,
        ),
        raw(
            "header-values",
            "a line without a colon",
            b"x-role admin",
            Must::BeHarmless,
        ),
        raw("header-values", "an empty name", b": admin", Must::BeHarmless),
    ];
    for value in [
        b"admin\0".as_slice(),
        b"a\0b",
        b"user\r\nx-role: admin",
        b"user\nx-role: admin",
        b"admin\r",
    ] {
        let must = if value.starts_with(b"admin") {
            Must::BeDenied
        } else {
            Must::BeHarmless
        };
        let wire = Wire::http2(b"/app", &[(b"x-role", value)]);
        vectors.push(named(
            nul,
            format!("x-role `{}` by HTTP/2", shown(value)),
            wire,
            must,
        ));
    }
    vectors
}

/// A trailer that some applications merge into the headers. The head of the request may be on its way by then.
fn trailers() -> Vec<Vector> {
    let post = |trailers: &[Field<'_>]| {
        let head: [Field<'_>; 4] = [
            (b":method", b"POST"),
            (b":scheme", b"https"),
            (b":authority", AUTHORITY.as_bytes()),
            (b":path", b"/app"),
        ];
        Wire::Http2(vec![
            Step::Headers(owned(&head)),
            Step::Data(b"body".to_vec()),
            Step::Headers(owned(trailers)),
        ])
    };
    let vector = |name: &[u8], value: &[u8]| {
        let what = format!("the trailer {}: {} by HTTP/2", shown(name), shown(value));
        named("header-trailers", what, post(&[(name, value)]), Must::BeHarmless)
    };
    let chunked = |trailer: &str| {
        let head = format!(
            "POST /app HTTP/1.1\r\nhost: {AUTHORITY}\r\ntrailer: x-role\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let bytes = format!("{head}4\r\nbody\r\n0\r\n{trailer}\r\n\r\n").into_bytes();
        named(
            "header-trailers",
            format!("the trailer {trailer} by HTTP/1.1"),
            Wire::Bytes(bytes),
            Must::BeHarmless,
        )
    };
    vec![
        vector(b"x-role", PROTECTED),
        vector(b"x-role", b"user"),
        vector(b"x-role", b""),
        vector(b"x-role", b"\xff"),
        vector(b"X-Role", PROTECTED),
        vector(b":path", b"/admin"),
        vector(b"host", b"secret.com"),
        vector(b"x_role", PROTECTED),
        chunked("x-role: admin"),
        chunked("X-Role: admin"),
        named(
            "header-trailers",
            "another trailer by HTTP/2".to_owned(),
            post(&[(b"x-checksum", b"1")]),
            Must::BeOther,
        ),
    ]
}

fn one_line(row: &'static str, name: &[u8], must: Must) -> Vector {
    let wire = Wire::Bytes(request(b"GET", b"/app", &[(name, PROTECTED)]));
    named(row, format!("{}: admin by HTTP/1.1", shown(name)), wire, must)
}

fn lines(row: &'static str, values: &[&[u8]], must: Must) -> [Vector; 2] {
    let fields: Vec<Field<'_>> = values
        .iter()
        .map(|value| (b"x-role".as_slice(), *value))
        .collect();
    both(row, &fields, must)
}

fn both(row: &'static str, fields: &[Field<'_>], must: Must) -> [Vector; 2] {
    let what: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}: {}", shown(name), shown(value)))
        .collect();
    let name = |version: &str| format!("{} by {version}", what.join(" + "));
    [
        named(row, name("HTTP/1.1"), Wire::http1(b"/app", fields), must),
        named(row, name("HTTP/2"), Wire::http2(b"/app", fields), must),
    ]
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

/// A line of the header with the protected value, in whatever case or with an underscore, or such a trailer.
fn arrives_as_admin(arrival: &Arrival) -> bool {
    let in_headers = ["x-role", "x_role"]
        .iter()
        .any(|name| arrival.header(name).contains(&PROTECTED));
    in_headers || has_trailer(arrival)
}

fn begins_with_admin(arrival: &Arrival) -> bool {
    arrival
        .header("x-role")
        .iter()
        .any(|value| value.starts_with(PROTECTED))
        || has_trailer(arrival)
}

fn has_trailer(arrival: &Arrival) -> bool {
    let body = arrival.body.to_ascii_lowercase();
    ["x-role:", "x_role:"]
        .iter()
        .any(|name| body.windows(name.len()).any(|window| window == name.as_bytes()))
}
