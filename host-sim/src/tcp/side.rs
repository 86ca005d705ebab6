//! What bytes from the two peers of a TCP stream have in common, so that a stream has one path for both.

use crate::abi::BufferType;
use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::exports::Export;

/// The peer that bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Downstream,
    Upstream,
}

impl Side {
    pub(crate) const fn buffer(self) -> BufferType {
        match self {
            Self::Downstream => BufferType::DownstreamData,
            Self::Upstream => BufferType::UpstreamData,
        }
    }

    pub(crate) const fn callback(self) -> Callback {
        match self {
            Self::Downstream => Callback::DownstreamData,
            Self::Upstream => Callback::UpstreamData,
        }
    }

    pub(crate) const fn export(self, vm: &Vm) -> &Export<(u32, u32, u32), u32> {
        match self {
            Self::Downstream => &vm.exports.downstream_data,
            Self::Upstream => &vm.exports.upstream_data,
        }
    }
}
