//! [`Connections`]: what was read of a connection once, for the requests that follow on it.
//!
//! The proxy numbers its connections and uses no number twice, and after the handshake neither the certificate of the peer
//! nor whether it was verified changes: one hostcall for the number stands for those that read them. Remembered is nothing
//! but a verified certificate of which everything was read that the policies in force read. Whatever failed, and whoever
//! shows no certificate, is asked about anew with each request; and so is whatever a connection may change: its client's
//! address behind X-Forwarded-For, filter state, metadata, the time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::channel::Channel;
use super::reading::{parsed, read};
use crate::certificates::Certificates;
use crate::host::Host;
use crate::property;

/// How many connections are remembered: as many as certificates, so that both together take twice what those may take.
const PLACES: u64 = 1024;

/// The connections of one configuration. A connection has one place, by its number, and whoever comes last has it.
#[derive(Debug)]
pub(crate) struct Connections {
    places: RefCell<Vec<Place>>,
    /// Whether the last one was remembered. Where peers come without certificates the number is not asked for.
    is_worth_asking: Cell<bool>,
}

/// Who has a place: a connection by its number.
type Place = Option<(u64, Rc<Channel>)>;

impl Default for Connections {
    fn default() -> Self {
        Self {
            places: RefCell::default(),
            is_worth_asking: Cell::new(true),
        }
    }
}

impl Connections {
    /// What is known of the connection that the host has in hand, from `read` where it is not remembered.
    pub(super) fn known(
        &self,
        host: &impl Host,
        certificates: &Certificates,
        read: impl FnOnce() -> Channel,
    ) -> Rc<Channel> {
        let asked = self.is_worth_asking.get();
        let number = if asked { number(host) } else { None };
        if let Some(channel) = number.and_then(|number| self.remembered(number)) {
            return channel;
        }
        let channel = Rc::new(read());
        let lasts = channel.lasts(certificates);
        let number = match number {
            None if lasts && !asked => self::number(host),
            given => given,
        };
        self.is_worth_asking.set(lasts && number.is_some());
        if let Some(number) = number.filter(|_| lasts) {
            self.remember(number, &channel);
        }
        channel
    }

    fn remembered(&self, number: u64) -> Option<Rc<Channel>> {
        let places = self.places.try_borrow().ok()?;
        let (own_number, channel) = places.get(place(number)?)?.as_ref()?;
        (*own_number == number).then(|| Rc::clone(channel))
    }

    fn remember(&self, number: u64, channel: &Rc<Channel>) {
        let (Ok(mut places), Some(place)) = (self.places.try_borrow_mut(), place(number)) else {
            return;
        };
        if places.len() <= place {
            places.resize(place.saturating_add(1), None);
        }
        if let Some(place) = places.get_mut(place) {
            *place = Some((number, Rc::clone(channel)));
        }
    }
}

fn place(number: u64) -> Option<usize> {
    usize::try_from(number % PLACES).ok()
}

/// The number of the connection: 8 bytes, little-endian. Whoever cannot say it is asked about everything.
fn number(host: &impl Host) -> Option<u64> {
    let number = parsed(read(host, property::CONNECTION_ID), |bytes| {
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    });
    number.known().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::peer::OwnedPeer;
    use crate::fake_host::{FakeHost, policies_of, policy_set};
    use crate::host::HostError;
    use crate::in_force::InForce;

    const FRONTEND: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";
    const STRANGER: &[u8] = b"spiffe://cluster.local/ns/shop/sa/stranger";

    /// A host with the frontend on its connection, and a configuration that nothing was asked under.
    struct Proxy {
        host: FakeHost,
        certificates: Certificates,
        in_force: InForce,
    }

    impl Proxy {
        fn new() -> Self {
            let proxy = Self {
                host: FakeHost::new(),
                certificates: Certificates::default(),
                in_force: InForce::new(policy_set()),
            };
            proxy.host.set_peer(Some(FRONTEND));
            proxy.on(7);
            proxy
        }

        /// The next request comes on the connection of this number.
        fn on(&self, number: u64) {
            self.host
                .set_reading(property::CONNECTION_ID, Ok(&number.to_le_bytes()));
        }

        /// What is known of the connection of a request, and how many hostcalls that took.
        fn request(&self) -> (Rc<Channel>, usize) {
            let before = self.host.calls();
            let channel = Channel::of_request(&self.host, &self.certificates, Some(&self.in_force));
            (channel, self.host.calls().abs_diff(before))
        }

        /// The peer of a request.
        fn uri_san(&self) -> Vec<u8> {
            let (channel, _) = self.request();
            channel.peer.uri_sans().as_slice().concat()
        }
    }

    #[test]
    fn the_requests_that_follow_on_a_connection_make_one_hostcall_instead_of_five() {
        let proxy = Proxy::new();
        let (first, calls) = proxy.request();
        assert_eq!(calls, 5);
        for _ in 0..3 {
            let (next, calls) = proxy.request();
            assert_eq!(calls, 1);
            assert!(Rc::ptr_eq(&first, &next));
        }
    }

    #[test]
    fn another_number_is_another_connection_at_the_same_place_too() {
        let proxy = Proxy::new();
        assert_eq!(proxy.uri_san(), FRONTEND);
        proxy.host.set_peer(Some(STRANGER));
        assert_eq!(proxy.uri_san(), FRONTEND, "the number is the same");
        for number in [8, 7 + PLACES, u64::MAX] {
            proxy.on(number);
            assert_eq!(proxy.uri_san(), STRANGER, "{number}");
        }
        proxy.host.set_peer(Some(FRONTEND));
        proxy.on(7);
        assert_eq!(proxy.uri_san(), FRONTEND);
    }

    #[test]
    fn as_many_connections_are_remembered_as_there_are_places() {
        let proxy = Proxy::new();
        for number in 0..PLACES {
            proxy.on(number);
            proxy.request();
        }
        for number in 0..PLACES {
            proxy.on(number);
            assert_eq!(proxy.request().1, 1, "{number}");
        }
        proxy.on(3 * PLACES);
        assert_eq!(proxy.request().1, 4);
        proxy.on(0);
        assert_eq!(proxy.request().1, 4);
        assert_eq!(proxy.in_force.connections.places.borrow().len(), 1024);
    }

    #[test]
    fn under_another_configuration_everything_is_read_anew() {
        let mut proxy = Proxy::new();
        proxy.request();
        proxy.in_force = InForce::new(policy_set());
        assert_eq!(proxy.request().1, 4, "all but the certificate");
    }

    #[test]
    fn a_certificate_that_was_not_verified_is_asked_about_with_every_request() {
        for valid in [
            Ok(&[0_u8][..]),
            Err(HostError::NotFound),
            Err(HostError::Status(2)),
        ] {
            let proxy = Proxy::new();
            proxy.host.set_reading(property::PEER_CERTIFICATE_VALID, valid);
            let (first, _) = proxy.request();
            proxy.host.set_reading(property::PEER_CERTIFICATE_VALID, Ok(&[1]));
            let (second, _) = proxy.request();
            assert!(!Rc::ptr_eq(&first, &second), "{valid:?}");
            assert_eq!(proxy.request().1, 1);
        }
    }

    #[test]
    fn a_peer_without_a_certificate_is_asked_about_with_every_request_and_its_connection_for_no_number() {
        let proxy = Proxy::new();
        proxy.host.set_peer(None);
        let (first, calls) = proxy.request();
        assert_eq!((&first.peer, calls), (&OwnedPeer::Plaintext, 2));
        assert_eq!(proxy.request().1, 1);
        proxy.host.set_peer(Some(FRONTEND));
        assert_eq!(proxy.uri_san(), FRONTEND);
        assert_eq!(proxy.request().1, 1);
    }

    #[test]
    fn whichever_hostcall_fails_nothing_of_it_is_remembered() {
        for call in 0..5 {
            for error in [
                HostError::NotFound,
                HostError::Status(10),
                HostError::NullBuffer { size: 8 },
            ] {
                let proxy = Proxy::new();
                proxy.host.fail_call(call, error);
                proxy.request();
                assert_eq!(proxy.uri_san(), FRONTEND);
                let (third, _) = proxy.request();
                assert!(third.peer.shows_certificate(), "{call} {error:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_of_8_bytes_stands_for_no_connection() {
        for reading in [&b""[..], b"7", &[7; 9]] {
            let proxy = Proxy::new();
            proxy.host.set_reading(property::CONNECTION_ID, Ok(reading));
            assert_eq!(proxy.uri_san(), FRONTEND);
            proxy.host.set_peer(Some(STRANGER));
            assert_eq!(proxy.uri_san(), STRANGER, "{reading:?}");
        }
    }

    #[test]
    fn a_uri_san_that_is_reported_is_remembered_up_to_the_longest_spiffe_id() {
        let istio = r#"{"profile": "istio", "workload": {"namespace": "shop"}, "resources": []}"#;
        for (bytes, expected) in [(LONGEST, 1), (LONGEST + 1, 3)] {
            let mut proxy = Proxy::new();
            proxy.in_force = InForce::new(policies_of(istio));
            proxy
                .host
                .set_reading(property::PEER_URI_SAN, Ok(&vec![b'a'; bytes]));
            proxy.request();
            assert_eq!(proxy.request().1, expected, "{bytes} bytes");
        }
    }

    const LONGEST: usize = 2048;

    #[test]
    fn a_certificate_that_is_too_large_to_be_kept_is_not_remembered_with_its_connection_either() {
        let proxy = Proxy::new();
        let pem = [crate::fake_host::FRONTEND_PEM.as_bytes(), &[b'\n'; 16 << 10]].concat();
        proxy.host.set_reading(property::PEER_CERTIFICATE, Ok(&pem));
        proxy.request();
        assert!(proxy.request().1 > 1);
    }
}
