//! [`Connection`]: what the host says about the connection that a request or a TCP stream comes by.

use core::net::IpAddr;

use spiffe_authz_policy::{Attribute, Document, Input, PolicySet, Protocol, Request};
use time::OffsetDateTime;

use super::address::{destination_port, direct_peer, without_port};
use super::clock::read_time;
use super::metadata::read_metadata;
use super::peer::OwnedPeer;
use super::reading::{lent, read};
use crate::certificates::Certificates;
use crate::host::Host;
use crate::property;

/// What is known of a connection, in memory of our own. What no policy in force reads was not asked for, and is
/// unreadable: nobody can take it for absent.
#[derive(Debug)]
pub(super) struct Connection {
    peer: OwnedPeer,
    source_ip: Attribute<IpAddr>,
    remote_ip: Attribute<IpAddr>,
    destination_ip: Attribute<IpAddr>,
    destination_port: Attribute<u16>,
    sni: Attribute<Vec<u8>>,
    metadata: Attribute<Document>,
    time: Attribute<OffsetDateTime>,
}

impl Connection {
    /// Asks the host for what every decision needs, and for what the policies in force read besides.
    pub(super) fn read(host: &impl Host, certificates: &Certificates, policies: Option<&PolicySet>) -> Self {
        let wanted = |input| policies.is_some_and(|policies| policies.reads(input));
        let peer = OwnedPeer::read(host, certificates, policies);
        // Whether a certificate is still valid is looked at with each request, however old its connection is.
        let reads_time = wanted(Input::Time) || (wanted(Input::Validity) && peer.shows_certificate());
        let key = policies.and_then(PolicySet::direct_remote_address_key);
        Self {
            source_ip: where_true(wanted(Input::SourceIp), || direct_peer(host, key)),
            remote_ip: where_true(wanted(Input::RemoteIp), || {
                without_port(host, property::SOURCE_ADDRESS)
            }),
            destination_ip: where_true(wanted(Input::DestinationIp), || {
                without_port(host, property::DESTINATION_ADDRESS)
            }),
            destination_port: destination_port(host),
            sni: where_true(wanted(Input::Sni), || read_sni(host)),
            metadata: where_true(wanted(Input::Metadata), || read_metadata(host)),
            time: where_true(reads_time, || read_time(host)),
            peer,
        }
    }

    /// Calls `use_it` with a request of which only the connection is known.
    pub(super) fn lend<R>(&self, protocol: Protocol, use_it: impl FnOnce(Request<'_>) -> R) -> R {
        let uri_sans = self.peer.uri_sans();
        use_it(Request {
            peer: self.peer.lent(&uri_sans),
            source_ip: self.source_ip,
            remote_ip: self.remote_ip,
            destination_ip: self.destination_ip,
            destination_port: self.destination_port,
            sni: lent(&self.sni).map(Vec::as_slice),
            metadata: lent(&self.metadata),
            time: self.time,
            ..Request::absent(protocol)
        })
    }
}

/// The attribute if it is wanted.
fn where_true<T>(wanted: bool, read: impl FnOnce() -> Attribute<T>) -> Attribute<T> {
    if wanted { read() } else { Attribute::Unreadable }
}

/// The requested server name. A handshake without one and one with an empty one are the same.
fn read_sni(host: &impl Host) -> Attribute<Vec<u8>> {
    match read(host, property::REQUESTED_SERVER_NAME) {
        Attribute::Known(name) if name.is_empty() => Attribute::Absent,
        Attribute::Known(name) => Attribute::Known(name),
        Attribute::Absent => Attribute::Absent,
        Attribute::Unreadable => Attribute::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FRONTEND_PEM, FakeHost, policies_of, policies_with, policy_set};
    use crate::host::HostError;
    use spiffe_authz_policy::{LeafCertificate, Peer, PeerCertificate, Validation};

    type Reading = Result<&'static [u8], HostError>;

    const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";
    /// One condition on each input that costs a hostcall of its own.
    const WHEN_EVERYTHING: &str = r#"
        {"key": "source.ip", "values": ["10.0.0.1"]}, {"key": "remote.ip", "values": ["10.0.0.2"]},
        {"key": "destination.ip", "values": ["10.0.0.3"]}, {"key": "connection.sni", "values": ["orders"]},
        {"key": "request.auth.claims[sub]", "values": ["*"]},
        {"key": "source.certificate.remainingSeconds", "numbers": [">0"]}"#;

    /// A host that answers everything.
    fn talkative() -> FakeHost {
        let host = FakeHost::new();
        host.set_peer(Some(ID));
        let texts = [
            ("filter_state\0spiffe_authz.direct_remote_address", "10.0.0.1"),
            (property::SOURCE_ADDRESS, "10.0.0.2:1"),
            (property::DESTINATION_ADDRESS, "10.0.0.3:8080"),
            (property::REQUESTED_SERVER_NAME, "orders"),
            (property::METADATA, ""),
        ];
        for (path, text) in texts {
            host.set_reading(path, Ok(text.as_bytes()));
        }
        host.set_time(Ok(7));
        host
    }

    /// Profile istio with one ALLOW policy of these rules.
    fn istio_policies(rules: &str) -> PolicySet {
        policies_of(&format!(
            r#"{{"profile": "istio", "workload": {{"namespace": "shop"}}, "resources": [
                {{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
                  "metadata": {{"name": "orders", "namespace": "shop"}}, "spec": {{"rules": {rules}}}}}]}}"#
        ))
    }

    fn ip(text: &str) -> Attribute<IpAddr> {
        Attribute::Known(text.parse().unwrap())
    }

    fn connection(host: &FakeHost, policies: Option<&PolicySet>) -> Connection {
        Connection::read(host, &Certificates::default(), policies)
    }

    #[test]
    fn what_policies_read_is_in_the_request() {
        let policies = policies_with(WHEN_EVERYTHING);
        connection(&talkative(), Some(&policies)).lend(Protocol::Tcp, |request| {
            let leaf = LeafCertificate::from_pem(FRONTEND_PEM.as_bytes()).unwrap();
            let certificate = PeerCertificate {
                uri_sans: &[ID],
                validation: Validation::Validated,
                leaf: Attribute::Known(&leaf),
                digest: Attribute::Known(&[0x11; 32]),
            };
            assert_eq!(request.protocol, Protocol::Tcp);
            assert_eq!(request.peer, Peer::Certificate(certificate));
            let addresses = [request.source_ip, request.remote_ip, request.destination_ip];
            assert_eq!(addresses, ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(ip));
            assert_eq!(request.destination_port, Attribute::Known(8080));
            assert_eq!(request.sni, Attribute::Known(&b"orders"[..]));
            assert_eq!(request.metadata, Attribute::Known(&Document::Map(Vec::new())));
            let now = OffsetDateTime::from_unix_timestamp_nanos(7).unwrap();
            assert_eq!(request.time, Attribute::Known(now));
        });
    }

    /// The host of profile istio without any certificate of a policy's interest, and the one without a configuration.
    #[test]
    fn what_no_policy_reads_costs_no_hostcall_and_is_unreadable() {
        for policies in [None, Some(istio_policies("[{}]"))] {
            let host = talkative();
            let connection = connection(&host, policies.as_ref());
            let always = [
                property::MTLS,
                property::PEER_CERTIFICATE_VALID,
                property::PEER_URI_SAN,
                property::DESTINATION_PORT,
            ];
            assert_eq!(host.calls(), always.len());
            connection.lend(Protocol::Tcp, |request| {
                let addresses = [request.source_ip, request.remote_ip, request.destination_ip];
                assert_eq!(addresses, [Attribute::Unreadable; 3]);
                assert_eq!(request.sni, Attribute::Unreadable);
                assert_eq!(request.metadata, Attribute::Unreadable);
                assert_eq!(request.time, Attribute::Unreadable);
                let Peer::Certificate(certificate) = request.peer else {
                    panic!("{:?}", request.peer)
                };
                assert_eq!(certificate.leaf, Attribute::Unreadable);
                assert_eq!(certificate.digest, Attribute::Unreadable);
            });
        }
    }

    #[test]
    fn each_input_is_read_where_a_policy_reads_it_alone() {
        let conditions = [
            (r#"{"key": "source.ip", "values": ["10.0.0.1"]}"#, 1),
            (r#"{"key": "remote.ip", "values": ["10.0.0.1"]}"#, 1),
            (r#"{"key": "destination.ip", "values": ["10.0.0.1"]}"#, 1),
            (r#"{"key": "connection.sni", "values": ["orders"]}"#, 1),
            (r#"{"key": "request.auth.claims[sub]", "values": ["*"]}"#, 1),
            (r#"{"key": "source.certificate.dnsSan", "values": ["*"]}"#, 2),
            (
                r#"{"key": "source.certificate.remainingSeconds", "numbers": [">0"]}"#,
                3,
            ),
        ];
        for (condition, more) in conditions {
            let host = talkative();
            let rules = format!(r#"[{{"when": [{condition}]}}]"#);
            connection(&host, Some(&istio_policies(&rules)));
            assert_eq!(host.calls(), 4 + more, "{condition}");
        }
    }

    #[test]
    fn the_second_request_of_a_peer_makes_five_hostcalls_instead_of_six_and_parses_nothing() {
        let (host, certificates, policies) = (talkative(), Certificates::default(), policy_set());
        let read = || {
            let before = host.calls();
            let connection = Connection::read(&host, &certificates, Some(&policies));
            (connection, host.calls() - before)
        };
        let (first, calls) = read();
        let asked = [
            property::MTLS,
            property::PEER_CERTIFICATE_VALID,
            property::PEER_CERTIFICATE_DIGEST,
            property::PEER_CERTIFICATE,
            property::DESTINATION_PORT,
            "the time",
        ];
        assert_eq!(calls, asked.len());
        let (second, calls) = read();
        assert_eq!(calls, asked.len() - 1);
        let leaf = |connection: &Connection| {
            connection.lend(Protocol::Tcp, |request| {
                let Peer::Certificate(certificate) = request.peer else {
                    panic!("{:?}", request.peer)
                };
                std::ptr::from_ref(*certificate.leaf.known().unwrap())
            })
        };
        assert_eq!(leaf(&first), leaf(&second), "the very same parsed certificate");
    }

    #[test]
    fn the_time_is_read_with_each_request_whose_certificate_has_an_end() {
        let (host, certificates, policies) = (talkative(), Certificates::default(), policy_set());
        for nanoseconds in [7, 9] {
            host.set_time(Ok(nanoseconds));
            let connection = Connection::read(&host, &certificates, Some(&policies));
            let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds)).unwrap();
            assert_eq!(connection.time, Attribute::Known(now));
        }
        host.set_peer(None);
        let connection = Connection::read(&host, &certificates, Some(&policies));
        assert_eq!(connection.time, Attribute::Unreadable);
    }

    #[test]
    fn a_list_of_digests_alone_needs_no_certificate() {
        let digest = "22".repeat(32);
        let policies = policies_of(&format!(
            r#"{{"profile": "istio", "workload": {{"namespace": "shop"}}, "resources": [],
                "svid": {{"denied": {{"sha256Digests": ["{digest}"]}}}}}}"#
        ));
        let host = talkative();
        connection(&host, Some(&policies)).lend(Protocol::Tcp, |request| {
            let Peer::Certificate(certificate) = request.peer else {
                panic!("{:?}", request.peer)
            };
            assert_eq!(certificate.digest, Attribute::Known(&[0x11; 32][..]));
            assert_eq!(certificate.leaf, Attribute::Unreadable);
        });
        assert_eq!(host.calls(), 5);
    }

    #[test]
    fn a_peer_without_a_certificate_is_not_asked_for_it() {
        let host = talkative();
        host.set_peer(None);
        let connection = connection(&host, Some(&policy_set()));
        assert_eq!(connection.peer, OwnedPeer::Plaintext);
        assert_eq!(host.calls(), 2);
    }

    #[test]
    fn an_empty_server_name_is_none() {
        let table: [(Reading, Attribute<Vec<u8>>); 4] = [
            (Ok(b"\xff"), Attribute::Known(b"\xff".to_vec())),
            (Ok(b""), Attribute::Absent),
            (Err(HostError::NotFound), Attribute::Absent),
            (Err(HostError::Status(2)), Attribute::Unreadable),
        ];
        for (reading, expected) in table {
            let host = FakeHost::new();
            host.set_reading(property::REQUESTED_SERVER_NAME, reading);
            assert_eq!(read_sni(&host), expected, "{reading:?}");
        }
    }
}
