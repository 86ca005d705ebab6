//! The workload `shop/orders` and its sidecar, as the tests deploy it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, Inbound, InboundTransport, LoopbackAddress,
    Node, Sidecar,
};

use crate::envoy::identities::Identities;
use crate::scratch::Scratch;
use crate::workspace;

/// Where the sidecar listens, and where its application does.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Envoy's admin interface.
    pub admin: SocketAddr,
    /// Where peers connect.
    pub inbound: SocketAddr,
    /// The application.
    pub application: SocketAddr,
}

/// The sidecar with the built filter and without outbound listeners; its files lie in `scratch`.
///
/// # Errors
/// When the filter is not built or a path is no text.
pub fn sidecar(
    scratch: &Scratch,
    identities: &Identities,
    addresses: Addresses,
    transport: InboundTransport,
    source: FilterSource,
) -> Result<Sidecar, String> {
    let loopback =
        |address: SocketAddr| LoopbackAddress::try_from(address).map_err(|error| error.to_string());
    Ok(Sidecar {
        node: node(),
        admin: loopback(addresses.admin)?,
        metrics: None,
        inbound: Inbound {
            listen: addresses.inbound,
            application: loopback(addresses.application)?,
            protocol: ApplicationProtocol::Http,
            transport,
        },
        outbound: Vec::new(),
        svid: identities.paths().clone().into(),
        filter: FilterModule {
            wasm: FilePath::new(workspace::filter_wasm()?).map_err(|error| error.to_string())?,
            source,
        },
        access_log: scratch.file("access.jsonl")?,
    })
}

/// The plugin configurations of these tests name no workload: it comes from here.
fn node() -> Node {
    Node {
        id: "orders-1".to_owned(),
        cluster: "orders".to_owned(),
        namespace: "shop".to_owned(),
        labels: BTreeMap::from([("app".to_owned(), "orders".to_owned())]),
    }
}
