//! The two listeners of a configuration: what is the same in front of both, and the filters of each side.

use std::net::SocketAddr;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, InboundTransport, SvidPaths, address,
    direct_address, http_filters,
};

use crate::native_rbac::round::Round;

/// The header with `%RESPONSE_CODE_DETAILS%`.
pub(super) const DETAILS_HEADER: &str = "x-report-details";

/// Where the two sides of a round listen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    pub(super) filter: SocketAddr,
    pub(super) native: SocketAddr,
}

/// Both listeners.
pub(super) fn listeners(
    round: &Round,
    addresses: Addresses,
    svid: &SvidPaths,
    wasm: &FilePath,
) -> [Value; 2] {
    let module = FilterModule {
        wasm: wasm.clone(),
        source: FilterSource::Inline(round.configuration.clone()),
    };
    let metadata = round.metadata.http_filter();
    let in_front = |filters: Vec<Value>| metadata.iter().cloned().chain(filters).collect();
    let native = round
        .native
        .http_filters
        .iter()
        .cloned()
        .chain([http_filters::router()]);
    [
        listener(addresses.filter, svid, in_front(http_filters::guarded(&module))),
        listener(addresses.native, svid, in_front(native.collect())),
    ]
}

fn listener(listen: SocketAddr, svid: &SvidPaths, http_filters: Vec<Value>) -> Value {
    let name = format!("listener-{}", listen.port());
    let transport = InboundTransport::Permissive;
    let network_filters = [
        direct_address::network_filter(),
        connection_manager(&name, http_filters),
    ];
    let proxy_protocol = json!({
        "name": "proxy_protocol",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
        },
    });
    let listener_filters: Vec<Value> = [proxy_protocol]
        .into_iter()
        .chain(transport.listener_filters())
        .collect();
    json!({
        "name": name,
        "traffic_direction": "INBOUND",
        // No other Envoy of this machine may share the port.
        "enable_reuse_port": false,
        "address": address::socket_address(listen),
        "listener_filters": listener_filters,
        "filter_chains": transport.filter_chains(svid, ApplicationProtocol::Http, &network_filters),
    })
}

/// A request comes to the filters as it was sent, and one that passes them is answered by the route itself.
fn connection_manager(name: &str, http_filters: Vec<Value>) -> Value {
    json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": name,
            "use_remote_address": true,
            "internal_address_config": {"cidr_ranges": [{"address_prefix": "0.0.0.0", "prefix_len": 32}]},
            "normalize_path": false,
            "merge_slashes": false,
            "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
            "http_protocol_options": {"allow_custom_methods": true},
            "http_filters": http_filters,
            "route_config": {"name": name, "virtual_hosts": [{
                "name": "any",
                "domains": ["*"],
                "routes": [{"match": {"prefix": ""}, "direct_response": {"status": 200}}],
            }]},
            "local_reply_config": report_details(),
        },
    })
}

fn report_details() -> Value {
    let any_status = json!({"status_code_filter": {"comparison": {
        "op": "GE",
        "value": {"default_value": 0, "runtime_key": "spiffe_authz_tests.any_status"},
    }}});
    let header = json!({"header": {"key": DETAILS_HEADER, "value": "%RESPONSE_CODE_DETAILS%"}});
    json!({"mappers": [{"filter": any_status, "headers_to_add": [header]}]})
}
