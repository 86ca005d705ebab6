//! [`Measured`]: what the requests of one distribution cost at one number of rules.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::LazyLock;

use serde_json::Value;
use spiffe_authz_bench::documents::{Asked, Distribution, configuration, requests};
use spiffe_authz_envoy_config::direct_address;
use spiffe_authz_host_sim::{Connection, Limits, Module, Plugin, PluginSetup, Properties, Simulator};
use spiffe_authz_policy::RequestDocument;
use spiffe_authz_tests::engines::simulated_connection::SimulatedConnections;
use spiffe_authz_tests::{dynamic_metadata, workspace};

use crate::cost::Cost;

const PROFILE: &str = "zero-trust";
/// Half of them match; of the four that do, two match an odd rule at every size, so that a mixture stays the same.
const REQUESTS: usize = 8;
/// The third request on a connection stands for all that follow.
const REQUESTS_BEFORE: usize = 2;
/// What a start at 100,000 rules takes, and more.
const FUEL_OF_A_START: u64 = 60_000_000_000;

/// What a client and the proxies in front send beside what rules read, so that a request has about 16 lines.
const USUAL_HEADERS: [(&str, &str); 12] = [
    (":scheme", "https"),
    ("user-agent", "orders-client/1.4 (linux; x86_64)"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip, br"),
    ("content-type", "application/json"),
    ("authorization", "Bearer 0123456789abcdef0123456789abcdef"),
    ("cookie", "session=0123456789abcdef; theme=dark"),
    (
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-for", "203.0.113.9"),
    ("x-request-id", "8f3b6c1e-0b0a-4a55-b1de-0123456789ab"),
    ("x-envoy-expected-rq-timeout-ms", "15000"),
];

/// Compiled once.
static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let wasm = std::fs::read(workspace::filter_wasm().unwrap()).unwrap();
    let limits = Limits {
        fuel_per_callback: FUEL_OF_A_START,
        ..Limits::default()
    };
    Simulator::new(limits).unwrap().module(&wasm).unwrap()
});

static CONNECTIONS: LazyLock<SimulatedConnections> = LazyLock::new(SimulatedConnections::default);

/// The filter with this configuration.
pub fn filter(configuration: &Value) -> Plugin {
    let setup = PluginSetup {
        plugin_configuration: configuration.to_string().into_bytes(),
        ..PluginSetup::default()
    };
    Plugin::start(&MODULE, setup).unwrap()
}

/// A request on its way to the filter.
pub struct Sent {
    pub properties: Properties,
    pub headers: Vec<(String, Vec<u8>)>,
}

/// Whoever is at the other end.
pub struct Peer(Connection);

impl Peer {
    /// With an SVID of the frontend's.
    pub fn frontend() -> Self {
        let document = r#"{"peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"}}"#;
        let request = RequestDocument::from_json(document.as_bytes()).unwrap();
        Self(CONNECTIONS.connection(&request).unwrap())
    }

    /// Without a certificate.
    pub fn plaintext() -> Sent {
        let address = SocketAddr::from(([10, 0, 0, 7], 8080));
        Self(Connection::plaintext(address, address)).on_connection(1)
    }

    /// A `GET` of this peer on the connection of this number.
    pub fn on_connection(&self, number: u64) -> Sent {
        let headers = [
            (":method", "GET"),
            (":authority", "orders.shop"),
            (":path", "/orders/1"),
        ];
        Sent {
            properties: self.0.clone().with_id(number).properties(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.into()))
                .to_vec(),
        }
    }
}

impl Sent {
    /// A request document as Envoy would have it, on the connection of this number.
    fn of(document: &Value, number: u64) -> Self {
        let request = RequestDocument::from_json(document.to_string().as_bytes()).unwrap();
        let connection = CONNECTIONS.connection(&request).unwrap().with_id(number);
        let direct = request.source_ip().unwrap().to_string();
        let properties = connection
            .properties()
            .filter_state(direct_address::FILTER_STATE_KEY, direct);
        let metadata = dynamic_metadata::metadata(request.metadata().unwrap()).unwrap();
        Self {
            properties: properties.dynamic_metadata(metadata),
            headers: headers_of(&request),
        }
    }
}

fn headers_of(request: &RequestDocument) -> Vec<(String, Vec<u8>)> {
    let pseudo = [
        (":method", request.method().unwrap().as_bytes()),
        (":authority", request.host().unwrap()),
        (":path", request.path().unwrap()),
    ];
    let usual = USUAL_HEADERS
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    let all = pseudo.into_iter().chain(usual).chain(request.headers());
    all.map(|(name, value)| (name.to_owned(), value.to_vec()))
        .collect()
}

/// Means over requests that are not the first on their connection.
pub struct Measured {
    pub rules: usize,
    pub allowed: Cost,
    pub denied: Cost,
}

impl Measured {
    /// Sends the requests of a distribution through the filter with so many of its rules.
    pub fn of(distribution: Distribution, rules: usize) -> Self {
        let mut plugin = filter(&configuration(distribution, PROFILE, rules));
        let requests = requests(distribution, rules, REQUESTS);
        let costs = (1..)
            .zip(&requests)
            .map(|(number, asked)| cost(&mut plugin, asked, number));
        let (allowed, denied): (Vec<_>, Vec<_>) = costs.partition(|cost| cost.is_allowed);
        Self {
            rules,
            allowed: Cost::mean(&allowed),
            denied: Cost::mean(&denied),
        }
    }

    /// One line for each number of rules and each answer.
    pub fn table(distribution: Distribution, measured: &[Self]) -> String {
        let mut table = format!(
            "{}, profile {PROFILE}: fuel and hostcalls of a request\n",
            distribution.name()
        );
        for Self {
            rules,
            allowed,
            denied,
        } in measured
        {
            for (answer, cost) in [("allowed", allowed), ("denied", denied)] {
                writeln!(table, "{rules:>9} rules, {answer:<7} {cost}").unwrap();
            }
        }
        table
    }
}

/// What the request costs when others of the same peer came before it on its connection.
fn cost(plugin: &mut Plugin, asked: &Asked, number: u64) -> Cost {
    let sent = Sent::of(&asked.request, number);
    for _ in 0..REQUESTS_BEFORE {
        Cost::of_request(plugin, &sent);
    }
    let cost = Cost::of_request(plugin, &sent);
    assert_eq!(cost.is_allowed, asked.is_allowed, "{}", asked.request);
    cost
}
