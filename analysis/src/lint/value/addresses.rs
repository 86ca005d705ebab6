//! Blocks of addresses.

use ipnet::IpNet;
use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let is_address = matches!(
        value.key(),
        StatedKey::IpBlocks | StatedKey::RemoteIpBlocks | StatedKey::DestinationIp
    );
    if !is_address {
        return None;
    }
    let block: IpNet = value.text().parse().ok()?;
    host_bits(block, value).or_else(|| one_family(context, block, value))
}

fn host_bits(block: IpNet, value: &PlacedValue<'_>) -> Option<Lint> {
    let whole = block.trunc();
    if whole.addr() == block.addr() {
        return None;
    }
    let message = format!(
        "`{}` is the whole block `{whole}`: the bits behind the length mean nothing",
        value.text()
    );
    let help = format!("write `{whole}`, or `{}` for this address alone", block.addr());
    Some(Lint::new(LintCode::HostBits, &value.value.at, message).help(help))
}

/// Address families do not mix.
fn one_family(context: &Context<'_>, block: IpNet, value: &PlacedValue<'_>) -> Option<Lint> {
    let (other, family) = match block {
        IpNet::V4(_) => ("::/0", "IPv6"),
        IpNet::V6(_) => ("0.0.0.0/0", "IPv4"),
    };
    if block.prefix_len() != 0 || value.any_beside(context, |beside| beside.text == other)? {
        return None;
    }
    let message = format!("`{}` holds no {family} address", value.text());
    let help = format!("add `{other}` if every address is meant");
    Some(Lint::new(LintCode::OneFamily, &value.value.at, message).help(help))
}
