//! Free ports that no outgoing connection takes.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below those that the system gives to outgoing connections: one of these might take the port of a listener that was
/// killed, or even reach itself there.
const RANGE: std::ops::Range<u16> = 12_000..30_000;
const TRIES: usize = 1_000;

/// So many loopback addresses that nobody listens on.
pub(super) fn free_addresses<const N: usize>(dice: &mut fastrand::Rng) -> Result<[SocketAddr; N], String> {
    let mut held = Vec::new();
    for _ in 0..TRIES {
        if held.len() < N {
            held.extend(TcpListener::bind((Ipv4Addr::LOCALHOST, dice.u16(RANGE))));
        }
    }
    let addresses = held.iter().map(TcpListener::local_addr);
    let addresses: Vec<SocketAddr> = addresses
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    <[SocketAddr; N]>::try_from(addresses).map_err(|found| format!("{} free ports, not {N}", found.len()))
}
