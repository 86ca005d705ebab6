//! The inbound listener: from a peer, through the guard, to the application.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::address::socket_address;
use crate::http_connection_manager::Guarded;
use crate::tcp_proxy::GuardedTcp;
use crate::{
    ApplicationProtocol, FilePath, FilterModule, LoopbackAddress, TlsSecrets, access_log, cluster,
    http_filters, network_filters, route, tls,
};

/// The name of the listener and its route, and the prefix of its statistics.
const LISTENER: &str = "inbound";
/// The cluster behind the inbound listener.
const APPLICATION: &str = "application";
/// The name of the filter chain with TLS.
const MUTUAL_TLS: &str = "mutual-tls";
/// A peer that opens a connection and never finishes the handshake may hold it for this long.
const HANDSHAKE_TIMEOUT: &str = "10s";
/// The TLS inspector waits this long for the first bytes of a permissive connection.
const FIRST_BYTES_TIMEOUT: &str = "10s";
/// What a connection may buffer before Envoy stops reading from it.
pub(crate) const CONNECTION_BUFFER_BYTES: u32 = 32_768;

/// What peers reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Where peers connect.
    pub listen: SocketAddr,
    /// The application behind the sidecar.
    pub application: LoopbackAddress,
    /// What the application speaks.
    pub protocol: ApplicationProtocol,
    /// Whether plaintext reaches the filter at all.
    pub transport: InboundTransport,
}

/// Which connections the listener takes. What may pass is for the filter to say in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboundTransport {
    /// Mutual TLS alone: one filter chain, and without a client certificate no handshake.
    Strict,
    /// Mutual TLS, and beside it plaintext, told apart by the first bytes. For migration: it is the filter's
    /// PeerAuthentication that refuses plaintext then.
    Permissive,
}

impl Inbound {
    /// The listener.
    #[must_use]
    pub fn listener(&self, svid: &impl TlsSecrets, filter: &FilterModule, access_log: &FilePath) -> Value {
        let network_filters = guarded_network_filters(self.protocol, filter, access_log);
        json!({
            "name": LISTENER,
            "traffic_direction": "INBOUND",
            "address": socket_address(self.listen),
            "per_connection_buffer_limit_bytes": CONNECTION_BUFFER_BYTES,
            "access_log": [access_log::failed_handshakes(access_log, MUTUAL_TLS)],
            "listener_filters": self.transport.listener_filters(),
            "listener_filters_timeout": FIRST_BYTES_TIMEOUT,
            "filter_chains": self.transport.filter_chains(svid, self.protocol, &network_filters),
        })
    }

    /// The cluster of the application.
    #[must_use]
    pub fn cluster(&self) -> Value {
        let address = self.application.socket_addr();
        match self.protocol {
            ApplicationProtocol::Http | ApplicationProtocol::Tcp => cluster::plaintext(APPLICATION, address),
            ApplicationProtocol::Http2 => cluster::plaintext_http2(APPLICATION, address),
        }
    }
}

impl InboundTransport {
    /// The TLS inspector where two kinds of connections have to be told apart.
    #[must_use]
    pub fn listener_filters(self) -> Vec<Value> {
        match self {
            Self::Strict => Vec::new(),
            Self::Permissive => vec![tls::inspector()],
        }
    }

    /// The filter chains around the same network filters: no transport has a way around the guard.
    #[must_use]
    pub fn filter_chains(
        self,
        svid: &impl TlsSecrets,
        protocol: ApplicationProtocol,
        network_filters: &[Value],
    ) -> Vec<Value> {
        let tls = tls::downstream(svid, protocol);
        let mutual_tls = mutual_tls_chain(&tls, network_filters, &self.mutual_tls_match());
        match self {
            Self::Strict => vec![mutual_tls],
            Self::Permissive => vec![mutual_tls, plaintext_chain(network_filters)],
        }
    }

    /// A strict listener has no other chain, so whatever connects must speak TLS.
    fn mutual_tls_match(self) -> Value {
        match self {
            Self::Strict => json!({}),
            Self::Permissive => json!({"transport_protocol": "tls"}),
        }
    }
}

fn guarded_network_filters(
    protocol: ApplicationProtocol,
    filter: &FilterModule,
    access_log: &FilePath,
) -> Vec<Value> {
    match protocol {
        ApplicationProtocol::Http | ApplicationProtocol::Http2 => network_filters::guarded_http(&Guarded {
            stat_prefix: LISTENER,
            route_config: route::everything_to(LISTENER, APPLICATION),
            http_filters: http_filters::guarded(filter),
            access_log,
        }),
        ApplicationProtocol::Tcp => network_filters::guarded_tcp(
            filter,
            &GuardedTcp {
                stat_prefix: LISTENER,
                cluster: APPLICATION,
                access_log,
            },
        ),
    }
}

fn mutual_tls_chain(transport_socket: &Value, network_filters: &[Value], chain_match: &Value) -> Value {
    json!({
        "name": MUTUAL_TLS,
        "filter_chain_match": chain_match,
        "transport_socket": transport_socket,
        "transport_socket_connect_timeout": HANDSHAKE_TIMEOUT,
        "filters": network_filters,
    })
}

fn plaintext_chain(network_filters: &[Value]) -> Value {
    json!({
        "name": "plaintext",
        "filter_chain_match": {"transport_protocol": "raw_buffer"},
        "filters": network_filters,
    })
}
