//! [`Connection`]: what the host says about the connection that a request or a TCP stream comes by.

use core::net::IpAddr;
use std::rc::Rc;

use spiffe_authz_policy::{Attribute, Document, Input, Protocol, Request};
use time::OffsetDateTime;

use super::address::{direct_peer, without_port};
use super::channel::Channel;
use super::clock::read_time;
use super::metadata::read_metadata;
use super::reading::lent;
use crate::host::Host;
use crate::in_force::InForce;
use crate::property;

/// What is known of a connection, in memory of our own. What no policy in force reads was not asked for, and is
/// unreadable: nobody can take it for absent.
#[derive(Debug)]
pub(super) struct Connection {
    channel: Rc<Channel>,
    source_ip: Attribute<IpAddr>,
    remote_ip: Attribute<IpAddr>,
    metadata: Attribute<Document>,
    time: Attribute<OffsetDateTime>,
}

impl Connection {
    /// Asks the host for what may be another with each request, as far as the policies in force read it.
    pub(super) fn on(channel: Rc<Channel>, host: &impl Host, in_force: Option<&InForce>) -> Self {
        let wanted = |input| in_force.filter(|in_force| in_force.policies().reads(input));
        // Whether a certificate is still valid is looked at with each request, however old its connection is.
        let shown = channel.peer.shows_certificate();
        let reads_time = wanted(Input::Time).or(wanted(Input::Validity).filter(|_| shown));
        Self {
            source_ip: where_wanted(wanted(Input::SourceIp), |in_force| {
                direct_peer(host, in_force.direct_remote_address())
            }),
            remote_ip: where_wanted(wanted(Input::RemoteIp), |_| {
                without_port(host, property::SOURCE_ADDRESS)
            }),
            metadata: where_wanted(wanted(Input::Metadata), |_| read_metadata(host)),
            time: where_wanted(reads_time, |_| read_time(host)),
            channel,
        }
    }

    /// Calls `use_it` with a request of which only the connection is known.
    pub(super) fn lend<R>(&self, protocol: Protocol, use_it: impl FnOnce(Request<'_>) -> R) -> R {
        let Channel {
            peer,
            destination_ip,
            destination_port,
            sni,
            ..
        } = &*self.channel;
        let uri_sans = peer.uri_sans();
        use_it(Request {
            peer: peer.lent(uri_sans.as_slice()),
            source_ip: self.source_ip,
            remote_ip: self.remote_ip,
            destination_ip: *destination_ip,
            destination_port: *destination_port,
            sni: lent(sni).map(Vec::as_slice),
            metadata: lent(&self.metadata),
            time: self.time,
            ..Request::absent(protocol)
        })
    }
}

/// The attribute if it is wanted under a configuration.
fn where_wanted<T>(wanted: Option<&InForce>, read: impl FnOnce(&InForce) -> Attribute<T>) -> Attribute<T> {
    wanted.map_or(Attribute::Unreadable, read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::peer::OwnedPeer;
    use crate::certificates::Certificates;
    use crate::fake_host::{FRONTEND_PEM, FakeHost, policies_of, policies_with, policy_set};
    use spiffe_authz_policy::{LeafCertificate, Peer, PeerCertificate, PolicySet, Validation};

    const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";
    /// One condition on each input that costs a hostcall of its own.
    const WHEN_EVERYTHING: &str = r#"
        {"key": "source.ip", "values": ["10.0.0.1"]}, {"key": "remote.ip", "values": ["10.0.0.2"]},
        {"key": "destination.port", "values": ["8080"]},
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

    fn leaf(connection: &Connection) -> *const LeafCertificate {
        connection.lend(Protocol::Tcp, |request| {
            let Peer::Certificate(certificate) = request.peer else {
                panic!("{:?}", request.peer)
            };
            std::ptr::from_ref(*certificate.leaf.known().unwrap())
        })
    }

    fn ip(text: &str) -> Attribute<IpAddr> {
        Attribute::Known(text.parse().unwrap())
    }

    /// What is read where nothing is remembered.
    fn connection(host: &FakeHost, policies: Option<&PolicySet>) -> Connection {
        let in_force = policies.cloned().map(InForce::new);
        let channel = Channel::read(host, &Certificates::default(), in_force.as_ref());
        Connection::on(Rc::new(channel), host, in_force.as_ref())
    }

    /// A request of those that come one after the other, and how many hostcalls it made beside that for its headers.
    fn next(host: &FakeHost, certificates: &Certificates, in_force: &InForce) -> (Connection, usize) {
        let before = host.calls();
        let channel = Channel::of_request(host, certificates, Some(in_force));
        let connection = Connection::on(channel, host, Some(in_force));
        (connection, host.calls().abs_diff(before))
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
            ];
            assert_eq!(host.calls(), always.len());
            connection.lend(Protocol::Tcp, |request| {
                let addresses = [request.source_ip, request.remote_ip, request.destination_ip];
                assert_eq!(addresses, [Attribute::Unreadable; 3]);
                assert_eq!(request.destination_port, Attribute::Unreadable);
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
            (r#"{"key": "destination.port", "values": ["8080"]}"#, 1),
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
            assert_eq!(host.calls(), 3 + more, "{condition}");
        }
    }

    #[test]
    fn the_first_request_of_a_peer_on_another_connection_parses_nothing() {
        let (host, certificates, in_force) =
            (talkative(), Certificates::default(), InForce::new(policy_set()));
        let asked = [
            property::CONNECTION_ID,
            property::MTLS,
            property::PEER_CERTIFICATE_VALID,
            property::PEER_CERTIFICATE_DIGEST,
            property::PEER_CERTIFICATE,
            "the time",
        ];
        host.set_reading(property::CONNECTION_ID, Ok(&7_u64.to_le_bytes()));
        let (first, calls) = next(&host, &certificates, &in_force);
        assert_eq!(calls, asked.len());
        host.set_reading(property::CONNECTION_ID, Ok(&8_u64.to_le_bytes()));
        let (second, calls) = next(&host, &certificates, &in_force);
        assert_eq!(calls, asked.len() - 1);
        assert_eq!(leaf(&first), leaf(&second), "the very same parsed certificate");
    }

    #[test]
    fn the_time_is_read_with_each_request_whose_certificate_has_an_end() {
        let (host, certificates, in_force) =
            (talkative(), Certificates::default(), InForce::new(policy_set()));
        host.set_reading(property::CONNECTION_ID, Ok(&7_u64.to_le_bytes()));
        for nanoseconds in [7, 9] {
            host.set_time(Ok(nanoseconds));
            let (connection, _) = next(&host, &certificates, &in_force);
            let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds)).unwrap();
            assert_eq!(connection.time, Attribute::Known(now));
        }
        host.set_peer(None);
        assert_eq!(
            self::connection(&host, Some(&policy_set())).time,
            Attribute::Unreadable
        );
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
        assert_eq!(host.calls(), 4);
    }

    #[test]
    fn a_peer_without_a_certificate_is_not_asked_for_it() {
        let host = talkative();
        host.set_peer(None);
        let connection = connection(&host, Some(&policy_set()));
        assert_eq!(connection.channel.peer, OwnedPeer::Plaintext);
        assert_eq!(host.calls(), 1);
    }
}
