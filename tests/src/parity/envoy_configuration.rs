//! The bootstrap, and the listener of one script.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::parity::script::{Protocol, Script};

/// The cluster behind a listener for HTTP/1.1, HTTP/2 and TCP.
pub(crate) const UPSTREAMS: [&str; 3] = ["upstream_http1", "upstream_http2", "upstream_tcp"];
/// The clusters for calls of the plugin: HTTP/1.1 and gRPC.
pub(crate) const CALLS: [&str; 2] = ["calls", "grpc"];

const HCM: &str = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// Where everything is.
pub(crate) struct Places<'p> {
    pub(crate) admin: SocketAddr,
    /// A listener without a plugin, on the same thread as all others.
    pub(crate) barrier: SocketAddr,
    /// Of [`UPSTREAMS`].
    pub(crate) upstreams: [SocketAddr; 3],
    /// Of [`CALLS`].
    pub(crate) calls: [SocketAddr; 2],
    pub(crate) listeners: &'p Path,
}

/// The bootstrap.
pub(crate) fn bootstrap(places: &Places<'_>) -> Value {
    let [http1, http2, tcp] = UPSTREAMS;
    let [calls, grpc] = CALLS;
    let clusters = [
        cluster(http1, places.upstreams[0], Protocol::Http1),
        cluster(http2, places.upstreams[1], Protocol::Http2),
        cluster(tcp, places.upstreams[2], Protocol::Tcp),
        cluster(calls, places.calls[0], Protocol::Http1),
        cluster(grpc, places.calls[1], Protocol::Http2),
    ];
    json!({
        "node": {"id": "parity", "cluster": "parity"},
        "admin": {"address": address(places.admin)},
        "stats_flush_on_admin": true,
        "dynamic_resources": {"lds_config": {
            "resource_api_version": "V3",
            "path_config_source": {"path": places.listeners},
        }},
        "static_resources": {"clusters": clusters, "listeners": [barrier(places.barrier)]},
    })
}

/// The document of the file that Envoy watches, with this listener alone.
pub(crate) fn listeners(listener: Option<Value>, version: usize) -> Value {
    let resources: Vec<Value> = listener
        .into_iter()
        .map(|mut listener| {
            listener["@type"] = json!(any("envoy.config.listener.v3.Listener"));
            listener
        })
        .collect();
    json!({"version_info": version.to_string(), "resources": resources})
}

/// What the listener of a script must know besides.
pub(crate) struct ListenerFiles<'f> {
    pub(crate) listen: SocketAddr,
    pub(crate) wasm: &'f Path,
    pub(crate) access_log: &'f Path,
    /// A downstream transport socket.
    pub(crate) transport_socket: Option<Value>,
}

/// The listener of a script: the plugin, and then the upstream.
pub(crate) fn listener(script: &Script, files: &ListenerFiles<'_>) -> Value {
    let filters = match script.protocol {
        Protocol::Http1 | Protocol::Http2 => json!([connection_manager(script, files)]),
        Protocol::Tcp => json!([network_filter(script, files), tcp_proxy(script, files)]),
    };
    let mut chain = json!({"filters": filters});
    if let Some(socket) = &files.transport_socket {
        chain["transport_socket"] = socket.clone();
    }
    // It is what reads the server name that a client asks for.
    let inspector = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";
    let inspector = json!({"name": "tls_inspector", "typed_config": {"@type": any(inspector)}});
    let listener_filters: Vec<Value> = files.transport_socket.iter().map(|_| inspector.clone()).collect();
    json!({
        "name": script.name,
        "enable_reuse_port": false,
        "address": address(files.listen),
        "listener_filters": listener_filters,
        "filter_chains": [chain],
    })
}

fn connection_manager(script: &Script, files: &ListenerFiles<'_>) -> Value {
    let (cluster, codec) = match script.protocol {
        Protocol::Http2 => (UPSTREAMS[1], "HTTP2"),
        Protocol::Http1 | Protocol::Tcp => (UPSTREAMS[0], "HTTP1"),
    };
    json!({"name": "hcm", "typed_config": {
        "@type": any(HCM),
        "stat_prefix": script.name,
        "codec_type": codec,
        "http_protocol_options": {"enable_trailers": true, "allow_custom_methods": true},
        "route_config": {"name": "parity", "virtual_hosts": [{
            "name": "all", "domains": ["*"],
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": "0s"}}],
        }]},
        "http_filters": http_filters(script, files),
        "access_log": [access_log(script, files)],
        // What Envoy adds to messages differs from run to run, and is none of the plugin's business.
        "generate_request_id": false,
        "server_header_transformation": "PASS_THROUGH",
        "use_remote_address": false,
        "skip_xff_append": true,
    }})
}

fn router() -> Value {
    json!({"name": "router", "typed_config": {
        "@type": any("envoy.extensions.filters.http.router.v3.Router"),
        "suppress_envoy_headers": true,
    }})
}

fn tcp_proxy(script: &Script, files: &ListenerFiles<'_>) -> Value {
    json!({"name": "tcp_proxy", "typed_config": {
        "@type": any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
        "stat_prefix": script.name,
        "cluster": UPSTREAMS[2],
        "access_log": [access_log(script, files)],
    }})
}

fn http_filters(script: &Script, files: &ListenerFiles<'_>) -> Vec<Value> {
    let mut filters = vec![http_filter("plugin", plugin(script, files))];
    if let Some(second) = &script.second {
        let mut config = plugin(script, files);
        config["root_id"] = json!(second.root_id);
        config["configuration"] = text(&second.plugin_configuration());
        filters.push(http_filter("second", config));
    }
    filters.push(router());
    filters
}

fn http_filter(name: &str, config: Value) -> Value {
    json!({"name": name, "typed_config": {
        "@type": any("envoy.extensions.filters.http.wasm.v3.Wasm"),
        "config": config,
    }})
}

fn network_filter(script: &Script, files: &ListenerFiles<'_>) -> Value {
    json!({"name": "plugin", "typed_config": {
        "@type": any("envoy.extensions.filters.network.wasm.v3.Wasm"),
        "config": plugin(script, files),
    }})
}

fn plugin(script: &Script, files: &ListenerFiles<'_>) -> Value {
    let mut plugin = json!({
        "name": script.name,
        "root_id": script.root_id.as_ref().unwrap_or(&script.name),
        "configuration": text(&script.plugin_configuration()),
        "vm_config": {
            "vm_id": script.name,
            "runtime": "envoy.wasm.runtime.v8",
            "configuration": text(&script.vm_configuration()),
            "code": {"local": {"filename": files.wasm}},
            "environment_variables": {"key_values": script.environment},
        },
    });
    match script.failure_policy.word() {
        Some(word) => plugin["failure_policy"] = json!(word),
        None => plugin["fail_open"] = json!(true),
    }
    if let Some(milliseconds) = script.reload_interval {
        let seconds = format!("{}.{:03}s", milliseconds / 1000, milliseconds % 1000);
        plugin["reload_config"] = json!({"backoff": {"base_interval": seconds}});
    }
    plugin
}

/// A line for each stream: its details and the filter state that the script shows.
fn access_log(script: &Script, files: &ListenerFiles<'_>) -> Value {
    let state = |key: &String| (key.clone(), json!(format!("%FILTER_STATE({key}:PLAIN)%")));
    let mut format: serde_json::Map<String, Value> = script.filter_state.iter().map(state).collect();
    format.insert("port".to_owned(), json!("%DOWNSTREAM_REMOTE_PORT%"));
    format.insert("details".to_owned(), json!("%RESPONSE_CODE_DETAILS%"));
    json!({"name": "file", "typed_config": {
        "@type": any("envoy.extensions.access_loggers.file.v3.FileAccessLog"),
        "path": files.access_log,
        "log_format": {"json_format": format},
    }})
}

fn barrier(listen: SocketAddr) -> Value {
    let manager = json!({
        "@type": any(HCM),
        "stat_prefix": "barrier",
        "route_config": {"name": "barrier", "virtual_hosts": [{
            "name": "all", "domains": ["*"],
            "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}],
        }]},
        "http_filters": [router()],
    });
    json!({
        "name": "barrier",
        "enable_reuse_port": false,
        "address": address(listen),
        "filter_chains": [{"filters": [{"name": "hcm", "typed_config": manager}]}],
    })
}

fn cluster(name: &str, at: SocketAddr, protocol: Protocol) -> Value {
    let endpoint = json!({"endpoint": {"address": address(at)}});
    let mut cluster = json!({
        "name": name,
        "type": "STATIC",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    });
    let options = match protocol {
        Protocol::Http1 => json!({"http_protocol_options": {"enable_trailers": true}}),
        Protocol::Http2 => json!({"http2_protocol_options": {}}),
        Protocol::Tcp => return cluster,
    };
    let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let options = json!({"@type": any(name), "explicit_http_config": options});
    cluster["typed_extension_protocol_options"] = json!({name: options});
    cluster
}

fn text(text: &str) -> Value {
    json!({"@type": any("google.protobuf.StringValue"), "value": text})
}

fn address(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}})
}

fn any(name: &str) -> String {
    format!("type.googleapis.com/{name}")
}
