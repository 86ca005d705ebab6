//! The certificates of scripts over mTLS: the same on both sides.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use spiffe_authz_host_sim::{Connection, LocalCertificate, PeerCertificate};
use spiffe_authz_pki::{DevelopmentCa, IssuedLeaf, LeafRequest};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::envoy::identities::{SERVER_NAME, client_config};

const SERVER_ID: &str = "spiffe://cluster.local/ns/shop/sa/orders";
const CLIENT_ID: &str = "spiffe://cluster.local/ns/shop/sa/frontend";
const CLIENT_NAMES: [&str; 2] = ["frontend.shop", "frontend.shop.svc"];

struct Identities {
    bundle: String,
    server: IssuedLeaf,
    client: IssuedLeaf,
}

fn identities() -> Result<&'static Identities, String> {
    static IDENTITIES: OnceLock<Result<Identities, String>> = OnceLock::new();
    IDENTITIES.get_or_init(issue).as_ref().map_err(String::clone)
}

fn issue() -> Result<Identities, String> {
    let authority = DevelopmentCa::new("cluster.local").map_err(|error| error.to_string())?;
    let leaf = |id, names: &[&str]| {
        let dns_sans = names.iter().map(|name| (*name).to_owned()).collect();
        let request = LeafRequest {
            dns_sans,
            ..LeafRequest::svid(id)
        };
        authority.issue(&request).map_err(|error| error.to_string())
    };
    Ok(Identities {
        bundle: authority.certificate_pem().to_owned(),
        server: leaf(SERVER_ID, &[SERVER_NAME])?,
        client: leaf(CLIENT_ID, &CLIENT_NAMES)?,
    })
}

/// The transport socket of a listener that asks for a certificate.
pub(crate) fn transport_socket() -> Result<Value, String> {
    let Identities { bundle, server, .. } = identities()?;
    let certificate = json!({
        "certificate_chain": {"inline_string": server.certificate_pem},
        "private_key": {"inline_string": server.private_key_pem},
    });
    Ok(json!({"name": "tls", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "require_client_certificate": true,
        "common_tls_context": {
            "tls_certificates": [certificate],
            "validation_context": {"trusted_ca": {"inline_string": bundle}},
        },
    }}))
}

/// A client's handshake.
pub(crate) async fn connect(stream: TcpStream) -> Result<TlsStream<TcpStream>, String> {
    let Identities { bundle, client, .. } = identities()?;
    let config = client_config(bundle, client).map_err(|error| error.to_string())?;
    let name = ServerName::try_from(SERVER_NAME).map_err(|error| error.to_string())?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| error.to_string())
}

/// Such a connection for host-sim, from and to this address.
pub(crate) fn simulated(address: SocketAddr) -> Result<Connection, String> {
    let Identities { server, client, .. } = identities()?;
    let peer = PeerCertificate::from_pem(&client.certificate_pem).map_err(|error| error.to_string())?;
    let local = LocalCertificate::from_pem(&server.certificate_pem).map_err(|error| error.to_string())?;
    let connection = Connection::mtls(address, address, peer);
    Ok(connection
        .with_local_certificate(local)
        .with_server_name(SERVER_NAME))
}
