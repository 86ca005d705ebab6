//! The built filter in a host that answers nonsense.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};
use spiffe_authz_host_sim::{
    Clock, Connection, EndOfStream, Lie, Limits, Module, Nonsense, Outcome, PeerCertificate, Plugin,
    PluginError, PluginFailure, PluginSetup, Properties, Simulator, Stream, TcpOutcome,
};

use crate::policies::configuration;

/// The filter state without which the interlock behind the filter lets nothing pass.
const INTERLOCK: &str = "wasm.spiffe_authz";
const SET_PROPERTY: &str = "proxy_set_property";
const GET_BUFFER: &str = "proxy_get_buffer_bytes";
const FRONTEND: &str = "spiffe://cluster.local/ns/shop/sa/frontend";
/// No SPIFFE ID that an input is ever going to hold.
const NOBODY: &str = "cluster.local/ns/5d0c6f9be7a14c3f/sa/b1946ac92492d2347c6235b4d2611184";

static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/spiffe_authz_filter.wasm");
    let path = std::env::var_os("SPIFFE_AUTHZ_WASM").map_or(built, Into::into);
    let wasm = std::fs::read(path).expect("the built filter: run `make wasm`, or set SPIFFE_AUTHZ_WASM");
    let simulator = Simulator::new(Limits::default()).expect("a simulator");
    simulator.module(&wasm).expect("a module")
});

/// Who may pass.
#[derive(Clone, Copy)]
enum Policy {
    /// The peer that the honest host shows.
    Frontend,
    /// A peer that no host shows.
    Nobody,
    /// Nobody, by a DENY policy; profile istio.
    Denied,
}

/// Compiles the filter, which takes longer than an input may.
pub fn prepare() {
    LazyLock::force(&MODULE);
}

/// A byte that says whether the host is honest until the filter is configured, who may pass and by what protocol; then the
/// host's answers. The filter never traps. What goes on has the interlock's filter state, or was told so; and where the
/// policy lets nobody pass, nothing goes on and the interlock stays shut.
pub fn run(bytes: &[u8]) {
    let Some((kind, answers)) = bytes.split_first() else {
        return;
    };
    let policy = [Policy::Frontend, Policy::Nobody, Policy::Denied][usize::from(kind & 0b11) % 3];
    let nonsense = nonsense(policy, answers);
    let Some(mut plugin) = start(policy, kind & 0b100 != 0, nonsense) else {
        return;
    };
    for _ in 0..2 {
        if kind & 0b1000 == 0 {
            request(&mut plugin, policy);
        } else {
            connection(&mut plugin, policy);
        }
    }
    assert_eq!(plugin.failure(), None);
}

/// Where nobody may pass, the host does not get to say otherwise by the configuration.
fn nonsense(policy: Policy, answers: &[u8]) -> Nonsense {
    let nonsense = Nonsense::new(answers);
    match policy {
        Policy::Frontend => nonsense,
        Policy::Nobody | Policy::Denied => nonsense.except(GET_BUFFER),
    }
}

/// `None` where the filter refuses what it is told.
fn start(policy: Policy, honest: bool, nonsense: Nonsense) -> Option<Plugin> {
    let setup = PluginSetup {
        plugin_configuration: policy.configuration().to_string().into_bytes(),
        clock: Clock::at_unix_seconds(1_767_225_600),
        nonsense: if honest {
            Nonsense::default()
        } else {
            nonsense.clone()
        },
        ..PluginSetup::default()
    };
    match Plugin::start(&MODULE, setup) {
        Ok(mut plugin) => {
            if honest {
                plugin.set_nonsense(nonsense);
            }
            Some(plugin)
        }
        Err(PluginError { failure, .. }) => {
            assert_eq!(failure, PluginFailure::ConfigurationRefused);
            None
        }
    }
}

impl Policy {
    fn configuration(self) -> Value {
        let allow = |principal: &str| json!({"rules": [{"from": [{"source": {"principals": [principal]}}]}]});
        match self {
            Self::Frontend => {
                let conditions = json!({"rules": [{"when": [{"key": "request.headers[x-role]", "values": ["admin"]},
                    {"key": "source.certificate.dnsSan", "values": ["a"]}, {"key": "connection.sni", "values": ["b"]},
                    {"key": "remote.ip", "values": ["10.0.0.0/8"]}, {"key": "source.ip", "values": ["10.0.0.0/8"]},
                    {"key": "request.auth.claims[a]", "values": ["b"]}]}]});
                configuration(
                    "zero-trust",
                    vec![allow("cluster.local/ns/shop/sa/frontend"), conditions],
                )
            }
            Self::Nobody => configuration("zero-trust", vec![allow(NOBODY)]),
            Self::Denied => {
                let deny = json!({"action": "DENY", "rules": [{}]});
                configuration("istio", vec![json!({"rules": [{}]}), deny])
            }
        }
    }

    fn may_pass(self) -> bool {
        match self {
            Self::Frontend => true,
            Self::Nobody | Self::Denied => false,
        }
    }
}

fn properties() -> Properties {
    let [source, destination] =
        ["10.0.0.7:4242", "10.0.0.9:8080"].map(|text| text.parse().expect("an address"));
    Connection::mtls(source, destination, PeerCertificate::valid(FRONTEND)).properties()
}

fn request(plugin: &mut Plugin, policy: Policy) {
    let mut stream = plugin.http_stream(properties());
    let headers = [
        (":method", "GET"),
        (":path", "/orders"),
        (":authority", "orders.shop"),
        ("x-role", "user"),
    ];
    let outcome = stream.request_headers(&headers, EndOfStream::Yes);
    assert_no_trap(&outcome);
    let goes_on = outcome == Outcome::Continue;
    check(plugin, policy, goes_on, stream.filter_state(INTERLOCK), b"allow");
    finish(stream);
}

fn assert_no_trap(outcome: &Outcome) {
    assert!(
        !matches!(outcome, Outcome::Trapped(_) | Outcome::Failed),
        "{outcome:?}"
    );
}

fn finish(mut stream: Stream) {
    assert_eq!(stream.finish(), Ok(()));
}

fn connection(plugin: &mut Plugin, policy: Policy) {
    let mut stream = plugin.tcp_stream(properties());
    for step in 0..3 {
        let outcome = match step {
            0 => stream.new_connection(),
            1 => stream.downstream_data(b"hello", EndOfStream::No),
            _ => stream.upstream_data(b"world", EndOfStream::No),
        };
        assert!(
            !matches!(outcome, TcpOutcome::Trapped(_) | TcpOutcome::Failed),
            "{outcome:?}"
        );
    }
    let goes_on = !stream.sent_upstream().is_empty() || !stream.sent_downstream().is_empty();
    check(
        plugin,
        policy,
        goes_on,
        stream.filter_state(INTERLOCK),
        b"allow-connection",
    );
}

fn check(plugin: &Plugin, policy: Policy, goes_on: bool, interlock: Option<Vec<u8>>, open: &[u8]) {
    let claimed = plugin
        .told()
        .iter()
        .any(|told| told.hostcall == SET_PROPERTY && told.lie == Lie::NotServed(0));
    let is_open = interlock.as_deref() == Some(open);
    assert!(
        !goes_on || is_open || claimed,
        "it goes on with the interlock shut"
    );
    assert!(interlock.is_none() || is_open, "another word in the interlock");
    assert!(policy.may_pass() || !goes_on, "it goes on without a permit");
    assert!(
        policy.may_pass() || interlock.is_none(),
        "the interlock is open without a permit"
    );
}
