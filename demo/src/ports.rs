//! Free TCP ports on the loopback address, for processes that must be told their port before they start.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;

/// Below those that systems give to outgoing connections (Linux from 32,768, others from 49,152): one of these might take
/// the port between the pick and the start, or while a listener that was killed is on its way back.
const PORTS: Range<u16> = 12_000..30_000;
/// Prime, and no divisor of how many there are: the steps come to every port before they come to one again.
const STEP: usize = 331;

/// `count` different loopback addresses whose ports nobody listened on a moment ago.
///
/// All ports are held at once while they are picked, so no two are the same. They are free again when this
/// returns: whoever binds one must be ready to name it in the error when another process was quicker.
///
/// # Errors
/// [`io::ErrorKind::AddrInUse`] when there are no more.
pub fn free_loopback_addresses(count: usize) -> io::Result<Vec<SocketAddr>> {
    let free = ports().filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    let listeners: Vec<TcpListener> = free.take(count).collect();
    if listeners.len() < count {
        return Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!(
                "{} free ports on loopback, and {count} are needed",
                listeners.len()
            ),
        ));
    }
    listeners.iter().map(TcpListener::local_addr).collect()
}

/// Every port once, from one by chance on: two processes that pick at once begin elsewhere.
fn ports() -> impl Iterator<Item = u16> {
    let chance = RandomState::new().hash_one(std::process::id());
    let start = usize::try_from(chance & 0x3fff).unwrap_or_default();
    PORTS.cycle().skip(start).step_by(STEP).take(PORTS.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_ports_are_all_different_and_on_loopback() {
        let addresses = free_loopback_addresses(50).unwrap();
        assert_eq!(
            addresses
                .iter()
                .map(SocketAddr::port)
                .collect::<BTreeSet<_>>()
                .len(),
            50
        );
        assert!(addresses.iter().all(|address| address.ip().is_loopback()));
    }

    #[test]
    fn every_port_of_the_range_is_tried_once() {
        let all: BTreeSet<u16> = ports().collect();
        assert_eq!(all, PORTS.collect());
    }

    #[test]
    fn a_port_can_be_bound_after_it_was_picked() {
        let addresses = free_loopback_addresses(3).unwrap();
        let bound: Vec<_> = addresses.iter().map(TcpListener::bind).collect();
        assert!(bound.iter().all(Result::is_ok), "{bound:?}");
    }
}
