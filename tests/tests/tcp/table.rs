//! Tables of peers and what becomes of them, each configuration on a listener of its own.

use std::net::{Ipv4Addr, SocketAddr};

use rustls::pki_types::DnsName;
use serde_json::{Value, json};
use spiffe_authz_tests::envoy::client::{Connection, Opening};
use spiffe_authz_tests::envoy::echo::Echo;
use spiffe_authz_tests::envoy::guarded::FRONTEND;
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use spiffe_authz_tests::envoy::more_listeners::{ForPort, add_listeners};

pub const OTHER: &str = "spiffe://cluster.local/ns/shop/sa/other";
pub const BATCH: &str = "spiffe://cluster.local/ns/batch/sa/frontend";
pub const PARTNER: &str = "spiffe://partner.example/ns/shop/sa/frontend";

/// Who connects.
#[derive(Clone, Copy, Debug)]
pub enum Peer {
    Plaintext,
    /// With a certificate of this SPIFFE ID.
    Mtls(&'static str),
    /// As the frontend, from this address.
    From(Ipv4Addr),
    /// As the frontend, asking for this server name.
    AskingFor(&'static str),
}

/// Decision, cause, and the policy that decided.
pub type Verdict = (&'static str, &'static str, &'static str);

pub const ALLOWED: Verdict = ("allow", "matched-allow", "shop/allow");
pub const DENIED: Verdict = ("deny", "matched-deny", "shop/deny");
pub const NOT_ALLOWED: Verdict = ("deny", "no-matching-allow", "");
pub const MTLS_REQUIRED: Verdict = ("deny", "mtls-required", "");

/// A configuration, and what becomes of these peers under it.
pub type Row = (&'static str, ForPort, &'static [(Peer, Verdict)]);

/// Connects each peer, and holds what it sees against the access log, the application and the table.
pub async fn assert_verdicts(name: &str, rows: &[Row]) {
    let configurations: Vec<ForPort> = rows.iter().map(|(_, configuration, _)| *configuration).collect();
    let mut addresses = Vec::new();
    let change = |bootstrap: &mut Value, document: &mut Value| {
        addresses = add_listeners(bootstrap, document, &configurations).unwrap();
    };
    let nothing = json!({"resources": []});
    let application = Echo::start().await.unwrap();
    let guarded = GuardedTcp::start_changed(name, &nothing, application, change)
        .await
        .unwrap();
    let mut connections = 0;
    for ((claim, _, cases), address) in rows.iter().zip(addresses) {
        for (peer, expected) in *cases {
            connections += 1;
            let found = verdict(&guarded, address, *peer, connections).await;
            let expected = [expected.0, expected.1, expected.2];
            assert_eq!(found, expected, "{claim}: {peer:?}");
        }
    }
}

/// What the access log says of the connection, which must be what the peer and the application saw.
async fn verdict(guarded: &GuardedTcp, address: SocketAddr, peer: Peer, number: usize) -> [String; 3] {
    let sent = format!("connection {number}\n").into_bytes();
    let mut connection = Connection::open(address, opening(guarded, peer)).await.unwrap();
    let received = connection.exchange(&sent).await.unwrap();
    drop(connection);
    let log = guarded.access_log(number).await.unwrap();
    let line = &log[number - 1];
    let found = ["decision", "cause", "policy"].map(|key| line[key].as_str().unwrap_or_default().to_owned());
    let arrivals = guarded.application.arrivals_of(&sent);
    match found[0].as_str() {
        "allow" => assert_eq!((received, arrivals), (sent, 1), "{found:?}"),
        _ => assert_eq!((received, arrivals), (Vec::new(), 0), "{found:?}"),
    }
    found
}

fn opening(guarded: &GuardedTcp, peer: Peer) -> Opening {
    let certificate = |spiffe_id: &str| Some(guarded.identities.client(&[spiffe_id.to_owned()]).unwrap());
    let frontend = Opening {
        tls: certificate(FRONTEND),
        ..Opening::default()
    };
    match peer {
        Peer::Plaintext => Opening::default(),
        Peer::Mtls(spiffe_id) => Opening {
            tls: certificate(spiffe_id),
            ..Opening::default()
        },
        Peer::From(address) => Opening {
            from: Some(address),
            ..frontend
        },
        Peer::AskingFor(name) => Opening {
            server_name: Some(DnsName::try_from(name).unwrap()),
            ..frontend
        },
    }
}

/// The policy `shop/allow` or `shop/deny` with these rules.
pub fn policy(action: &str, rules: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": action.to_lowercase(), "namespace": "shop"},
        "spec": {"action": action, "rules": rules},
    })
}

pub fn resources(resources: impl IntoIterator<Item = Value>) -> Value {
    json!({"resources": resources.into_iter().collect::<Value>()})
}
