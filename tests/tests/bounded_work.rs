//! Large requests and large configurations on a real Envoy: judged whole up to the bounds, refused with a cause beyond.

use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_policy::RequestBounds;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::http2::Http2;
use spiffe_authz_tests::policies::allow_get;
use tokio::time::{sleep, timeout};

/// Envoy itself reads 16 MiB of JSON before the filter does.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
const LARGEST_CONFIGURATION_BYTES: usize = 16 << 20;
/// Bytes that most values cost in that configuration.
const VALUE_BYTES: usize = 4000;
/// Two quotes and a comma.
const BYTES_AROUND_A_VALUE: usize = 3;

/// What the last line of the headers says, and what becomes of the request then.
const ROLES: [(&str, u16); 3] = [("reader", 200), ("nobody", 403), ("blocked", 403)];

fn policy(name: &str, action: &str, roles: &[&str]) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": [{
            "from": [{"source": {"principals": [FRONTEND]}}],
            "to": [{"operation": {"paths": ["/orders/*"]}}],
            "when": [{"key": "request.headers[x-role]", "values": roles}],
        }]},
    })
}

/// Every request hangs on its path and on one header.
fn by_role() -> Value {
    json!({"resources": [
        policy("orders", "ALLOW", &["reader", "blocked"]),
        policy("closed", "DENY", &["blocked"]),
    ]})
}

/// A proxy that takes more than the filter.
fn large_requests_welcome(bootstrap: &mut Value, _: &mut Value) {
    let chains = bootstrap.pointer_mut("/static_resources/listeners/0/filter_chains");
    for chain in chains.unwrap().as_array_mut().unwrap() {
        let manager = &mut chain["filters"][1]["typed_config"];
        manager["max_request_headers_kb"] = json!(4096);
        manager["common_http_protocol_options"]["max_headers_count"] = json!(10_000);
    }
}

async fn guarded(name: &str) -> Guarded {
    Guarded::start_changed(name, &by_role(), large_requests_welcome)
        .await
        .unwrap()
}

/// So many lines, each with a value of so many bytes.
fn with_lines(request: HttpRequest, lines: usize, bytes: usize) -> HttpRequest {
    (0..lines).fold(request, |request, line| {
        request.with_header(&format!("x-line-{line}"), vec![b'v'; bytes])
    })
}

fn with_path_of(bytes: usize) -> HttpRequest {
    let start = "/orders/";
    HttpRequest::new("GET", &format!("{start}{}", "a".repeat(bytes - start.len())))
}

fn get() -> HttpRequest {
    HttpRequest::new("GET", "/orders/1")
}

async fn over_http1(guarded: &Guarded, request: &HttpRequest) -> u16 {
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection.send(request).await.unwrap().status
}

async fn over_http2(guarded: &Guarded, request: &HttpRequest) -> Result<u16, String> {
    let connection = guarded.connect(FRONTEND).await.unwrap();
    Http2::start(connection).await.unwrap().status(request).await
}

fn assert_alive(guarded: &Guarded) {
    let log = guarded.envoy.log().unwrap();
    for fault in ["[critical]", "vm_failed", "fault:"] {
        assert!(!log.contains(fault), "the log has `{fault}`:\n{log}");
    }
}

#[tokio::test]
async fn requests_of_64_kib_of_headers_of_a_thousand_lines_and_of_8_kib_of_path_are_judged_to_the_last_line()
{
    let guarded = guarded("large-requests").await;
    let requests = [
        with_lines(get(), 16, 4096),
        with_lines(get(), 1000, 1),
        with_path_of(8192),
    ];
    for request in requests {
        for (role, expected) in ROLES {
            let request = request.clone().with_header("x-role", role);
            assert_eq!(over_http1(&guarded, &request).await, expected, "{role}");
            assert_eq!(over_http2(&guarded, &request).await, Ok(expected), "{role}");
        }
    }
    assert_eq!(guarded.application.arrivals(), 6);
    assert_alive(&guarded);
}

#[tokio::test]
async fn a_request_over_a_bound_is_refused_with_its_cause_and_one_at_the_bound_is_judged() {
    let guarded = guarded("too-large-requests").await;
    let RequestBounds {
        path_bytes,
        header_lines,
        header_bytes,
    } = RequestBounds::IN_FORCE;
    let reader = |request: HttpRequest| request.with_header("x-role", "reader");
    assert_eq!(over_http1(&guarded, &reader(with_path_of(path_bytes))).await, 200);
    let path = reader(with_path_of(path_bytes + 1));
    let lines = reader(with_lines(get(), header_lines, 1));
    let bytes = reader(with_lines(get(), header_bytes / 8192, 8192));
    for request in [&path, &lines, &bytes] {
        assert_eq!(over_http1(&guarded, request).await, 403);
    }
    // The client's library has no such path.
    for request in [&lines, &bytes] {
        assert_eq!(over_http2(&guarded, request).await, Ok(403));
    }
    let log = guarded.access_log(6).await.unwrap();
    let causes: Vec<_> = log.iter().skip(1).map(|line| &line["cause"]).collect();
    assert_eq!(causes, ["request-too-large"; 5]);
    assert_eq!(guarded.application.arrivals(), 1);
    assert_eq!(over_http1(&guarded, &reader(get())).await, 200);
    assert_alive(&guarded);
}

/// A configuration of so many bytes of JSON: GETs of one path are allowed, and of very many denied.
fn configuration_of(bytes: usize, path: &str) -> Value {
    let mut configuration = allow_get(FRONTEND, &[path]);
    let denied = policy("closed", "DENY", &["blocked"]);
    configuration["resources"].as_array_mut().unwrap().push(denied);
    let missing = bytes - configuration.to_string().len();
    let paths = &mut configuration["resources"][1]["spec"]["rules"][0]["to"][0]["operation"]["paths"];
    let paths = paths.as_array_mut().unwrap();
    let whole = missing / VALUE_BYTES - 1;
    paths.extend((0..whole).map(|number| json!(closed(number, VALUE_BYTES - BYTES_AROUND_A_VALUE))));
    let last = missing - whole * VALUE_BYTES - BYTES_AROUND_A_VALUE;
    paths.push(json!(closed(whole, last)));
    configuration
}

/// A path of so many bytes.
fn closed(number: usize, bytes: usize) -> String {
    format!("/closed/{number:x<width$}", width = bytes - "/closed/".len())
}

async fn until(guarded: &Guarded, path: &str, status: u16) {
    let request = HttpRequest::new("GET", path);
    let in_force = async {
        while over_http1(guarded, &request).await != status {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, in_force)
        .await
        .expect("the configuration does not take effect");
}

/// The admin interface does not answer while Envoy reads as much.
async fn until_logged(guarded: &Guarded, text: &str) {
    let logged = async {
        while !guarded.envoy.log().unwrap().contains(text) {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, logged).await.expect(text);
}

#[tokio::test]
async fn a_configuration_of_the_largest_size_decides_and_of_one_byte_more_is_refused_and_the_last_good_one_stays()
 {
    let guarded = Guarded::start("largest-configuration", &allow_get(FRONTEND, &["/small"]))
        .await
        .unwrap();
    let largest = configuration_of(LARGEST_CONFIGURATION_BYTES, "/large");
    assert_eq!(largest.to_string().len(), LARGEST_CONFIGURATION_BYTES);
    guarded.configure(&largest).unwrap();
    until(&guarded, "/large", 200).await;
    let too_large = configuration_of(LARGEST_CONFIGURATION_BYTES + 1, "/larger");
    guarded.configure(&too_large).unwrap();
    until_logged(&guarded, "16777217 bytes, at most 16777216 are allowed").await;
    let statuses = [("/large", 200), ("/larger", 403), ("/small", 403)];
    for (path, status) in statuses {
        assert_eq!(
            over_http1(&guarded, &HttpRequest::new("GET", path)).await,
            status,
            "{path}"
        );
    }
}
