//! [`PortMatcher`]: a value of `ports`.

use std::ops::RangeInclusive;

/// A destination port, or a range of them with both ends (E-3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PortMatcher(RangeInclusive<u16>);

impl PortMatcher {
    /// Reads a decimal number from 0 to 65535, or two with a `-` between them, the first not above the last;
    /// `None` for anything else.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (first, last) = value.split_once('-').unwrap_or((value, value));
        let range = parse_port(first)?..=parse_port(last)?;
        (!range.is_empty()).then_some(Self(range))
    }

    /// The ports, from the first to the last.
    pub(crate) fn range(&self) -> RangeInclusive<u16> {
        self.0.clone()
    }

    pub(crate) fn matches(&self, port: u16) -> bool {
        self.0.contains(&port)
    }
}

/// A port as decimal digits alone: no sign, no space, no service name.
pub(crate) fn parse_port(value: &str) -> Option<u16> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        value.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_port_is_a_decimal_number_up_to_65535() {
        for (value, port) in [("0", 0), ("80", 80), ("65535", 65535)] {
            assert_eq!(parse_port(value), Some(port));
        }
        for value in [
            "", "65536", "+80", "-1", " 80", "80 ", "0x50", "http", "8080-", "٨٠",
        ] {
            assert_eq!(parse_port(value), None, "`{value}`");
        }
    }

    #[test]
    fn a_range_has_both_its_ends() {
        let range = PortMatcher::parse("8000-8010").unwrap();
        assert!(range.matches(8000) && range.matches(8005) && range.matches(8010));
        assert!(!range.matches(7999) && !range.matches(8011));
        assert!(PortMatcher::parse("80-80").unwrap().matches(80));
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for value in [
            "81-80",
            "-",
            "80-",
            "-80",
            "80-90-100",
            "80 - 90",
            "80-65536",
            "a-b",
        ] {
            assert_eq!(PortMatcher::parse(value), None, "`{value}`");
        }
    }
}
