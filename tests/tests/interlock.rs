//! The interlock: where the filter has not said "allow" on this very request, nothing reaches the application.

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_envoy_config::{FilePath, interlock, wasm_filter};
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;
use spiffe_authz_tests::scratch::Scratch;

/// Everything that is allowed where the filter runs.
fn allow_all_paths() -> Value {
    allow_get(FRONTEND, &["*"])
}

fn keep_alive(path: &str) -> HttpRequest {
    HttpRequest::new("GET", path).with_header("connection", "keep-alive")
}

async fn status(guarded: &Guarded, path: &str) -> u16 {
    guarded
        .connect(FRONTEND)
        .await
        .unwrap()
        .send(&HttpRequest::new("GET", path))
        .await
        .unwrap()
        .status
}

/// Takes the filter off the requests to this path and below.
fn without_filter_below(path: &str, bootstrap: &mut Value) {
    let chains = bootstrap
        .pointer_mut("/static_resources/listeners/0/filter_chains")
        .unwrap();
    for chain in chains.as_array_mut().unwrap() {
        let routes = chain
            .pointer_mut("/filters/1/typed_config/route_config/virtual_hosts/0/routes")
            .unwrap();
        let mut route = routes[0].clone();
        route["match"] = json!({"prefix": path});
        route["typed_per_filter_config"] = json!({wasm_filter::NAME: {
            "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
            "config": {},
            "disabled": true,
        }});
        routes.as_array_mut().unwrap().insert(0, route);
    }
}

/// A module that is valid and does nothing.
fn idle_module(scratch: &Scratch) -> FilePath {
    let module = wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "malloc") (param i32) (result i32) (i32.const 1024)))"#,
    )
    .unwrap();
    let path = scratch.file("idle.wasm").unwrap();
    std::fs::write(path.as_path(), module).unwrap();
    path
}

/// The counter of what the interlock has refused, as Prometheus reads it.
async fn denied_by_the_interlock(guarded: &Guarded) -> Vec<u64> {
    let metrics = guarded.envoy.prometheus().await.unwrap();
    let lines = metrics.lines().filter(|line| {
        line.starts_with("envoy_http_rbac_denied{")
            && line.contains(r#"envoy_rbac_http_prefix="spiffe_authz_interlock_""#)
    });
    lines
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect()
}

fn without_interlock(bootstrap: &mut Value) {
    let chains = bootstrap
        .pointer_mut("/static_resources/listeners/0/filter_chains")
        .unwrap();
    for chain in chains.as_array_mut().unwrap() {
        let filters = chain.pointer_mut("/filters/1/typed_config/http_filters").unwrap();
        filters
            .as_array_mut()
            .unwrap()
            .retain(|filter| filter["name"] != interlock::NAME);
    }
}

#[tokio::test]
async fn the_interlock_is_what_refuses_a_request_without_a_decision() {
    let change = |bootstrap: &mut Value, _: &mut Value| {
        without_filter_below("/unguarded", bootstrap);
        without_interlock(bootstrap);
    };
    let guarded = Guarded::start_changed("interlock-absent", &allow_all_paths(), change)
        .await
        .unwrap();
    assert_eq!(status(&guarded, "/unguarded").await, 200);
    assert_eq!(guarded.application.arrivals(), 1);
}

#[tokio::test]
async fn without_the_filter_on_a_route_nothing_reaches_the_application() {
    let change = |bootstrap: &mut Value, _: &mut Value| without_filter_below("/unguarded", bootstrap);
    let guarded = Guarded::start_changed("interlock-route", &allow_all_paths(), change)
        .await
        .unwrap();
    assert_eq!(status(&guarded, "/guarded").await, 200);
    assert_eq!(guarded.application.arrivals(), 1);
    assert_eq!(status(&guarded, "/unguarded").await, 403);
    assert_eq!(guarded.application.arrivals(), 1);
}

#[tokio::test]
async fn an_allowed_request_does_not_open_the_interlock_for_the_next_one_on_its_connection() {
    let change = |bootstrap: &mut Value, _: &mut Value| without_filter_below("/unguarded", bootstrap);
    let guarded = Guarded::start_changed("interlock-keep-alive", &allow_all_paths(), change)
        .await
        .unwrap();
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    for (path, expected) in [
        ("/guarded", 200),
        ("/unguarded", 403),
        ("/guarded", 200),
        ("/unguarded", 403),
    ] {
        assert_eq!(
            connection.send(&keep_alive(path)).await.unwrap().status,
            expected,
            "{path}"
        );
    }
    assert_eq!(guarded.application.arrivals(), 2);
}

#[tokio::test]
async fn the_interlocks_counter_counts_what_came_without_a_decision_and_no_denial_of_the_filter() {
    let change = |bootstrap: &mut Value, _: &mut Value| without_filter_below("/unguarded", bootstrap);
    let guarded = Guarded::start_changed("interlock-counter", &allow_get(FRONTEND, &["/guarded"]), change)
        .await
        .unwrap();
    for (path, denied) in [("/guarded", 0), ("/other", 0), ("/unguarded", 1)] {
        status(&guarded, path).await;
        assert_eq!(denied_by_the_interlock(&guarded).await, [denied], "{path}");
    }
}

#[tokio::test]
async fn a_module_that_does_nothing_lets_nothing_through() {
    let scratch = Scratch::new("interlock-idle-module").unwrap();
    let module = idle_module(&scratch);
    let change = |_: &mut Value, document: &mut Value| {
        let vm = &mut document["resources"][0]["typed_config"]["config"]["vm_config"];
        vm["code"]["local"]["filename"] = json!(module.as_str());
    };
    let guarded = Guarded::start_changed("interlock-idle", &allow_all_paths(), change)
        .await
        .unwrap();
    assert_eq!(status(&guarded, "/guarded").await, 403);
    assert_eq!(guarded.application.arrivals(), 0);
}

#[tokio::test]
async fn before_the_filter_has_a_configuration_nothing_reaches_the_application() {
    let change = |_: &mut Value, document: &mut Value| document["resources"] = json!([]);
    let guarded = Guarded::start_changed("interlock-missing", &allow_all_paths(), change)
        .await
        .unwrap();
    assert_eq!(status(&guarded, "/guarded").await, 500);
    assert_eq!(guarded.application.arrivals(), 0);
}

#[tokio::test]
async fn a_peer_cannot_open_the_interlock_with_headers() {
    let change = |bootstrap: &mut Value, _: &mut Value| without_filter_below("/unguarded", bootstrap);
    let guarded = Guarded::start_changed("interlock-headers", &allow_all_paths(), change)
        .await
        .unwrap();
    let forged = [
        "spiffe_authz",
        "wasm.spiffe_authz",
        "spiffe-authz",
        "x-envoy-filter-state",
    ];
    for name in forged {
        let request = HttpRequest::new("GET", "/unguarded").with_header(name, "allow");
        let response = guarded
            .connect(FRONTEND)
            .await
            .unwrap()
            .send(&request)
            .await
            .unwrap();
        assert!(
            matches!(response.status, 400 | 403),
            "{name}: {}",
            response.status
        );
    }
    assert_eq!(guarded.application.arrivals(), 0);
}
