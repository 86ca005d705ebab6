//! All rows on one Envoy.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::client::Opening;
use spiffe_authz_tests::envoy::guarded::Guarded;
use spiffe_authz_tests::envoy::identities::Validator;
use spiffe_authz_tests::envoy::tripwire::CASE_HEADER;
use tokio_rustls::TlsConnector;

use crate::leaf::{Leaf, svid};
use crate::row::{Outcome, Row};
use crate::rows;

/// What a client saw.
type Seen = Result<u16, String>;

/// Every row once, with a good SVID before the first and behind the last.
pub(crate) async fn assert_outcomes(validator: Validator, expected: fn(&Row) -> &Outcome) {
    let name = format!("certificate-matrix-{validator:?}");
    let guarded = Guarded::start_checked_by(validator, &name, &whoever_has_an_identity(), |_, _| ())
        .await
        .unwrap();
    let rows = rows::all();
    assert_eq!(
        attempt(&guarded, 0, &svid()).await,
        Ok(200),
        "the control before the rows"
    );
    let mut seen = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        seen.push(attempt(&guarded, index + 1, &row.leaf).await);
    }
    let last = rows.len() + 1;
    assert_eq!(
        attempt(&guarded, last, &svid()).await,
        Ok(200),
        "the control behind the rows"
    );
    let log = by_attempt(&guarded.access_log(last + 1).await.unwrap());
    let wrong: Vec<String> = rows
        .iter()
        .zip(&seen)
        .enumerate()
        .filter_map(|(index, (row, seen))| {
            let found = outcome(
                seen,
                &log[&(index + 1)],
                guarded.application.arrivals_of(&(index + 1).to_string()),
            );
            (!expected(row).covers(&found))
                .then(|| format!("{}: expected {}, found {found}", row.name, expected(row)))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} rows are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// One connection with this certificate, from an address of its own, and one request.
async fn attempt(guarded: &Guarded, number: usize, leaf: &Leaf) -> Seen {
    let config = guarded
        .identities
        .present(&leaf.issue(&guarded.identities))
        .unwrap();
    let opening = Opening {
        from: Some(address(number)),
        tls: Some(TlsConnector::from(Arc::new(config))),
        ..Opening::default()
    };
    let request = HttpRequest::new("GET", "/orders").with_header(CASE_HEADER, number.to_string());
    let mut connection = guarded.open(opening).await?;
    connection.send(&request).await.map(|response| response.status)
}

/// 127.0.1.0 and on.
fn address(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, u8::try_from(number).unwrap())
}

/// The one line of each attempt.
fn by_attempt(log: &[Value]) -> HashMap<usize, Value> {
    let mut lines = HashMap::new();
    for line in log {
        let peer = line["peer_address"].as_str().unwrap();
        let (ip, _) = peer.rsplit_once(':').unwrap();
        let number = usize::from(ip.parse::<Ipv4Addr>().unwrap().octets()[3]);
        assert_eq!(
            lines.insert(number, line.clone()),
            None,
            "two lines of attempt {number}"
        );
    }
    lines
}

/// What client, log and application say together; they must agree.
fn outcome(seen: &Seen, line: &Value, arrivals: usize) -> Outcome {
    let text = |field: &str| line[field].as_str().map(str::to_owned);
    match (seen, text("handshake_failure"), text("cause"), arrivals) {
        (Ok(200), None, Some(_), 1) => Outcome::Allowed,
        (Ok(403), None, Some(cause), 0) => Outcome::Denied(cause),
        (Err(_), Some(reason), None, 0) => Outcome::Refused(reason),
        disagreement => panic!("client, log and application disagree: {disagreement:?}"),
    }
}

fn whoever_has_an_identity() -> Value {
    let policy = |name: &str, spec: Value| {
        json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": spec,
        })
    };
    let evil = rows::EVIL.trim_start_matches("spiffe://");
    let from = json!([{"source": {"principals": [evil]}}]);
    json!({"resources": [
        policy("whoever", json!({"rules": [{}]})),
        policy("evil", json!({"action": "DENY", "rules": [{"from": from}]})),
    ]})
}
