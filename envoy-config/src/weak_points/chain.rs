//! One filter chain: its TLS, and its filters for connections.

use crate::weak_points::cursor::Cursor;
use crate::weak_points::kind::Guard;
use crate::weak_points::{Findings, WeakPoint, filter_state, guards, http, tls};

const HTTP_CONNECTION_MANAGER: &str =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const TCP_PROXY: &str = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
/// Filters at the end of a chain that answer by themselves.
const ANSWERING: [&str; 2] = [
    "envoy.extensions.filters.network.direct_response.v3.Config",
    "envoy.extensions.filters.network.echo.v3.Echo",
];
/// After the handshake, or with the first bytes, which the filter has judged by then.
const DIALS_LATE: [(&str, u64); 2] = [("ON_DOWNSTREAM_DATA", 1), ("ON_DOWNSTREAM_TLS_HANDSHAKE", 2)];

pub(super) fn look_at(chain: &Cursor<'_>, findings: &mut Findings) {
    tls::look_at(chain, findings);
    let filters = chain.items("filters");
    let (Some(last), Some(list)) = (filters.last(), chain.field("filters")) else {
        return;
    };
    if ANSWERING
        .iter()
        .any(|answering| last.is_filter_of_type(answering))
    {
        return;
    }
    let guarded = if last.is_filter_of_type(HTTP_CONNECTION_MANAGER) {
        http::look_at(last, findings)
    } else {
        connections(&list, last, findings);
        true
    };
    if guarded && !filters.iter().any(filter_state::writes_direct_address) {
        findings.add(WeakPoint::DirectAddressMissing, &list);
    }
}

fn connections(list: &Cursor<'_>, last: &Cursor<'_>, findings: &mut Findings) {
    guards::look_at(list, Guard::Connections, findings);
    if let Some(proxy) = last
        .field("typed_config")
        .filter(|config| config.is_of_type(TCP_PROXY))
    {
        let mode = proxy.field("upstream_connect_mode");
        if !mode.is_some_and(|mode| mode.is_one_of(&DIALS_LATE)) {
            findings.add(WeakPoint::DialsBeforeHandshake, &proxy);
        }
    }
}
