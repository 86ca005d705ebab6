//! The listener of one configuration: the filters that are shipped, behind a door that lets odd requests in.
//!
//! The filters and both filter chains are those of `spiffe-authz-envoy-config`. What differs from a sidecar: a PROXY
//! header sets the addresses; headers set dynamic metadata; paths, names and methods come through as they are, so that
//! the filter sees what the case says; and the filter's report is shown in response headers, or for connections in the
//! access log.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};
use spiffe_authz_demo::http_response::HttpResponse;
use spiffe_authz_envoy_config::http_connection_manager::Guarded;
use spiffe_authz_envoy_config::tcp_proxy::GuardedTcp;
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, InboundTransport, SvidPaths, address, http_filters,
    network_filters, route,
};

use crate::envoy::connection_log;
use crate::envoy::metadata_headers::MetadataHeaders;
use crate::report::{self, FilterReport};

/// The cluster behind every listener for HTTP.
pub const APPLICATION: &str = "application";
/// The cluster behind every listener for connections.
pub const ECHO: &str = "echo";
const DETAILS_HEADER: &str = "x-report-details";
/// What Envoy itself says about a response of the application.
const FROM_APPLICATION: &str = "via_upstream";
/// The header of each part of the report, and the filter state that it shows.
const REPORT_HEADERS: [(&str, &str); 8] = [
    ("x-report-interlock", report::INTERLOCK),
    ("x-report-decision", report::DECISION),
    ("x-report-cause", report::CAUSE),
    ("x-report-policy", report::POLICY),
    ("x-report-rule", report::RULE),
    ("x-report-audited", report::AUDITED),
    ("x-report-would-deny", report::WOULD_DENY),
    ("x-report-would-allow", report::WOULD_ALLOW),
];

/// What a listener needs to be told.
pub struct ConformanceListener<'a> {
    /// A name of its own.
    pub name: &'a str,
    /// Where it listens.
    pub listen: SocketAddr,
    /// What comes in.
    pub door: &'a Door,
    /// Envoy's SVID.
    pub svid: &'a SvidPaths,
    /// The filter with its configuration.
    pub filter: &'a FilterModule,
    /// The file of the access log.
    pub access_log: &'a FilePath,
}

/// What comes in.
#[derive(Clone, Debug)]
pub enum Door {
    /// Requests, with dynamic metadata in these headers.
    Http(MetadataHeaders),
    /// Connections.
    Tcp,
}

impl ConformanceListener<'_> {
    /// The listener.
    #[must_use]
    pub fn render(&self) -> Value {
        let transport = InboundTransport::Permissive;
        let mut listener_filters = vec![proxy_protocol()];
        listener_filters.extend(transport.listener_filters());
        let (protocol, network_filters) = match self.door {
            Door::Http(metadata) => (ApplicationProtocol::Http, self.http(metadata)),
            Door::Tcp => (ApplicationProtocol::Tcp, self.tcp()),
        };
        json!({
            "name": self.name,
            "traffic_direction": "INBOUND",
            // Another Envoy on this machine must not share the port.
            "enable_reuse_port": false,
            "address": address::socket_address(self.listen),
            "listener_filters": listener_filters,
            "filter_chains": transport.filter_chains(self.svid, protocol, &network_filters),
        })
    }

    fn http(&self, metadata: &MetadataHeaders) -> Vec<Value> {
        let guarded = http_filters::guarded(self.filter);
        let mut filters = network_filters::guarded_http(&Guarded {
            stat_prefix: self.name,
            route_config: route_that_reports(self.name),
            http_filters: metadata.http_filter().into_iter().chain(guarded).collect(),
            access_log: self.access_log,
        });
        for manager in filters.iter_mut().rev().take(1) {
            open_wide(&mut manager["typed_config"]);
        }
        filters
    }

    fn tcp(&self) -> Vec<Value> {
        let listener = GuardedTcp {
            stat_prefix: self.name,
            cluster: ECHO,
            access_log: self.access_log,
        };
        let mut filters = network_filters::guarded_tcp(self.filter, &listener);
        for proxy in filters.iter_mut().rev().take(1) {
            connection_log::extend(&mut proxy["typed_config"]["access_log"]);
        }
        filters
    }
}

fn proxy_protocol() -> Value {
    json!({
        "name": "proxy_protocol",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
        },
    })
}

fn open_wide(connection_manager: &mut Value) {
    for (field, value) in odd_requests_welcome() {
        connection_manager[field] = value;
    }
    connection_manager["common_http_protocol_options"]["headers_with_underscores_action"] = json!("ALLOW");
    connection_manager["local_reply_config"] = local_reply_that_reports();
}

/// The settings under which a request reaches the filter as it was sent.
fn odd_requests_welcome() -> Map<String, Value> {
    let settings = [
        ("normalize_path", json!(false)),
        ("merge_slashes", json!(false)),
        ("path_with_escaped_slashes_action", json!("KEEP_UNCHANGED")),
        ("http_protocol_options", json!({"allow_custom_methods": true})),
        ("preserve_external_request_id", json!(true)),
    ];
    settings
        .map(|(field, value)| (field.to_owned(), value))
        .into_iter()
        .collect()
}

fn route_that_reports(name: &str) -> Value {
    let mut route = route::everything_to(name, APPLICATION);
    route["response_headers_to_add"] = report_headers();
    route
}

fn local_reply_that_reports() -> Value {
    let any_status = json!({"status_code_filter": {"comparison": {
        "op": "GE",
        "value": {"default_value": 0, "runtime_key": "spiffe_authz_tests.any_status"},
    }}});
    json!({"mappers": [{"filter": any_status, "headers_to_add": report_headers()}]})
}

fn report_headers() -> Value {
    let header = |name: &str, value: String| json!({"header": {"key": name, "value": value}});
    let state = |(name, key): (&str, &str)| header(name, format!("%FILTER_STATE({key}:PLAIN)%"));
    let details = header(DETAILS_HEADER, "%RESPONSE_CODE_DETAILS%".to_owned());
    REPORT_HEADERS.into_iter().map(state).chain([details]).collect()
}

/// The report in the headers of a response, and the response code details unless the application answered.
#[must_use]
pub fn read_report(response: &HttpResponse) -> (FilterReport, Option<String>) {
    let [
        interlock,
        decision,
        cause,
        policy,
        rule,
        audited,
        would_deny,
        would_allow,
    ] = REPORT_HEADERS.map(|(name, _)| text(response, name));
    let details = text(response, DETAILS_HEADER).filter(|details| details != FROM_APPLICATION);
    (
        FilterReport {
            interlock,
            decision,
            cause,
            policy,
            rule,
            audited,
            would_deny,
            would_allow,
        },
        details,
    )
}

/// A header that says something: Envoy writes `-` for what is not there.
fn text(response: &HttpResponse, name: &str) -> Option<String> {
    let value = response
        .header(name)
        .filter(|value| !value.is_empty() && *value != b"-")?;
    Some(String::from_utf8_lossy(value).into_owned())
}
