//! Why an engine cannot run a case: what a filter, a connection or HTTP cannot express.

use crate::corpus::Case;

/// Envoy shows a filter the first URI SAN alone, so a second one cannot be seen.
#[must_use]
pub fn more_uri_sans_than_the_filter_sees(case: &Case) -> Option<&'static str> {
    (case.verdict.cause == "svid-multiple-uri-sans").then_some("the filter sees the first URI SAN alone")
}

/// A request without a destination port.
#[must_use]
pub fn no_destination_port(case: &Case) -> Option<&'static str> {
    case.request
        .destination_port()
        .is_none()
        .then_some("a connection has a destination port")
}

/// A request without a method, host or path.
#[must_use]
pub fn no_pseudo_header(case: &Case) -> Option<&'static str> {
    let request = &case.request;
    let all = request.method().is_some() && request.host().is_some() && request.path().is_some();
    (!all).then_some("a request over HTTP/1.1 has a method, a host and a path")
}

/// A URI SAN is an IA5String.
#[must_use]
pub fn uri_san_beyond_ascii(case: &Case) -> Option<&'static str> {
    let beyond = case.request.uri_sans()?.iter().any(|uri_san| !uri_san.is_ascii());
    beyond.then_some("a certificate cannot hold such a URI SAN")
}

/// Envoy answers a path with a fragment, and one with bytes beyond ASCII, before any filter runs.
#[must_use]
pub fn path_refused_before_any_filter(case: &Case) -> Option<&'static str> {
    let refused = |byte: &u8| matches!(byte, 0..=b' ' | b'#' | 0x7f..);
    case.request
        .path()?
        .iter()
        .any(refused)
        .then_some("Envoy answers such a path with 400 before any filter runs")
}
