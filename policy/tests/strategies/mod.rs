//! Random policies and requests over a few values that meet each other often.
#![allow(unreachable_pub, reason = "a part of a test")]

use std::net::IpAddr;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use spiffe_authz_policy::{
    Attribute, Document, Limits, Peer, PeerCertificate, Protocol, Request, Validation,
};
use time::OffsetDateTime;

/// The clock of every request; exceptions end a minute before or after it.
const NOW: &str = "2026-01-01T00:01:00Z";
const BEFORE: &str = "2026-01-01T00:00:00Z";
const AFTER: &str = "2026-01-01T00:02:00Z";

const IDS: [&str; 6] = [
    "spiffe://cluster.local/ns/shop/sa/frontend",
    "spiffe://cluster.local/ns/shop/sa/orders",
    "spiffe://cluster.local/ns/evil/sa/frontend",
    "spiffe://partner.example/ns/shop/sa/frontend",
    "spiffe://cluster.local/gateway/ns/shop/sa/orders/x",
    "spiffe://cluster.local/shop",
];

/// A literal as it is, as a prefix, as a suffix, or the star alone.
fn value(literals: &'static [&'static str]) -> impl Strategy<Value = String> {
    (prop::sample::select(literals), 0..4_usize, 0..40_usize).prop_map(|(literal, form, cut)| {
        let cut = cut.min(literal.len()).max(1);
        match form {
            0 => literal.to_owned(),
            1 => format!("{}*", &literal[..cut]),
            2 => format!("*{}", &literal[literal.len() - cut..]),
            _ => "*".to_owned(),
        }
    })
}

/// Some of these values as they are.
fn exact(literals: &'static [&'static str]) -> BoxedStrategy<Vec<String>> {
    prop::collection::vec(prop::sample::select(literals).prop_map(str::to_owned), 1..3).boxed()
}

fn forms(literals: &'static [&'static str]) -> BoxedStrategy<Vec<String>> {
    prop::collection::vec(value(literals), 1..3).boxed()
}

/// A field in one of its forms.
fn field(
    name: &'static str,
    not_name: &'static str,
    values: BoxedStrategy<Vec<String>>,
) -> BoxedStrategy<(String, Value)> {
    (prop::bool::ANY, values)
        .prop_map(move |(negated, values)| {
            let name = if negated { not_name } else { name };
            (name.to_owned(), json!(values))
        })
        .boxed()
}

const PRINCIPALS: &[&str] = &[
    "cluster.local/ns/shop/sa/frontend",
    "cluster.local/ns/evil/sa/frontend",
];
const NAMESPACES: &[&str] = &["shop", "evil"];
const SERVICE_ACCOUNTS: &[&str] = &["frontend", "shop/orders", "evil/frontend"];
const TRUST_DOMAINS: &[&str] = &["cluster.local", "partner*", "*.example"];
const BLOCKS: &[&str] = &["10.0.0.0/24", "10.0.0.7", "10.0.1.0/24", "2001:db8::/32"];
const REQUEST_PRINCIPALS: &[&str] = &["issuer/alice", "issuer/*", "*/bob", "*"];
const TEXTS: &[&str] = &["a", "ab", "admin"];

fn source() -> impl Strategy<Value = Value> {
    let fields = prop_oneof![
        field("principals", "notPrincipals", forms(PRINCIPALS)),
        field("namespaces", "notNamespaces", forms(NAMESPACES)),
        field("trustDomains", "notTrustDomains", exact(TRUST_DOMAINS)),
        field("ipBlocks", "notIpBlocks", exact(BLOCKS)),
        field("remoteIpBlocks", "notRemoteIpBlocks", exact(BLOCKS)),
        field(
            "requestPrincipals",
            "notRequestPrincipals",
            exact(REQUEST_PRINCIPALS)
        ),
    ];
    let accounts = field("serviceAccounts", "notServiceAccounts", exact(SERVICE_ACCOUNTS));
    prop_oneof![
        4 => prop::collection::vec(fields, 1..3),
        1 => prop::collection::vec(accounts, 1..2),
    ]
    .prop_map(|fields| json!({"source": as_map(fields)}))
}

fn operation() -> impl Strategy<Value = Value> {
    const PATHS: &[&str] = &["/orders", "/orders/1", "/admin"];
    const TEMPLATES: &[&str] = &["/orders/{*}", "/{**}/1", "/{*}", "/t/{who}/{**}"];
    const REGEXES: &[&str] = &["/orders/[0-9]+", "/.*", "/admin|/orders"];
    const HOSTS: &[&str] = &["orders.shop", "Orders.example"];
    const HOST_REGEXES: &[&str] = &["orders\\..*", ".*"];
    const METHODS: &[&str] = &["GET", "POST"];
    const PORTS: &[&str] = &["8080", "8000-8100", "1-65535"];
    let fields = prop_oneof![
        field("paths", "notPaths", forms(PATHS)),
        field("pathRegexes", "notPathRegexes", exact(REGEXES)),
        field("hosts", "notHosts", forms(HOSTS)),
        field("hostRegexes", "notHostRegexes", exact(HOST_REGEXES)),
        field("methods", "notMethods", forms(METHODS)),
        field("ports", "notPorts", exact(PORTS)),
    ];
    let bound = [
        "source.namespace",
        "request.headers[x-who]",
        "request.auth.claims[who]",
    ];
    let templates = (
        exact(TEMPLATES),
        prop::bool::ANY,
        prop::sample::select(bound.to_vec()),
    )
        .prop_map(|(mut templates, negated, attribute)| {
            templates.push("/t/{who}".to_owned());
            let name = if negated { "notPaths" } else { "paths" };
            json!({"operation": {name: templates, "bindings": {"who": attribute}}})
        });
    prop_oneof![
        4 => prop::collection::vec(fields, 1..3).prop_map(|fields| json!({"operation": as_map(fields)})),
        1 => templates,
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    let keyed = |key: &'static str, values: BoxedStrategy<Vec<String>>| {
        field("values", "notValues", values)
            .prop_map(move |(name, values)| json!({"key": key, name: values}))
            .boxed()
    };
    prop_oneof![
        keyed("request.headers[x-role]", forms(TEXTS)),
        keyed("request.query[debug]", forms(TEXTS)),
        keyed("source.ip", exact(BLOCKS)),
        keyed("remote.ip", exact(BLOCKS)),
        keyed("destination.ip", exact(BLOCKS)),
        keyed("destination.port", exact(&["8080", "9090"])),
        keyed("source.namespace", forms(NAMESPACES)),
        keyed("source.principal", forms(PRINCIPALS)),
        keyed("source.serviceAccount", exact(SERVICE_ACCOUNTS)),
        keyed("source.trustDomain", exact(TRUST_DOMAINS)),
        keyed("request.auth.principal", exact(REQUEST_PRINCIPALS)),
        keyed("request.auth.audiences", forms(TEXTS)),
        keyed("request.auth.claims[groups]", forms(TEXTS)),
        keyed("connection.sni", forms(&["a.shop", "b.shop"])),
        keyed("experimental.envoy.filters.a[k]", forms(TEXTS)),
        keyed("source.certificate.dnsSan", forms(&["a.shop", "b.shop"])),
        Just(json!({"key": "source.certificate.remainingSeconds", "notNumbers": ["<60"]})),
        Just(json!({"key": "request.auth.claims[level]", "numbers": [">=3"]})),
        Just(json!({"key": "request.auth.claims[level]", "notNumbers": ["0..2"]})),
        Just(json!({"key": "request.headers[x-role]", "notRegexes": ["a.*"]})),
    ]
}

fn as_map(fields: Vec<(String, Value)>) -> Value {
    fields.into_iter().collect::<Map<_, _>>().into()
}

fn rule() -> impl Strategy<Value = Value> {
    let clauses = |clause: BoxedStrategy<Value>| prop::collection::vec(clause, 0..3);
    (
        clauses(source().boxed()),
        clauses(operation().boxed()),
        clauses(condition().boxed()),
    )
        .prop_map(|(from, to, when)| {
            let lists = [("from", from), ("to", to), ("when", when)];
            let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
            as_map(given.map(|(name, list)| (name.to_owned(), list.into())).collect())
        })
}

pub fn rules() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(rule(), 0..3)
}

/// The `spec` of an ALLOW or DENY policy.
pub fn policy() -> impl Strategy<Value = Value> {
    (prop::bool::ANY, rules())
        .prop_map(|(deny, rules)| json!({"action": if deny { "DENY" } else { "ALLOW" }, "rules": rules}))
}

pub fn policies() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(policy(), 0..4)
}

/// An exception from the policy `shop/p0` that lasts, or that is over.
pub fn exception() -> impl Strategy<Value = Value> {
    (rules(), prop::bool::ANY).prop_map(|(rules, lasts)| {
        let until = if lasts { AFTER } else { BEFORE };
        json!({"rules": rules, "exception": {"until": until, "lifts": ["shop/p0"]}})
    })
}

/// A request, owned.
#[derive(Clone, Debug)]
pub struct PlainRequest {
    pub protocol: Protocol,
    /// The SPIFFE ID; `None` is plaintext.
    pub id: Option<&'static str>,
    pub source_ip: IpAddr,
    pub remote_ip: IpAddr,
    pub port: u16,
    pub method: &'static str,
    pub host: &'static str,
    pub path: &'static str,
    pub headers: Vec<(&'static str, &'static str)>,
    pub claims: Option<&'static str>,
    pub sni: Option<&'static str>,
}

/// SPIFFE ID, direct and remote address, port, SNI, protocol.
type PlainConnection = (
    Option<&'static str>,
    IpAddr,
    IpAddr,
    u16,
    Option<&'static str>,
    Protocol,
);

fn connection() -> impl Strategy<Value = PlainConnection> {
    let ips = || {
        let ips = ["10.0.0.7", "10.0.1.9", "2001:db8::1"];
        prop::sample::select(ips.to_vec()).prop_map(|ip| ip.parse::<IpAddr>().unwrap())
    };
    (
        prop::option::weighted(0.8, prop::sample::select(&IDS[..])),
        ips(),
        ips(),
        prop::sample::select(&[8080_u16, 9090][..]),
        prop::option::of(prop::sample::select(&["a.shop", "b.shop"][..])),
        prop::sample::select(vec![
            Protocol::Http,
            Protocol::Http,
            Protocol::Http,
            Protocol::Tcp,
        ]),
    )
}

/// A header of a few names and values.
fn header() -> impl Strategy<Value = (&'static str, &'static str)> {
    (
        prop::sample::select(&["x-role", "x-who", "x-other"][..]),
        prop::sample::select(&["a", "ab", "shop", ""][..]),
    )
}

pub fn plain_request() -> impl Strategy<Value = PlainRequest> {
    const PATHS: &[&str] = &[
        "/orders",
        "/orders/1?debug=a",
        "/orders/1?debug=a&debug=b",
        "/admin",
        "/admin#x",
        "/t/shop/1",
        "/t/evil",
        "",
    ];
    const HOSTS: &[&str] = &["orders.shop", "ORDERS.shop:8080", "orders.shop.", "other"];
    const CLAIMS: &[&str] = &[
        r#"{"iss": "issuer", "sub": "alice", "groups": ["a", "admin"], "level": 3, "who": "shop"}"#,
        r#"{"iss": "other", "sub": "bob", "groups": "ab", "level": "3", "aud": ["a"]}"#,
    ];
    let http = (
        prop::sample::select(&["GET", "POST", "get"][..]),
        prop::sample::select(HOSTS),
        prop::sample::select(PATHS),
        prop::collection::vec(header(), 0..4),
        prop::option::of(prop::sample::select(CLAIMS)),
    );
    (connection(), http).prop_map(|(connection, http)| {
        let (id, source_ip, remote_ip, port, sni, protocol) = connection;
        let (method, host, path, headers, claims) = http;
        PlainRequest {
            protocol,
            id,
            source_ip,
            remote_ip,
            port,
            method,
            host,
            path,
            headers,
            claims,
            sni,
        }
    })
}

impl PlainRequest {
    /// Lends the request, changed by `change`, to `use_it`.
    pub fn judge<T>(
        &self,
        change: impl FnOnce(&mut Request<'_>),
        use_it: impl FnOnce(&Request<'_>) -> T,
    ) -> T {
        let uri_sans: Vec<&[u8]> = self.id.iter().map(|id| id.as_bytes()).collect();
        let bytes = |(name, value): &(&'static str, &'static str)| (name.as_bytes(), value.as_bytes());
        let headers: Vec<(&[u8], &[u8])> = self.headers.iter().map(bytes).collect();
        let leaf = spiffe_authz_policy::LeafCertificate::new(spiffe_authz_policy::LeafFacts {
            uri_sans: self.id.iter().map(|id| id.as_bytes().to_vec()).collect(),
            dns_sans: vec!["a.shop".to_owned()],
            not_after: Some(time(AFTER)),
            ..Default::default()
        });
        let metadata = self.claims.map(metadata);
        let certificate = PeerCertificate {
            uri_sans: &uri_sans,
            validation: Validation::Validated,
            leaf: Attribute::Known(&leaf),
            digest: Attribute::Known(&[7; 32]),
        };
        let http = |text: &'static str| match self.protocol {
            Protocol::Http => Attribute::Known(text.as_bytes()),
            Protocol::Tcp => Attribute::Absent,
        };
        let mut request = Request {
            protocol: self.protocol,
            peer: self
                .id
                .map_or(Peer::Plaintext, |_| Peer::Certificate(certificate)),
            source_ip: Attribute::Known(self.source_ip),
            remote_ip: Attribute::Known(self.remote_ip),
            destination_ip: Attribute::Known("10.0.0.8".parse().unwrap()),
            destination_port: Attribute::Known(self.port),
            sni: self
                .sni
                .map_or(Attribute::Absent, |sni| Attribute::Known(sni.as_bytes())),
            method: http(self.method),
            host: http(self.host),
            path: http(self.path),
            headers: Attribute::Known(&headers),
            metadata: metadata.as_ref().map_or(Attribute::Absent, Attribute::Known),
            time: Attribute::Known(time(NOW)),
        };
        change(&mut request);
        use_it(&request)
    }
}

fn time(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
}

fn metadata(claims: &str) -> Document {
    let json = format!(
        r#"{{"envoy.filters.http.jwt_authn": {{"payload": {claims}}}, "envoy.filters.a": {{"k": "ab"}}}}"#
    );
    Document::from_json(json.as_bytes(), Limits::default()).unwrap()
}
