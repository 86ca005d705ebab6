//! All rows on one Envoy, under one configuration after the other.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::client::Opening;
use spiffe_authz_tests::envoy::guarded::Guarded;
use spiffe_authz_tests::envoy::identities::Validator;
use spiffe_authz_tests::envoy::tripwire::CASE_HEADER;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::leaf::{Leaf, of, svid};
use crate::row::{Outcome, Row};
use crate::rows;

const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);
/// A workload that is denied under `required: uri` alone, by which one sees that it is in force.
const PROBE: &str = "spiffe://cluster.local/ns/shop/sa/probe";

/// What a client saw.
type Seen = Result<u16, String>;

/// Every row, as the certificate is asked for whole, and once more as the URI SAN alone would do: what Envoy shows is judged
/// whole in any case.
pub(crate) async fn assert_outcomes(validator: Validator, expected: fn(&Row) -> &Outcome) {
    let name = format!("certificate-matrix-{validator:?}");
    let full = whoever_has_an_identity(&json!({"required": "full"}));
    let guarded = Guarded::start_checked_by(validator, &name, &full, |_, _| ())
        .await
        .unwrap();
    let rows = rows::all();
    let mut table = Table::new(&guarded);
    table.assert(&rows, expected).await;
    let uri = json!({"required": "uri", "denied": {"spiffeIds": [PROBE]}});
    guarded.configure(&whoever_has_an_identity(&uri)).unwrap();
    table.until_the_probe_is_denied().await;
    table.assert(&rows, expected).await;
}

/// The attempts on one Envoy, each with a number of its own.
struct Table<'g> {
    guarded: &'g Guarded,
    attempts: usize,
}

impl<'g> Table<'g> {
    fn new(guarded: &'g Guarded) -> Self {
        Self { guarded, attempts: 0 }
    }

    /// Every row once, with a good SVID before the first and behind the last.
    async fn assert(&mut self, rows: &[Row], expected: fn(&Row) -> &Outcome) {
        let control = "a good SVID is allowed";
        assert_eq!(self.attempt(&svid()).await, Ok(200), "{control} before the rows");
        let first = self.attempts;
        let mut seen = Vec::new();
        for row in rows {
            seen.push(self.attempt(&row.leaf).await);
        }
        assert_eq!(self.attempt(&svid()).await, Ok(200), "{control} behind the rows");
        let log = by_attempt(&self.guarded.access_log(self.attempts).await.unwrap());
        let mut wrong = Vec::new();
        for (index, (row, seen)) in rows.iter().zip(&seen).enumerate() {
            let found = self.outcome(seen, &log, first + index);
            if !expected(row).covers(&found) {
                wrong.push(format!("{}: expected {}, found {found}", row.name, expected(row)));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} rows are wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }

    /// One connection with this certificate, from an address of its own, and one request.
    async fn attempt(&mut self, leaf: &Leaf) -> Seen {
        let number = self.attempts;
        self.attempts += 1;
        let identities = &self.guarded.identities;
        let config = identities.present(&leaf.issue(identities)).unwrap();
        let opening = Opening {
            from: Some(address(number)),
            tls: Some(TlsConnector::from(Arc::new(config))),
            ..Opening::default()
        };
        let request = HttpRequest::new("GET", "/orders").with_header(CASE_HEADER, number.to_string());
        let mut connection = self.guarded.open(opening).await?;
        connection.send(&request).await.map(|response| response.status)
    }

    /// Several times, because each of Envoy's threads takes a configuration by itself.
    async fn until_the_probe_is_denied(&mut self) {
        let waiting = async {
            let mut denied = 0;
            while denied < 4 {
                match self.attempt(&of(PROBE)).await {
                    Ok(403) => denied += 1,
                    _ => sleep(POLL).await,
                }
            }
        };
        timeout(PATIENCE, waiting).await.expect("the probe is denied");
    }

    /// What client, log and application say together; they must agree.
    fn outcome(&self, seen: &Seen, log: &HashMap<usize, Value>, number: usize) -> Outcome {
        let text = |field: &str| log[&number][field].as_str().map(str::to_owned);
        let arrivals = self.guarded.application.arrivals_of(&number.to_string());
        match (seen, text("handshake_failure"), text("cause"), arrivals) {
            (Ok(200), None, Some(_), 1) => Outcome::Allowed,
            (Ok(403), None, Some(cause), 0) => Outcome::Denied(cause),
            (Err(_), Some(reason), None, 0) => Outcome::Refused(reason),
            disagreement => panic!("client, log and application disagree: {disagreement:?}"),
        }
    }
}

/// 127.1.0.0 and on.
fn address(attempt: usize) -> Ipv4Addr {
    let [high, low] = u16::try_from(attempt).unwrap().to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// The one line of each attempt.
fn by_attempt(log: &[Value]) -> HashMap<usize, Value> {
    let mut lines = HashMap::new();
    for line in log {
        let peer = line["peer_address"].as_str().unwrap();
        let (ip, _) = peer.rsplit_once(':').unwrap();
        let [_, _, high, low] = ip.parse::<Ipv4Addr>().unwrap().octets();
        let number = usize::from(u16::from_be_bytes([high, low]));
        assert_eq!(
            lines.insert(number, line.clone()),
            None,
            "two lines of attempt {number}"
        );
    }
    lines
}

/// Whoever has an identity may do anything, but for one workload.
fn whoever_has_an_identity(svid: &Value) -> Value {
    let policy = |name: &str, spec: Value| {
        json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": spec,
        })
    };
    let from = json!([{"source": {"principals": [rows::EVIL]}}]);
    json!({
        "svid": svid,
        "resources": [
            policy("whoever", json!({"rules": [{}]})),
            policy("evil", json!({"action": "DENY", "rules": [{"from": from}]})),
        ],
    })
}
