//! [`Waypoint`]: mTLS ends on an outer listener, and the filter stands on an internal one behind it.

use std::net::SocketAddr;

use serde_json::{Value, json};
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::http_connection_manager::Guarded;
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, InboundTransport, LoopbackAddress, address,
    admin, cluster, handed_on, http_connection_manager, http_filters, internal_listener, route, stats,
};

use crate::envoy::access_lines::access_lines;
use crate::envoy::client::{Connection, Opening};
use crate::envoy::identities::Identities;
use crate::envoy::running::RunningEnvoy;
use crate::envoy::tripwire::Tripwire;
use crate::scratch::Scratch;
use crate::workspace;

const APPLICATION: &str = "application";

/// An Envoy with pairs of listeners, one for each door.
pub struct Waypoint {
    /// Envoy. Declared first, so that it ends before its files go.
    pub envoy: RunningEnvoy,
    /// The application behind it.
    pub application: Tripwire,
    /// The certificates.
    pub identities: Identities,
    doors: Vec<SocketAddr>,
    access_log: FilePath,
    _scratch: Scratch,
}

/// A pair of listeners.
#[derive(Clone, Debug)]
pub struct Door {
    /// How the outer listener reaches the internal one.
    pub hop: Hop,
    /// The plugin configuration on the internal listener.
    pub configuration: Value,
    /// What is changed of the outer listener's first filter, the one that hands the peer on.
    pub change: fn(&mut Value),
}

/// How the outer listener reaches the internal one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hop {
    /// The bytes of the connection.
    Bytes,
    /// The bytes behind a CONNECT, as ambient meshes do it.
    Connect,
    /// There is no internal listener: the filter stands on the outer one, which still writes the filter state.
    None,
}

impl Waypoint {
    /// Starts the Envoy.
    ///
    /// # Errors
    /// When anything does not start.
    pub async fn start(name: &str, doors: &[Door]) -> Result<Self, String> {
        let scratch = Scratch::new(name)?;
        let identities = Identities::new(&scratch)?;
        let application = Tripwire::start().await?;
        let addresses = free_loopback_addresses(doors.len() + 1).map_err(|error| error.to_string())?;
        let (admin, addresses) = addresses.split_first().ok_or("no port for the admin interface")?;
        let plan = Plan {
            identities: &identities,
            application: application.address(),
            wasm: FilePath::new(workspace::filter_wasm()?).map_err(|error| error.to_string())?,
            access_log: scratch.file("access.jsonl")?,
        };
        let bootstrap = plan.bootstrap(*admin, addresses.iter().copied().zip(doors))?;
        let envoy = RunningEnvoy::start(&scratch, &bootstrap, *admin).await?;
        Ok(Self {
            envoy,
            access_log: plan.access_log,
            application,
            identities,
            doors: addresses.to_vec(),
            _scratch: scratch,
        })
    }

    /// Opens a connection to a door, in plaintext or with a certificate of these URI SANs.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn connect(&self, door: usize, uri_sans: Option<&[&str]>) -> Result<Connection, String> {
        let client = |uri_sans: &[&str]| {
            let uri_sans: Vec<String> = uri_sans.iter().map(|&uri_san| uri_san.to_owned()).collect();
            self.identities.client(&uri_sans)
        };
        let opening = Opening {
            tls: uri_sans.map(client).transpose()?,
            ..Opening::default()
        };
        Connection::open(self.doors[door], opening).await
    }

    /// The lines of the access log once there are at least as many.
    ///
    /// # Errors
    /// When it takes too long or a line is no JSON.
    pub async fn access_log(&self, lines: usize) -> Result<Vec<Value>, String> {
        access_lines(&self.access_log, lines).await
    }
}

struct Plan<'a> {
    identities: &'a Identities,
    application: SocketAddr,
    wasm: FilePath,
    access_log: FilePath,
}

impl Plan<'_> {
    fn bootstrap<'d>(
        &self,
        admin: SocketAddr,
        doors: impl Iterator<Item = (SocketAddr, &'d Door)>,
    ) -> Result<Value, String> {
        let admin = LoopbackAddress::try_from(admin).map_err(|error| error.to_string())?;
        let mut clusters = vec![cluster::plaintext(APPLICATION, self.application)];
        let mut listeners = Vec::new();
        for (number, (listen, door)) in doors.enumerate() {
            let name = format!("main_internal_{number}");
            let guarded = self.guarded(&name, &door.configuration);
            listeners.push(self.outer(&name, listen, door, &guarded));
            if door.hop != Hop::None {
                clusters.push(internal_listener::cluster(&name));
                listeners.push(internal_listener::listener(&name, &[guarded]));
            }
        }
        Ok(json!({
            "node": {"id": "waypoint", "cluster": "waypoint"},
            "admin": admin::admin(admin),
            "stats_config": stats::stats_config(),
            "bootstrap_extensions": [internal_listener::bootstrap_extension()],
            "static_resources": {"listeners": listeners, "clusters": clusters},
        }))
    }

    /// The connection manager with the filter and the interlock.
    fn guarded(&self, name: &str, configuration: &Value) -> Value {
        let filter = FilterModule {
            wasm: self.wasm.clone(),
            source: FilterSource::Inline(configuration.clone()),
        };
        let mut manager = http_connection_manager::guarded(&Guarded {
            stat_prefix: name,
            route_config: route::everything_to(name, APPLICATION),
            http_filters: http_filters::guarded(&filter),
            access_log: &self.access_log,
        });
        let settings = &mut manager["typed_config"];
        log_peer_principal(&mut settings["access_log"]);
        // A header by the name of the filter state reaches the filter.
        settings["common_http_protocol_options"]["headers_with_underscores_action"] = json!("ALLOW");
        manager
    }

    fn outer(&self, internal: &str, listen: SocketAddr, door: &Door, guarded: &Value) -> Value {
        let transport = InboundTransport::Permissive;
        let mut hands_on = handed_on::network_filter();
        (door.change)(&mut hands_on["typed_config"]);
        let way_on = match door.hop {
            Hop::Bytes => tcp_proxy(internal),
            Hop::Connect => connect_terminator(internal),
            Hop::None => guarded.clone(),
        };
        let svid = self.identities.paths();
        json!({
            "name": format!("outer_{internal}"),
            // Another Envoy on this machine must not share the port.
            "enable_reuse_port": false,
            "address": address::socket_address(listen),
            "listener_filters": transport.listener_filters(),
            "filter_chains": transport.filter_chains(svid, ApplicationProtocol::Http, &[hands_on, way_on]),
        })
    }
}

/// Adds to the shipped lines what was handed on.
fn log_peer_principal(access_logs: &mut Value) {
    let fields = &mut access_logs[0]["typed_config"]["log_format"]["json_format"];
    fields["peer_principal"] = json!(format!("%FILTER_STATE({}:PLAIN)%", handed_on::PEER_PRINCIPAL_KEY));
}

fn tcp_proxy(cluster: &str) -> Value {
    json!({
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": cluster,
            "cluster": cluster,
            "upstream_connect_mode": "ON_DOWNSTREAM_TLS_HANDSHAKE",
            "max_early_data_bytes": 0,
        },
    })
}

fn connect_terminator(cluster: &str) -> Value {
    let route = json!({
        "match": {"connect_matcher": {}},
        "route": {"cluster": cluster, "upgrade_configs": [{"upgrade_type": "CONNECT", "connect_config": {}}]},
    });
    let virtual_host = json!({"name": cluster, "domains": ["*"], "routes": [route]});
    json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": cluster,
            "route_config": {"name": cluster, "virtual_hosts": [virtual_host]},
            "http_filters": [http_filters::router()],
            "upgrade_configs": [{"upgrade_type": "CONNECT"}],
        },
    })
}
