//! Configurations on their way into a running Envoy: one that is refused leaves the last good one in force.

use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::{allow_get, three_mistakes};
use spiffe_authz_tests::problem;
use tokio::time::{sleep, timeout};

const REJECTED: &str = "spiffe_authz.update_rejected";
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

async fn status(guarded: &Guarded, path: &str) -> u16 {
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection
        .send(&HttpRequest::new("GET", path))
        .await
        .unwrap()
        .status
}

/// Gives the configuration as `google.protobuf.Struct`, which is how people write one into an Envoy file.
fn as_structure(document: &mut Value) {
    let configuration = document
        .pointer_mut("/resources/0/typed_config/config/configuration")
        .unwrap();
    let text = configuration["value"].as_str().unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    *configuration = json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": value});
}

#[tokio::test]
async fn a_configuration_that_is_a_structure_counts_like_one_that_is_text() {
    let configuration = allow_get(FRONTEND, &["/orders"]);
    let change = |_: &mut Value, document: &mut Value| as_structure(document);
    let guarded = Guarded::start_changed("structure", &configuration, change)
        .await
        .unwrap();
    assert_eq!(
        (
            status(&guarded, "/orders").await,
            status(&guarded, "/carts").await
        ),
        (200, 403)
    );
}

#[tokio::test]
async fn a_refused_configuration_leaves_the_last_good_one_in_force_and_a_good_one_replaces_it() {
    let guarded = Guarded::start("last-good", &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    assert_eq!(
        (
            status(&guarded, "/orders").await,
            status(&guarded, "/carts").await
        ),
        (200, 403)
    );

    let (mistakes, places) = three_mistakes();
    guarded.configure(&mistakes).unwrap();
    guarded.envoy.wait_for_counter(REJECTED, 1).await.unwrap();
    let problems = problem::from_log(guarded.envoy.log().unwrap().lines()).unwrap();
    let found: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(sorted(found), sorted(places.to_vec()));
    assert_eq!(
        (
            status(&guarded, "/orders").await,
            status(&guarded, "/carts").await
        ),
        (200, 403)
    );

    guarded.configure(&allow_get(FRONTEND, &["/carts"])).unwrap();
    let in_force = async {
        while status(&guarded, "/carts").await != 200 {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, in_force)
        .await
        .expect("the good configuration does not take effect");
    assert_eq!(status(&guarded, "/orders").await, 403);
    assert_eq!(guarded.envoy.counter(REJECTED).await.unwrap(), 1);
}

fn sorted(mut texts: Vec<&str>) -> Vec<&str> {
    texts.sort_unstable();
    texts
}
