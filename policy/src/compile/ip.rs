//! A value of `ipBlocks`, `remoteIpBlocks`, or of a condition on an address.

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::ip::IpMatcher;

pub(crate) fn compile(value: &str, at: &FieldPath<'_>, problems: &mut Problems) -> Option<IpMatcher> {
    let block = IpMatcher::parse(value);
    if block.is_none() {
        problems.invalid(
            at,
            value,
            "an IP address or block such as `10.0.0.0/8` or `2001:db8::/32`",
        );
    }
    block
}
