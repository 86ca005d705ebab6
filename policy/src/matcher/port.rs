//! [`PortMatcher`]: a value of `ports`.

/// A destination port, compared exactly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PortMatcher(u16);

impl PortMatcher {
    /// Reads a decimal number from 0 to 65535; `None` for anything else.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        parse_port(value).map(Self)
    }

    pub(crate) fn matches(self, port: u16) -> bool {
        self.0 == port
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
            "",
            "65536",
            "+80",
            "-1",
            " 80",
            "80 ",
            "0x50",
            "http",
            "8080-8090",
            "٨٠",
        ] {
            assert_eq!(parse_port(value), None, "`{value}`");
        }
    }
}
