//! Why an engine cannot run a case: what a filter, a connection or HTTP cannot express.

use std::net::IpAddr;

use rustls::pki_types::DnsName;
use spiffe_authz_policy::{LeafCertificate, Protocol, RequestDocument};
use time::OffsetDateTime;

use crate::corpus::{Case, PluginConfiguration};
use crate::engines::addresses::Addresses;
use crate::engines::mentions::{Attribute, is_zero_trust, mentions};

/// The time of the cases that leave it to the machine's clock: 2026-01-01T00:00:00Z.
const ANY_TIME: i64 = 1_767_225_600;

/// A request without a destination port.
#[must_use]
pub fn no_destination_port(case: &Case) -> Option<&'static str> {
    case.request
        .destination_port()
        .is_none()
        .then_some("a connection has a destination port")
}

/// A header with blanks around its value: the tests' connections speak HTTP/1.1, which drops them.
#[must_use]
pub fn blanks_around_headers(case: &Case) -> Option<&'static str> {
    let is_blank = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    let mut values = case.request.headers().map(|(_, value)| value);
    values
        .any(|value| is_blank(value.first()) || is_blank(value.last()))
        .then_some("HTTP/1.1 drops blanks around a header's value")
}

/// A request without an address that its configuration reads.
#[must_use]
pub fn no_address(configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
    let given = [
        (Attribute::SourceIp, case.request.source_ip()),
        (Attribute::RemoteIp, case.request.remote_ip()),
        (Attribute::DestinationIp, case.request.destination_ip()),
    ];
    given
        .into_iter()
        .any(|(attribute, ip)| ip.is_none() && mentions(configuration, attribute))
        .then_some("a connection has addresses at both ends")
}

/// A request without a time where its configuration asks for it.
#[must_use]
pub fn no_time(configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
    let reads_validity = is_zero_trust(configuration) && has_bounds(case);
    let reads_time = reads_validity || mentions(configuration, Attribute::Time);
    (case.request.time().is_none() && reads_time).then_some("a machine has a clock")
}

fn has_bounds(case: &Case) -> bool {
    let leaf = case.request.leaf().map(LeafCertificate::facts);
    leaf.is_some_and(|facts| facts.not_before.is_some() || facts.not_after.is_some())
}

/// A certificate without an end where its configuration asks for it.
#[must_use]
pub fn no_end_of_certificate(configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
    let missing =
        case.request.leaf()?.facts().not_after.is_none() && mentions(configuration, Attribute::NotAfter);
    missing.then_some("a certificate has an end")
}

/// A certificate that begins or ends within a second.
#[must_use]
pub fn end_within_a_second(case: &Case) -> Option<&'static str> {
    let facts = case.request.leaf()?.facts();
    let bounds = facts.not_before.into_iter().chain(facts.not_after);
    let mut seconds = bounds.map(OffsetDateTime::nanosecond);
    seconds
        .any(|rest| rest != 0)
        .then_some("a certificate begins and ends on a whole second")
}

/// DNS SANs beyond ASCII where the certificate is read.
#[must_use]
pub fn facts_beyond_ascii(configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
    let dns_sans = &case.request.leaf()?.facts().dns_sans;
    let is_read = is_zero_trust(configuration) || mentions(configuration, Attribute::Certificate);
    (is_read && !dns_sans.iter().all(|san| san.is_ascii())).then_some("a certificate cannot hold such a SAN")
}

/// A digest of the document's own where the configuration asks for it.
#[must_use]
pub fn digest(configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
    let given = !case.request.certificate_digest()?.is_empty() && case.request.certificate_pem().is_none();
    let matters = given && mentions(configuration, Attribute::Digest);
    matters.then_some("a digest is that of the certificate")
}

/// A peer that another listener hands on.
#[must_use]
pub fn handed_on(case: &Case) -> Option<&'static str> {
    let is_there = case.request.handed_on().is_some();
    is_there.then_some("the listeners of the tests have none in front of them")
}

/// A time that is not now.
#[must_use]
pub fn another_time(case: &Case) -> Option<&'static str> {
    let any_time = OffsetDateTime::from_unix_timestamp(ANY_TIME).ok();
    let another = case.request.time().is_some() && case.request.time() != any_time;
    another.then_some("Envoy reads the machine's clock")
}

/// A certificate whose facts the tests' CA does not certify.
#[must_use]
pub fn certificate_facts(case: &Case) -> Option<&'static str> {
    let leaf = case.request.leaf()?.facts();
    if case.request.certificate_pem().is_some() {
        return Some("a client needs the key of its certificate");
    }
    if has_bounds(case) {
        return Some("a certificate of the tests ends in an hour");
    }
    let issuer = leaf.issuer_key_id.is_some();
    issuer.then_some("a certificate that Envoy validates names the key of its issuer")
}

/// A request without a method, host or path.
#[must_use]
pub fn no_pseudo_header(case: &Case) -> Option<&'static str> {
    let request = &case.request;
    let all = request.method().is_some() && request.host().is_some() && request.path().is_some();
    (is_http(request) && !all).then_some("a request over HTTP/1.1 has a method, a host and a path")
}

/// The client of the tests runs on this machine.
#[must_use]
pub fn source_beyond_loopback(configuration: &PluginConfiguration, case: &Case) -> Option<&'static str> {
    let ip = case.request.source_ip()?;
    let loopback = matches!(ip, IpAddr::V4(ip) if ip.is_loopback());
    let matters = !loopback && mentions(configuration, Attribute::SourceIp);
    matters.then_some("the client of the tests connects from 127.0.0.0/8")
}

/// A PROXY header has addresses of one family.
#[must_use]
pub fn two_families(case: &Case) -> Option<&'static str> {
    let Addresses { source, destination } = Addresses::of(&case.request);
    (source.is_ipv4() != destination.is_ipv4()).then_some("a PROXY header has addresses of one family")
}

/// A server name is a DNS name in a TLS handshake.
#[must_use]
pub fn server_name(case: &Case) -> Option<&'static str> {
    let name = case.request.sni().filter(|name| !name.is_empty())?;
    if case.request.leaf().is_none() {
        return Some("plaintext has no server name");
    }
    let sendable = DnsName::try_from(name).is_ok() && !name.ends_with('.');
    (!sendable).then_some("the client of the tests sends no such server name")
}

/// Dynamic metadata comes from filters of HTTP.
#[must_use]
pub fn metadata_of_a_connection(case: &Case) -> Option<&'static str> {
    let is_there = !is_http(&case.request) && case.request.metadata().is_some();
    is_there.then_some("no filter writes metadata for connections")
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

fn is_http(request: &RequestDocument) -> bool {
    match request.protocol() {
        Protocol::Http => true,
        Protocol::Tcp => false,
    }
}
