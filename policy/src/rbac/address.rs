//! Blocks of addresses, and ports.

use core::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};

/// An `envoy.config.core.v3.CidrRange`; a single address is a block of one. `None` for what is neither.
pub(super) fn cidr_range(value: &str) -> Option<Value> {
    let single = || value.parse::<IpAddr>().map(IpNet::from);
    let block = value.parse::<IpNet>().or_else(|_| single()).ok()?;
    Some(json!({
        "address_prefix": block.addr().to_string(),
        "prefix_len": block.prefix_len(),
    }))
}

pub(super) fn destination_port(value: &str) -> Option<Value> {
    let port: u16 = value.parse().ok()?;
    Some(json!({"destination_port": port}))
}
