//! Where the peers that speak plaintext come from: an address of loopback for each, so that an access log tells them apart.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use crate::migration::peer::Peer;

/// An address for each peer that speaks plaintext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    frontend: IpAddr,
    orders_job: IpAddr,
    scanner: IpAddr,
    quiet_client: IpAddr,
}

impl Addresses {
    /// 127.0.0.21, .22, .23 and .99. Where loopback has one address only (macOS), all of them are 127.0.0.1.
    #[must_use]
    pub fn pick() -> Self {
        Self {
            frontend: own_or_shared(Ipv4Addr::new(127, 0, 0, 21)),
            orders_job: own_or_shared(Ipv4Addr::new(127, 0, 0, 22)),
            scanner: own_or_shared(Ipv4Addr::new(127, 0, 0, 99)),
            quiet_client: own_or_shared(Ipv4Addr::new(127, 0, 0, 23)),
        }
    }

    /// Where the peer comes from while it speaks plaintext. Orders never does; it would come from 127.0.0.1.
    #[must_use]
    pub fn of(&self, peer: Peer) -> IpAddr {
        match peer {
            Peer::Orders => Ipv4Addr::LOCALHOST.into(),
            Peer::Frontend => self.frontend,
            Peer::OrdersJob => self.orders_job,
            Peer::Scanner => self.scanner,
            Peer::QuietClient => self.quiet_client,
        }
    }
}

fn own_or_shared(wanted: Ipv4Addr) -> IpAddr {
    match TcpListener::bind((wanted, 0)) {
        Ok(_) => wanted.into(),
        Err(_not_ours) => Ipv4Addr::LOCALHOST.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_of_this_machine_is_replaced_by_the_one_that_is() {
        // TEST-NET-1 of RFC 5737: nobody has it.
        assert_eq!(own_or_shared(Ipv4Addr::new(192, 0, 2, 1)), Ipv4Addr::LOCALHOST);
    }

    #[test]
    fn every_address_is_on_loopback() {
        let addresses = Addresses::pick();
        assert!(
            Peer::REGULAR
                .into_iter()
                .all(|peer| addresses.of(peer).is_loopback())
        );
    }
}
