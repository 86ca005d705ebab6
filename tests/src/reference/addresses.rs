//! S-5 `ipBlocks`: "CIDR or single address (/32, /128), host bits masked". Families do not mix.

use std::net::IpAddr;

use serde_json::Value;

use super::compare::{Names, Several, inputs};
use super::documents::text;
use super::truth::Answer;

pub(super) fn compare(owner: &Value, names: Names, address: Option<IpAddr>) -> Answer {
    let addresses: Vec<IpAddr> = address.into_iter().collect();
    inputs(owner, names, Several::Any, &addresses, |value, address| {
        is_in(text(value)?, *address)
    })
}

fn is_in(block: &str, address: IpAddr) -> Result<bool, String> {
    let wrong = || format!("no address block: `{block}`");
    let (network, length) = match block.split_once('/') {
        None => (block, None),
        Some((network, length)) => (network, Some(length.parse::<usize>().map_err(|_| wrong())?)),
    };
    let network = bits(network.parse().map_err(|_| wrong())?);
    let address = bits(address);
    let length = length.unwrap_or(network.len());
    if length > network.len() {
        return Err(wrong());
    }
    Ok(network.len() == address.len() && network[..length] == address[..length])
}

/// The address, bit by bit.
fn bits(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("{:0128b}", address.to_bits()),
    }
}
