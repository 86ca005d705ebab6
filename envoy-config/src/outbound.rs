//! An outbound listener: from the application, over mutual TLS, to one peer.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::address::socket_address;
use crate::http_connection_manager::{self as hcm, Originating};
use crate::inbound::CONNECTION_BUFFER_BYTES;
use crate::{FilePath, LoopbackAddress, TlsSecrets, cluster, route};

/// One peer that the application calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The peer's short name: it names the listener, the cluster and the statistics.
    pub name: String,
    /// Where the application connects.
    pub listen: LoopbackAddress,
    /// Where the peer's inbound listener is.
    pub peer: SocketAddr,
    /// The SPIFFE ID that the peer's SVID must carry, compared as a whole and to the letter.
    pub spiffe_id: String,
}

impl Outbound {
    /// The listener.
    #[must_use]
    pub fn listener(&self, access_log: &FilePath) -> Value {
        let name = self.resource_name();
        let network_filter = hcm::originating(&Originating {
            stat_prefix: &name,
            route_config: route::everything_to(&name, &name),
            access_log,
        });
        json!({
            "name": name,
            "traffic_direction": "OUTBOUND",
            "address": socket_address(self.listen.socket_addr()),
            "per_connection_buffer_limit_bytes": CONNECTION_BUFFER_BYTES,
            "filter_chains": [{"filters": [network_filter]}],
        })
    }

    /// The cluster of the peer.
    #[must_use]
    pub fn cluster(&self, svid: &impl TlsSecrets) -> Value {
        cluster::mutual_tls(&self.resource_name(), self.peer, svid, &self.spiffe_id)
    }

    /// Apart from the inbound names, whatever the peer is called.
    fn resource_name(&self) -> String {
        format!("outbound-{}", self.name)
    }
}
