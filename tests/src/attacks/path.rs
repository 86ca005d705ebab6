//! Attacks on paths: `/admin` written so that the guard might not see it and the application might.

use serde_json::{Value, json};

use crate::attacks::group::{Group, NONE_DIFFERS};
use crate::attacks::peers::Presents;
use crate::attacks::policies::{allow, deny, operation};
use crate::attacks::readings::{path_of, reads_as};
use crate::attacks::station::{Door, Polarity, Station};
use crate::attacks::upstream::Arrival;
use crate::attacks::vector::{Field, Must, Vector, Wire, shown};
use crate::attacks::{istio_list, path_forms};
use crate::envoy::guarded::FRONTEND;

const PEER: &str = "frontend";
const PROTECTED: &[u8] = b"/admin";
/// The bytes that may stand in a segment as they are (RFC 3986, section 3.3) and that no server gives a meaning.
const SEGMENT_BYTES: &str = "abz09-._~!$&'()*+,=:@";

/// Requests whose path is seen through by the guard, or is another path.
const ROWS: [(&str, &[&str], Must); 16] = [
    (
        "CVE-2019-9901",
        &[
            "/app/../admin",
            "/app/%2e%2e/admin",
            "/app/./../admin",
            "/./admin",
            "/%2E/admin",
            "/app/x/../../admin",
            "/../admin",
        ],
        Must::BeDenied,
    ),
    (
        "CVE-2021-29492",
        &[
            "/x%2F..%2Fadmin",
            "/x%2f..%2fadmin",
            "//admin",
            "///admin",
            r"/\admin",
            r"\admin",
            "/%5cadmin",
            "/%5Cadmin",
            "/%2fadmin",
            "/%2Fadmin",
            "/x/..%2fadmin",
            r"/x\..\admin",
            "/x%5c..%5cadmin",
        ],
        Must::BeDenied,
    ),
    (
        "CVE-2021-29492",
        &["/admin//", "/admin%2f", "/admin/%5c"],
        Must::BeHarmless,
    ),
    (
        "CVE-2021-32779",
        &[
            "/admin#x",
            "/admin?q#x",
            "/admin#?x",
            "/admin#/../app",
            "/#/../admin",
        ],
        Must::BeHarmless,
    ),
    ("CVE-2021-32779", &["/admin#x", "/admin#"], Must::BeDenied),
    (
        "CVE-2020-8595",
        &[
            "/admin?x",
            "/admin?",
            "/admin??",
            "/admin?/../app",
            "/admin?x=/app",
            "/admin?%2e%2e",
        ],
        Must::BeProtected,
    ),
    (
        "CVE-2026-73551",
        &[
            "/user/..;foo=bar/admin",
            "/user/..;/admin",
            "/user/.;x/../admin",
            "/user/%2e%2e;x/admin",
            "/user/..;a;b/admin",
            "/user/..%3bx/admin",
            "/.;/admin",
            "/user/..;/../admin",
        ],
        Must::BeDenied,
    ),
    (
        "CVE-2026-73511",
        &[
            "/;a/admin",
            "/;/admin",
            "/admin;",
            "/admin;a=b",
            "/admin;jsessionid=1",
            "/admin%3b",
            "/admin%3Ba=b",
            "/;a=b;c/admin",
        ],
        Must::BeDenied,
    ),
    (
        "CVE-2026-73511",
        &["/admin;x=y/action;foo=bar", "/app;x/list"],
        Must::BeHarmless,
    ),
    (
        "CVE-2026-26205",
        &[
            "//admin/secret-endpoint",
            "//host/admin",
            "///host/admin",
            "//user@host:80/admin",
        ],
        Must::BeHarmless,
    ),
    (
        "CVE-2026-32811",
        &["/admin?foo=bar", "/admin?foo=bar?baz"],
        Must::BeProtected,
    ),
    (
        "CVE-2024-10005",
        &[
            "/a//../admin",
            "/a/..//admin",
            "/a//..//../admin",
            "/a/%2e%2e//admin",
        ],
        Must::BeHarmless,
    ),
    ("CVE-2024-10005", &["/a/..//admin"], Must::BeDenied),
    ("path-case", &["/Admin", "/ADMIN", "/aDmIn"], Must::BeOther),
    (
        "nul-overlong",
        &[
            "/admin%00",
            "/admin%00.png",
            "/%00/../admin",
            "/a/%c0%ae%c0%ae/admin",
            "/%c0%ae/admin",
            "/%252e%252e/admin",
            "/a/%252e%252e/admin",
            "/%252fadmin",
            "/%c0%afadmin",
            "/%e0%80%afadmin",
            "/%f0%80%80%afadmin",
            "/a/%u002e%u002e/admin",
            "/%%32%66admin",
            "/ad%09min",
            "/ad%0amin",
            "/admin%0d",
            "/%61dmin",
            "/admi%6e",
            "/%2561dmin",
        ],
        Must::BeHarmless,
    ),
    (
        "path-combinations",
        &[
            "/",
            "/app",
            "/app/",
            "/administrator",
            "/.../admin",
            "/..../admin",
            "/0x2e0x2e/admin",
            "/x/admin",
            "/a,b/c",
        ],
        Must::BeOther,
    ),
];

/// Targets that are no text, or no path.
const BYTES: [(&str, &[u8]); 11] = [
    ("nul-overlong", b"/admin\0"),
    ("nul-overlong", b"/admin\xc0\x80"),
    ("nul-overlong", b"/a/\xc0\xae\xc0\xae/admin"),
    ("nul-overlong", b"/\xc0\xafadmin"),
    ("nul-overlong", b"/admin\x01"),
    ("nul-overlong", b"/ad\tmin"),
    ("nul-overlong", b"/admin\x7f"),
    ("nul-overlong", b"/admin "),
    ("path-combinations", b"admin"),
    ("path-combinations", b"*"),
    ("path-combinations", b""),
];

/// Headers by which proxies tell each other of a path. No verdict may depend on one.
const PATH_HEADERS: [&str; 5] = [
    "x-envoy-original-path",
    "x-original-url",
    "x-rewrite-url",
    "x-envoy-decorator-operation",
    "x-forwarded-prefix",
];

/// The attacks on `/admin`, in every form, behind every door.
#[must_use]
pub fn group() -> Group {
    let exact = json!(["/admin"]);
    let subtree = json!(["/admin", "/admin/*"]);
    let mut strict = Vec::new();
    for door in [Door::AsShipped, Door::Open] {
        strict.extend(refusing("/admin", &exact, arrives_as_admin).map(|station| station.behind(door)));
        strict.extend(
            refusing("/admin and below", &subtree, arrives_below_admin).map(|station| station.behind(door)),
        );
    }
    strict.push(admitting("/admin", &exact, arrives_as_another).behind(Door::Open));
    let doors = [
        Door::Open,
        Door::Base,
        Door::MergeSlashes,
        Door::DecodeAndMergeSlashes,
    ];
    let compat = doors
        .into_iter()
        .flat_map(|door| in_profile_istio(&exact).map(|station| station.behind(door)));
    Group {
        name: "path",
        strict,
        compat: compat.map(Group::pair).collect(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: controls("/app", "/admin"),
        vectors: vectors(),
    }
}

/// Every byte of a segment against a template.
#[must_use]
pub fn templates() -> Group {
    let paths = json!(["/admin/{*}"]);
    let [deny, allow_not] = refusing("/admin/{*}", &paths, arrives_in_admin);
    let admits = admitting("/admin/{*}", &paths, |arrival| !arrives_in_admin(arrival));
    let segments = SEGMENT_BYTES
        .chars()
        .flat_map(|byte| [format!("{byte}x"), format!("x{byte}"), format!("x{byte}x")]);
    let named = |segment: String| (format!("/admin/{segment}"), Must::BeProtected);
    let more = [
        ("/admin/*", Must::BeProtected),
        ("/a*b/x", Must::BeOther),
        ("/admin/", Must::BeOther),
    ];
    let more = more.map(|(path, must)| (path.to_owned(), must));
    let targets = segments.map(named).chain(more);
    Group {
        name: "templates",
        strict: vec![deny.behind(Door::Open), allow_not, admits],
        compat: in_profile_istio(&paths).map(Group::pair).to_vec(),
        differs: NONE_DIFFERS,
        peers: vec![(PEER, Presents::svid(FRONTEND))],
        controls: controls("/app", "/admin/x"),
        vectors: targets
            .flat_map(|(target, must)| both("CVE-2025-46821", target.as_bytes(), &[], must))
            .collect(),
    }
}

/// DENY with `paths`, and ALLOW with `notPaths`.
fn refusing(what: &str, paths: &Value, forbidden: fn(&Arrival) -> bool) -> [Station; 2] {
    let (paths, not_paths) = (
        operation(json!({"paths": paths})),
        operation(json!({"notPaths": paths})),
    );
    [
        (format!("DENY {what}"), deny("zero-trust", &paths)),
        (format!("ALLOW but {what}"), allow("zero-trust", &not_paths)),
    ]
    .map(|(name, configuration)| Station::new(&name, configuration, Polarity::Refuses, forbidden))
}

fn admitting(what: &str, paths: &Value, forbidden: fn(&Arrival) -> bool) -> Station {
    let configuration = allow("zero-trust", &operation(json!({"paths": paths})));
    Station::new(
        &format!("ALLOW {what}"),
        configuration,
        Polarity::Admits,
        forbidden,
    )
}

/// Profile istio is compared and not judged: what Istio's modes leave in a path is Istio's to say.
fn in_profile_istio(paths: &Value) -> [Station; 2] {
    let (paths, not_paths) = (
        operation(json!({"paths": paths})),
        operation(json!({"notPaths": paths})),
    );
    [
        ("istio, DENY paths", deny("istio", &paths)),
        ("istio, ALLOW notPaths", allow("istio", &not_paths)),
    ]
    .map(|(name, configuration)| Station::new(name, configuration, Polarity::Refuses, |_| false))
}

fn controls(other: &str, protected: &str) -> Vec<Vector> {
    let other = both("control", other.as_bytes(), &[], Must::BeOther);
    other
        .into_iter()
        .chain(both("control", protected.as_bytes(), &[], Must::BeProtected))
        .collect()
}

fn vectors() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for (row, targets, must) in ROWS {
        vectors.extend(
            targets
                .iter()
                .flat_map(|target| both(row, target.as_bytes(), &[], must_of(target.as_bytes(), must))),
        );
    }
    for (row, target) in BYTES {
        vectors.extend(both(row, target, &[], must_of(target, Must::BeHarmless)));
    }
    for (row, targets) in istio_list::groups() {
        let targets = targets.iter().map(String::as_bytes);
        vectors.extend(targets.flat_map(|target| both(row, target, &[], must_of(target, Must::BeHarmless))));
    }
    for target in path_forms::disguises_of_admin() {
        vectors.extend(both(
            "path-combinations",
            target.as_bytes(),
            &[],
            must_of(target.as_bytes(), Must::BeHarmless),
        ));
    }
    for name in PATH_HEADERS {
        let (forged, honest): (Field<'_>, Field<'_>) =
            ((name.as_bytes(), b"/app"), (name.as_bytes(), b"/admin"));
        vectors.extend(both("CVE-2023-27487", b"/admin", &[forged], Must::BeProtected));
        vectors.extend(both("CVE-2023-27487", b"/app", &[honest], Must::BeOther));
    }
    vectors
}

/// Without a fragment, which Envoy refuses in any target.
fn is_plainly_protected(target: &[u8]) -> bool {
    path_of(target) == PROTECTED && !target.contains(&b'#')
}

/// What a table leaves open follows from the readings.
fn must_of(target: &[u8], must: Must) -> Must {
    match must {
        Must::BeHarmless if is_plainly_protected(target) => Must::BeProtected,
        Must::BeHarmless if reads_as(target, |path| path == PROTECTED) => Must::BeDeniedAsSent,
        other => other,
    }
}

fn both(row: &'static str, target: &[u8], headers: &[Field<'_>], must: Must) -> [Vector; 2] {
    let extra: String = headers
        .iter()
        .map(|(name, value)| format!(" with {}: {}", shown(name), shown(value)))
        .collect();
    [
        ("HTTP/1.1", Wire::http1(target, headers)),
        ("HTTP/2", Wire::http2(target, headers)),
    ]
    .map(|(version, wire)| Vector {
        row,
        name: format!("{}{extra} by {version}", shown(target)),
        peer: PEER,
        wire,
        must,
    })
}

fn arrives_as_admin(arrival: &Arrival) -> bool {
    reads_as(arrival.target(), |path| path == PROTECTED)
}

fn arrives_below_admin(arrival: &Arrival) -> bool {
    reads_as(arrival.target(), |path| {
        path == PROTECTED || path.starts_with(b"/admin/")
    })
}

fn arrives_in_admin(arrival: &Arrival) -> bool {
    let is_one_segment = |rest: &[u8]| !rest.is_empty() && !rest.contains(&b'/');
    reads_as(arrival.target(), |path| {
        path.strip_prefix(b"/admin/").is_some_and(is_one_segment)
    })
}

fn arrives_as_another(arrival: &Arrival) -> bool {
    path_of(arrival.target()) != PROTECTED
}
