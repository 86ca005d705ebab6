//! [`IpMatcher`]: a value of `ipBlocks`, `remoteIpBlocks` and of the conditions on an address (S-5).

use core::net::IpAddr;

use ipnet::IpNet;

/// A block of addresses. Families do not mix: `0.0.0.0/0` holds no IPv6 address, not even a mapped one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct IpMatcher(IpNet);

impl IpMatcher {
    /// Reads a CIDR block, whose host bits mean nothing, or a single address; `None` for anything else.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let block = match value.split_once('/') {
            // Go reads `/8`, and neither `/08` nor `/+8`.
            Some((_, length)) if !is_plain_decimal(length) => return None,
            Some(_) => value.parse().ok()?,
            None => IpNet::from(value.parse::<IpAddr>().ok()?),
        };
        Some(Self(block.trunc()))
    }

    /// The block, without host bits.
    pub(crate) fn block(&self) -> IpNet {
        self.0
    }

    pub(crate) fn matches(&self, ip: IpAddr) -> bool {
        self.0.contains(&ip)
    }
}

fn is_plain_decimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_block_holds_the_addresses_under_its_mask() {
        let table: [(&str, &[&str], &[&str]); 10] = [
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255"],
                &["9.255.255.255", "11.0.0.0"],
            ),
            ("10.1.2.3/8", &["10.9.9.9"], &["11.1.2.3"]),
            ("10.1.2.3", &["10.1.2.3"], &["10.1.2.2", "10.1.2.4"]),
            ("10.1.2.3/32", &["10.1.2.3"], &["10.1.2.4"]),
            (
                "10.1.2.3/31",
                &["10.1.2.2", "10.1.2.3"],
                &["10.1.2.4", "10.1.2.1"],
            ),
            (
                "0.0.0.0/0",
                &["0.0.0.0", "255.255.255.255"],
                &["::", "::ffff:10.0.0.1"],
            ),
            ("::/0", &["::", "::ffff:10.0.0.1"], &["10.0.0.1"]),
            (
                "fd00::1/64",
                &["fd00::", "fd00::ffff"],
                &["fd00:0:0:1::", "10.0.0.1"],
            ),
            ("fd00::1", &["fd00::1", "fd00:0::0:1"], &["fd00::2"]),
            (
                "::ffff:10.0.0.0/104",
                &["::ffff:10.9.9.9"],
                &["10.9.9.9", "::ffff:11.0.0.0"],
            ),
        ];
        for (value, yes, no) in table {
            let matcher = IpMatcher::parse(value).unwrap();
            for ip in yes {
                assert!(matcher.matches(ip.parse().unwrap()), "`{value}` must hold `{ip}`");
            }
            for ip in no {
                assert!(
                    !matcher.matches(ip.parse().unwrap()),
                    "`{value}` must not hold `{ip}`"
                );
            }
        }
    }

    #[test]
    fn what_is_neither_block_nor_address_is_refused() {
        for value in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "10.0.0.0/00",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "10.0.0.0/255.0.0.0",
            "010.0.0.1",
            "256.0.0.0",
            "10.0.0.1 ",
            " 10.0.0.1",
            "10.0.0.1:80",
            "[::1]",
            "fe80::1%eth0",
            "localhost",
            "*",
            "10.*",
            "10.0.0.1-10.0.0.9",
            "10.0.0.0/٨",
        ] {
            assert_eq!(IpMatcher::parse(value), None, "`{value}`");
        }
    }

    #[test]
    fn host_bits_make_no_other_block() {
        assert_eq!(IpMatcher::parse("10.1.2.3/8"), IpMatcher::parse("10.0.0.0/8"));
        assert_eq!(IpMatcher::parse("10.1.2.3"), IpMatcher::parse("10.1.2.3/32"));
        assert_eq!(IpMatcher::parse("fd00::1"), IpMatcher::parse("fd00::1/128"));
    }
}
