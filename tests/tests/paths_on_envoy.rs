//! What a real Envoy makes of doubtful paths before the filter sees them, and what the filter says: the table of
//! `docs/paths.md`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::Guarded;

use Fate::{Answered, Judged};

/// What became of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Fate<T = &'static str> {
    /// Envoy answered by itself, with this status.
    Answered(u16),
    /// The filter judged this path, for this cause.
    Judged(T, T),
}

const ALLOWED: &str = "matched-allow";
const DENIED: &str = "no-matching-allow";
const AMBIGUOUS: &str = "ambiguous-path";

/// The path as it is sent, what becomes of it under the configuration that is rendered, and what becomes of it where Envoy
/// leaves paths as they are. Everything is allowed but `/admin` and what is under it.
const PATHS: [(&[u8], Fate, Fate); 60] = [
    (b"/a", Judged("/a", ALLOWED), Judged("/a", ALLOWED)),
    (b"/a/", Judged("/a/", ALLOWED), Judged("/a/", ALLOWED)),
    (b"/a//b", Judged("/a/b", ALLOWED), Judged("/a//b", AMBIGUOUS)),
    (b"//admin", Judged("/admin", DENIED), Judged("//admin", AMBIGUOUS)),
    (
        b"/admin//",
        Judged("/admin/", DENIED),
        Judged("/admin//", AMBIGUOUS),
    ),
    (
        b"/a/../admin",
        Judged("/admin", DENIED),
        Judged("/a/../admin", AMBIGUOUS),
    ),
    (b"/a/./b", Judged("/a/b", ALLOWED), Judged("/a/./b", AMBIGUOUS)),
    (b"/a/..", Judged("/", ALLOWED), Judged("/a/..", AMBIGUOUS)),
    (
        b"/a/%2e%2e/admin",
        Judged("/admin", DENIED),
        Judged("/a/%2e%2e/admin", AMBIGUOUS),
    ),
    (
        b"/a/.%2E/admin",
        Judged("/admin", DENIED),
        Judged("/a/.%2E/admin", AMBIGUOUS),
    ),
    (
        b"/a/..;x=1/admin",
        Judged("/admin", DENIED),
        Judged("/a/..;x=1/admin", AMBIGUOUS),
    ),
    (
        b"/..;/admin",
        Judged("/admin", DENIED),
        Judged("/..;/admin", AMBIGUOUS),
    ),
    (b"/a/.;/b", Judged("/a/b", ALLOWED), Judged("/a/.;/b", AMBIGUOUS)),
    (b"/a%2Fb", Answered(400), Judged("/a%2Fb", AMBIGUOUS)),
    (b"/a%2fb", Answered(400), Judged("/a%2fb", AMBIGUOUS)),
    (
        b"/a/..%2Fadmin",
        Answered(400),
        Judged("/a/..%2Fadmin", AMBIGUOUS),
    ),
    (
        b"/a%252Fb",
        Judged("/a%252Fb", AMBIGUOUS),
        Judged("/a%252Fb", AMBIGUOUS),
    ),
    (b"/a\\b", Judged("/a/b", ALLOWED), Judged("/a\\b", AMBIGUOUS)),
    (
        b"/a\\..\\admin",
        Judged("/admin", DENIED),
        Judged("/a\\..\\admin", AMBIGUOUS),
    ),
    (b"/a%5Cb", Answered(400), Judged("/a%5Cb", AMBIGUOUS)),
    (b"/a%5cb", Answered(400), Judged("/a%5cb", AMBIGUOUS)),
    (
        b"/a;x=1/b",
        Judged("/a;x=1/b", AMBIGUOUS),
        Judged("/a;x=1/b", AMBIGUOUS),
    ),
    (
        b"/admin;x=1",
        Judged("/admin;x=1", AMBIGUOUS),
        Judged("/admin;x=1", AMBIGUOUS),
    ),
    (b"/a%00", Answered(400), Judged("/a%00", AMBIGUOUS)),
    (b"/a%0A", Judged("/a%0A", AMBIGUOUS), Judged("/a%0A", AMBIGUOUS)),
    (b"/a%1F", Judged("/a%1F", AMBIGUOUS), Judged("/a%1F", AMBIGUOUS)),
    (b"/a%7F", Judged("/a%7F", AMBIGUOUS), Judged("/a%7F", AMBIGUOUS)),
    (b"/a\x01", Answered(400), Answered(400)),
    (b"/caf\xc3\xa9", Answered(400), Answered(400)),
    (b"/a|b", Judged("/a%7Cb", ALLOWED), Judged("/a|b", AMBIGUOUS)),
    (b"/{a}", Judged("/%7Ba%7D", ALLOWED), Judged("/{a}", AMBIGUOUS)),
    (
        b"/a\"<>^`[]",
        Judged("/a%22%3C%3E%5E%60[]", AMBIGUOUS),
        Judged("/a\"<>^`[]", AMBIGUOUS),
    ),
    (b"/100%", Judged("/100%", AMBIGUOUS), Judged("/100%", AMBIGUOUS)),
    (b"/%zz", Judged("/%zz", AMBIGUOUS), Judged("/%zz", AMBIGUOUS)),
    (
        b"/%u002f",
        Judged("/%u002f", AMBIGUOUS),
        Judged("/%u002f", AMBIGUOUS),
    ),
    (
        b"/%2561dmin",
        Judged("/%2561dmin", AMBIGUOUS),
        Judged("/%2561dmin", AMBIGUOUS),
    ),
    (
        b"/%61dmin",
        Judged("/admin", DENIED),
        Judged("/%61dmin", AMBIGUOUS),
    ),
    (b"/%2D", Judged("/-", ALLOWED), Judged("/%2D", AMBIGUOUS)),
    (
        b"/caf%C3%A9",
        Judged("/caf%C3%A9", ALLOWED),
        Judged("/caf%C3%A9", ALLOWED),
    ),
    (
        b"/caf%c3%a9",
        Judged("/caf%c3%a9", AMBIGUOUS),
        Judged("/caf%c3%a9", AMBIGUOUS),
    ),
    (b"/%FF", Judged("/%FF", AMBIGUOUS), Judged("/%FF", AMBIGUOUS)),
    (
        b"/%C0%AE%C0%AE/admin",
        Judged("/%C0%AE%C0%AE/admin", AMBIGUOUS),
        Judged("/%C0%AE%C0%AE/admin", AMBIGUOUS),
    ),
    (b"/Admin", Judged("/Admin", ALLOWED), Judged("/Admin", ALLOWED)),
    (
        b"/a?x=//../%2f;",
        Judged("/a?x=//../%2f;", ALLOWED),
        Judged("/a?x=//../%2f;", ALLOWED),
    ),
    (
        b"/a%21b",
        Judged("/a%21b", AMBIGUOUS),
        Judged("/a%21b", AMBIGUOUS),
    ),
    (
        b"/a%40b",
        Judged("/a%40b", AMBIGUOUS),
        Judged("/a%40b", AMBIGUOUS),
    ),
    (
        b"/a%3Bb",
        Judged("/a%3Bb", AMBIGUOUS),
        Judged("/a%3Bb", AMBIGUOUS),
    ),
    (
        b"/..%3Bx/admin",
        Judged("/..%3Bx/admin", AMBIGUOUS),
        Judged("/..%3Bx/admin", AMBIGUOUS),
    ),
    (b"/a%20b", Judged("/a%20b", ALLOWED), Judged("/a%20b", ALLOWED)),
    (b"/a%7Cb", Judged("/a%7Cb", ALLOWED), Judged("/a%7Cb", ALLOWED)),
    (b"/a%5B", Judged("/a%5B", ALLOWED), Judged("/a%5B", ALLOWED)),
    (b"*", Answered(400), Answered(400)),
    (
        b"/a%5B%5D",
        Judged("/a%5B%5D", ALLOWED),
        Judged("/a%5B%5D", ALLOWED),
    ),
    (
        b"/%2525",
        Judged("/%2525", AMBIGUOUS),
        Judged("/%2525", AMBIGUOUS),
    ),
    (b"/a%3Fb", Judged("/a%3Fb", ALLOWED), Judged("/a%3Fb", ALLOWED)),
    (b"/a%23b", Judged("/a%23b", ALLOWED), Judged("/a%23b", ALLOWED)),
    (b"/a#b", Answered(400), Answered(400)),
    (b"/a b", Answered(400), Answered(400)),
    (b"/...", Judged("/...", ALLOWED), Judged("/...", ALLOWED)),
    (
        b"/a.b/..c",
        Judged("/a.b/..c", ALLOWED),
        Judged("/a.b/..c", ALLOWED),
    ),
];

fn configuration() -> Value {
    let resource = |kind: &str, spec: Value| {
        json!({
            "apiVersion": "security.istio.io/v1",
            "kind": kind,
            "metadata": {"name": "orders", "namespace": "shop"},
            "spec": spec,
        })
    };
    let all_but_admin = json!({"notPaths": ["/admin", "/admin/*"]});
    json!({"resources": [
        resource("PeerAuthentication", json!({"mtls": {"mode": "PERMISSIVE"}})),
        resource("AuthorizationPolicy", json!({"rules": [{"to": [{"operation": all_but_admin}]}]})),
    ]})
}

/// Switches off what the rendered listener does to paths.
fn leave_paths_as_they_are(document: &mut Value) {
    match document {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "normalize_path" | "merge_slashes" => *value = json!(false),
                    "path_with_escaped_slashes_action" => *value = json!("KEEP_UNCHANGED"),
                    _ => leave_paths_as_they_are(value),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(leave_paths_as_they_are),
        _ => {}
    }
}

/// Sends every path and says what became of it; each request is known by its number.
async fn fates(guarded: &Guarded) -> Vec<Fate<String>> {
    let mut statuses = Vec::new();
    for (number, (path, ..)) in PATHS.iter().enumerate() {
        let mut request = HttpRequest::new("GET", "").with_header("traceparent", number.to_string());
        request.target = path.to_vec();
        let mut connection = guarded.connect_over(None).await.unwrap();
        statuses.push(connection.send(&request).await.unwrap().status);
    }
    let lines = guarded.access_log(PATHS.len()).await.unwrap();
    let judged: BTreeMap<String, &Value> = lines
        .iter()
        .filter(|line| line["cause"].is_string())
        .map(|line| (text(line, "traceparent"), line))
        .collect();
    let fate = |(number, status): (usize, u16)| match judged.get(&number.to_string()) {
        Some(line) => Judged(text(line, "path"), text(line, "cause")),
        None => Answered(status),
    };
    statuses.into_iter().enumerate().map(fate).collect()
}

fn text(line: &Value, field: &str) -> String {
    line[field].as_str().unwrap_or_default().to_owned()
}

fn check(found: Vec<Fate<String>>, expected: impl Fn(&(&[u8], Fate, Fate)) -> Fate) {
    for (row, found) in PATHS.iter().zip(found) {
        let expected = match expected(row) {
            Answered(status) => Answered(status),
            // The log leaves the query out.
            Judged(path, cause) => {
                let (path, _) = path.split_once('?').unwrap_or((path, ""));
                Judged(path.to_owned(), cause.to_owned())
            }
        };
        assert_eq!(found, expected, "{}", row.0.escape_ascii());
    }
}

#[tokio::test]
async fn envoy_tidies_or_refuses_most_doubtful_paths_and_the_filter_refuses_the_rest() {
    let guarded = Guarded::start("paths", &configuration()).await.unwrap();
    check(fates(&guarded).await, |(_, rendered, _)| rendered.clone());
}

#[tokio::test]
async fn behind_an_envoy_that_leaves_paths_as_they_are_the_filter_refuses_every_doubtful_one() {
    let change = |bootstrap: &mut Value, _: &mut Value| leave_paths_as_they_are(bootstrap);
    let guarded = Guarded::start_changed("raw-paths", &configuration(), change)
        .await
        .unwrap();
    check(fates(&guarded).await, |(_, _, as_they_are)| as_they_are.clone());
}
