//! The access log that docs/migration.md has Istio write is one that `readiness` can read.

use std::fs;

use serde_json::{Value, json};
use spiffe_authz_analysis::observed::{Line, Transport};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_envoy_config::{FilePath, access_log};
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::workspace;

/// The labels of the provider, as they stand in the page.
fn labels() -> Value {
    let page = fs::read_to_string(workspace::root().join("docs/migration.md")).unwrap();
    let start = page
        .find("```yaml\n# meshConfig\n")
        .expect("the page has the log format")
        + "```yaml\n".len();
    let block = &page[start..start + page[start..].find("```").unwrap()];
    let mesh_config = block.split("\n---\n").next().unwrap();
    let mesh_config: Value = serde_saphyr::from_str(mesh_config).unwrap();
    mesh_config["extensionProviders"][0]["envoyFileAccessLog"]["logFormat"]["labels"].clone()
}

/// Gives every log of requests from peers these labels.
fn relabel(value: &mut Value, labels: &Value) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("direction") && fields.contains_key("tls_version") {
                *value = labels.clone();
                return;
            }
            fields.values_mut().for_each(|field| relabel(field, labels));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relabel(item, labels)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn a_log_with_the_labels_of_the_page_tells_mtls_from_plaintext_by_port_and_peer() {
    let open = json!({"profile": "istio", "resources": []});
    let labels = labels();
    let guarded = Guarded::start_changed("istio-log", &open, |bootstrap, _| relabel(bootstrap, &labels))
        .await
        .unwrap();
    for peer in [Some(FRONTEND), None] {
        let mut connection = match peer {
            Some(peer) => guarded.connect(peer).await.unwrap(),
            None => guarded.connect_over(None).await.unwrap(),
        };
        connection.send(&HttpRequest::new("GET", "/")).await.unwrap();
    }
    let lines = guarded.access_log(2).await.unwrap();
    assert!(
        lines[0].get("duration_ms").is_none(),
        "the format is the page's: {}",
        lines[0]
    );
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            Line::read(line.to_string().as_bytes())
                .unwrap()
                .observation()
                .unwrap()
        })
        .map(|seen| (seen.transport, seen.destination_port, seen.peer_address.is_some()))
        .collect();
    let port = Some(guarded.inbound().port());
    assert_eq!(
        seen,
        [
            (Transport::MutualTls, port, true),
            (Transport::Plaintext, port, true)
        ]
    );
}

#[test]
fn the_labels_of_the_page_are_fields_of_the_rendered_log() {
    let path = FilePath::new("/dev/stdout").unwrap();
    let rendered = access_log::judged_requests(&path);
    let rendered = &rendered["typed_config"]["log_format"]["json_format"];
    for (name, operator) in labels().as_object().unwrap() {
        assert_eq!(&rendered[name], operator, "{name}");
    }
}
