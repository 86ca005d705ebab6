//! [`Channel`]: what the host says about a connection that stays true as long as it lives.

use core::net::IpAddr;
use std::cell::Cell;
use std::rc::Rc;

use spiffe_authz_policy::{Attribute, Input};

use super::address::{destination_port, without_port};
use super::peer::OwnedPeer;
use super::reading::read;
use crate::certificates::Certificates;
use crate::host::Host;
use crate::in_force::InForce;
use crate::property;

/// The peer and the local end. What no policy in force reads was not asked for, and is unreadable.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) peer: OwnedPeer,
    pub(super) destination_ip: Attribute<IpAddr>,
    pub(super) destination_port: Attribute<u16>,
    pub(super) sni: Attribute<Vec<u8>>,
    /// Whether everything was told that was asked for.
    is_whole: bool,
    met: Cell<Meeting>,
}

/// Whether anything came on a connection before, as far as that is remembered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Meeting {
    /// Nothing.
    First,
    /// A request.
    Again,
}

impl Channel {
    /// Of a request: asked of the host, unless an earlier request on its connection told it.
    pub(super) fn of_request(
        host: &impl Host,
        certificates: &Certificates,
        in_force: Option<&InForce>,
    ) -> Rc<Self> {
        let read = || Self::read(host, certificates, in_force);
        match in_force {
            Some(in_force) => in_force.connections.known(host, certificates, read),
            None => Rc::new(read()),
        }
    }

    /// Asked of the host.
    pub(super) fn read(host: &impl Host, certificates: &Certificates, in_force: Option<&InForce>) -> Self {
        let wanted = |input| in_force.is_some_and(|in_force| in_force.policies().reads(input));
        let peer = OwnedPeer::read(host, certificates, in_force);
        // The mTLS mode asks nothing of a peer that presented a certificate.
        let reads_port = wanted(Input::DestinationPort)
            || (wanted(Input::MtlsModeOfPort) && !peer.presented_certificate());
        let mut told = Told::default();
        Self {
            destination_ip: told.if_wanted(wanted(Input::DestinationIp), || {
                without_port(host, property::DESTINATION_ADDRESS)
            }),
            destination_port: told.if_wanted(reads_port, || destination_port(host)),
            sni: told.if_wanted(wanted(Input::Sni), || read_sni(host)),
            is_whole: told.everything,
            met: Cell::new(Meeting::First),
            peer,
        }
    }

    /// Notes that a request came.
    pub(super) fn meet(&self) -> Meeting {
        self.met.replace(Meeting::Again)
    }

    /// Whether the same would be told with every request: a verified certificate, and nothing that failed.
    pub(super) fn lasts(&self, certificates: &Certificates) -> bool {
        self.is_whole && self.peer.lasts(certificates)
    }
}

/// Whether everything was told so far that was asked for.
struct Told {
    everything: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self { everything: true }
    }
}

impl Told {
    /// The attribute if it is wanted.
    fn if_wanted<T>(&mut self, wanted: bool, read: impl FnOnce() -> Attribute<T>) -> Attribute<T> {
        if !wanted {
            return Attribute::Unreadable;
        }
        let attribute = read();
        self.everything &= !matches!(attribute, Attribute::Unreadable);
        attribute
    }
}

/// The version of TLS that the connection has; absent in plaintext.
pub(crate) fn tls_version(host: &impl Host) -> Attribute<Vec<u8>> {
    not_empty(read(host, property::TLS_VERSION))
}

/// The requested server name. A handshake without one and one with an empty one are the same.
fn read_sni(host: &impl Host) -> Attribute<Vec<u8>> {
    not_empty(read(host, property::REQUESTED_SERVER_NAME))
}

/// Nothing is as good as none.
fn not_empty(reading: Attribute<Vec<u8>>) -> Attribute<Vec<u8>> {
    match reading {
        Attribute::Known(name) if name.is_empty() => Attribute::Absent,
        Attribute::Known(name) => Attribute::Known(name),
        Attribute::Absent => Attribute::Absent,
        Attribute::Unreadable => Attribute::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, policies_of, policy_set};
    use crate::host::HostError;

    type Reading = Result<&'static [u8], HostError>;

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

    /// A workload that takes plaintext on one port.
    fn permissive_on_one_port() -> InForce {
        InForce::new(policies_of(
            r#"{"workload": {"namespace": "shop", "labels": {"app": "orders"}}, "resources": [
                {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
                 "metadata": {"name": "orders", "namespace": "shop"},
                 "spec": {"selector": {"matchLabels": {"app": "orders"}},
                          "portLevelMtls": {"9090": {"mode": "PERMISSIVE"}}}}]}"#,
        ))
    }

    #[test]
    fn the_port_is_asked_for_where_the_mtls_mode_hangs_on_it_and_no_certificate_was_presented() {
        let id = &b"spiffe://cluster.local/ns/shop/sa/frontend"[..];
        for (in_force, peer, expected) in [
            (permissive_on_one_port(), None, Attribute::Known(8080)),
            (permissive_on_one_port(), Some(id), Attribute::Unreadable),
            (InForce::new(policy_set()), None, Attribute::Unreadable),
        ] {
            let host = FakeHost::new();
            host.set_peer(peer);
            let channel = Channel::read(&host, &Certificates::default(), Some(&in_force));
            assert_eq!(channel.destination_port, expected, "{peer:?}");
        }
    }
}
