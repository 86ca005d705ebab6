//! Addresses and ports at the boundaries of blocks and ranges.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;

use ipnet::IpNet;

/// An address of each part into which the blocks divide all addresses: where a block begins, and behind its end. Those that
/// stand for the rest come first.
pub(super) fn addresses<'a>(blocks: impl Iterator<Item = &'a str>) -> Vec<IpAddr> {
    let mut addresses = vec![
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    ];
    let mut boundaries = BTreeSet::from([
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ]);
    for block in blocks.filter_map(parse) {
        let first = block.network();
        addresses.extend(next(first).filter(|next| block.contains(next)));
        boundaries.insert(first);
        boundaries.extend(next(last(&block)));
    }
    addresses.extend(boundaries);
    addresses
}

fn parse(text: &str) -> Option<IpNet> {
    let block = text.parse::<IpNet>().ok();
    block
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
        .map(|block| block.trunc())
}

fn last(block: &IpNet) -> IpAddr {
    match block {
        IpNet::V4(block) => IpAddr::V4(block.broadcast()),
        IpNet::V6(block) => IpAddr::V6(block.broadcast()),
    }
}

fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => address
            .to_bits()
            .checked_add(1)
            .map(|bits| Ipv4Addr::from_bits(bits).into()),
        IpAddr::V6(address) => address
            .to_bits()
            .checked_add(1)
            .map(|bits| Ipv6Addr::from_bits(bits).into()),
    }
}

/// The port of Istio's tunnels, which always asks for mTLS.
const TUNNEL: u16 = 15008;

/// A port of each part into which the values divide all ports.
pub(super) fn ports<'a>(values: impl Iterator<Item = &'a str>, modes: &[u16]) -> Vec<u16> {
    let mut ports = vec![8080];
    let mut boundaries = BTreeSet::from([0, TUNNEL, TUNNEL.saturating_add(1)]);
    let singles = modes.iter().map(|port| (*port, *port));
    let ranges = values.filter_map(|value| {
        let (first, last) = value.split_once('-').unwrap_or((value, value));
        Some((first.parse().ok()?, last.parse().ok()?))
    });
    for (first, last) in singles.chain(ranges) {
        let _: u16 = first;
        let last: u16 = last;
        boundaries.insert(first);
        boundaries.extend(last.checked_add(1));
    }
    ports.extend(boundaries);
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_blocks_have_an_address_of_each_part() {
        let blocks = ["10.0.0.0/8", "10.1.0.0/16"];
        let truths: BTreeSet<Vec<bool>> = addresses(blocks.into_iter())
            .iter()
            .map(|address| {
                let holds = |block: &str| block.parse::<IpNet>().is_ok_and(|block| block.contains(address));
                blocks.map(holds).to_vec()
            })
            .collect();
        assert_eq!(truths.len(), 3);
    }

    #[test]
    fn overlapping_ranges_of_ports_have_a_port_of_each_part() {
        let ports = ports(["80-90", "85-95"].into_iter(), &[]);
        for part in [79_u16..=79, 80..=84, 85..=90, 91..=95] {
            let has = ports.iter().any(|port| part.contains(port));
            assert!(has || part == (79..=79), "{part:?}");
        }
    }
}
