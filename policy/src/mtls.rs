//! The mTLS mode that PeerAuthentication asks for, by port (P-1 to P-5).

use std::collections::BTreeMap;

use crate::attribute::Attribute;
use crate::input::{Input, Inputs};

/// The port of Istio's HBONE tunnels, which always carry mTLS (P-4).
const HBONE_PORT: u16 = 15008;

/// What PeerAuthentication asks of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MtlsMode {
    /// Only mTLS.
    Strict,
    /// mTLS or plaintext.
    Permissive,
    /// No mTLS is asked for.
    Disable,
}

impl MtlsMode {
    /// The name in a PeerAuthentication document.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "STRICT",
            Self::Permissive => "PERMISSIVE",
            Self::Disable => "DISABLE",
        }
    }
}

/// The resolved modes of one workload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MtlsModes {
    /// The mode of every port without one of its own.
    pub(crate) base: MtlsMode,
    /// `portLevelMtls` of the workload's own PeerAuthentication, inheritance resolved.
    pub(crate) ports: BTreeMap<u16, MtlsMode>,
}

impl MtlsModes {
    /// The mode of a port. Where the port cannot be told, STRICT if any port is STRICT.
    pub(crate) fn of(&self, port: Attribute<u16>) -> MtlsMode {
        match port {
            Attribute::Known(HBONE_PORT) => MtlsMode::Strict,
            Attribute::Known(port) => self.ports.get(&port).copied().unwrap_or(self.base),
            Attribute::Absent | Attribute::Unreadable => self.strictest(),
        }
    }

    /// What has to be known of a connection.
    pub(crate) fn inputs(&self) -> Inputs {
        let is_strict = |mode: &MtlsMode| *mode == MtlsMode::Strict;
        let strict_everywhere = is_strict(&self.base) && self.ports.values().all(is_strict);
        Inputs::when(!strict_everywhere, Input::MtlsModeOfPort)
    }

    fn strictest(&self) -> MtlsMode {
        self.ports
            .values()
            .copied()
            .find(|mode| *mode == MtlsMode::Strict)
            .unwrap_or(self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn modes() -> MtlsModes {
        MtlsModes {
            base: MtlsMode::Permissive,
            ports: [(8080, MtlsMode::Strict)].into(),
        }
    }

    #[test]
    fn a_port_without_a_mode_of_its_own_has_the_base_mode() {
        assert_eq!(modes().of(Attribute::Known(8080)), MtlsMode::Strict);
        assert_eq!(modes().of(Attribute::Known(9090)), MtlsMode::Permissive);
    }

    #[test]
    fn a_port_that_cannot_be_told_has_the_strictest_mode() {
        assert_eq!(modes().of(Attribute::Unreadable), MtlsMode::Strict);
        assert_eq!(modes().of(Attribute::Absent), MtlsMode::Strict);
    }

    #[test]
    fn the_port_need_not_be_known_where_every_port_is_strict() {
        let all = |base, ports: &[(u16, MtlsMode)]| MtlsModes {
            base,
            ports: ports.iter().copied().collect(),
        };
        let strict = MtlsMode::Strict;
        for modes in [all(strict, &[]), all(strict, &[(8080, strict)])] {
            assert!(!modes.inputs().contains(Input::MtlsModeOfPort));
            assert_eq!(modes.of(Attribute::Unreadable), strict);
        }
        for modes in [
            all(MtlsMode::Permissive, &[]),
            all(MtlsMode::Disable, &[(8080, strict)]),
            all(strict, &[(8080, MtlsMode::Permissive)]),
        ] {
            assert!(modes.inputs().contains(Input::MtlsModeOfPort));
        }
    }

    #[test]
    fn a_tunnel_is_always_strict() {
        assert_eq!(modes().of(Attribute::Known(15008)), MtlsMode::Strict);
    }
}
