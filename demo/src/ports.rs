//! Free TCP ports on the loopback address, for processes that must be told their port before they start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// `count` different loopback addresses whose ports nobody listened on a moment ago.
///
/// All ports are held at once while they are picked, so no two are the same. They are free again when this
/// returns: whoever binds one must be ready to name it in the error when another process was quicker.
///
/// # Errors
/// The operating system's error when it has no port left to give.
pub fn free_loopback_addresses(count: usize) -> io::Result<Vec<SocketAddr>> {
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<io::Result<_>>()?;
    listeners.iter().map(TcpListener::local_addr).collect()
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
    fn a_port_can_be_bound_after_it_was_picked() {
        let addresses = free_loopback_addresses(3).unwrap();
        let bound: Vec<_> = addresses.iter().map(TcpListener::bind).collect();
        assert!(bound.iter().all(Result::is_ok), "{bound:?}");
    }
}
