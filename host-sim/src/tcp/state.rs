//! What the host keeps for a TCP stream: how far it has come, and the bytes on their way.

use crate::abi::{BufferType, Status};
use crate::buffer_edit;

/// Both directions of a TCP stream.
#[derive(Debug, Default)]
pub(crate) struct TcpState {
    pub(crate) downstream: Flow,
    pub(crate) upstream: Flow,
    pub(crate) stage: Stage,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    #[default]
    Begun,
    /// Paused when it was new: `tcp_proxy` never hears of it, and Envoy reads nothing from it.
    Held,
    Open,
    Closed,
}

/// The bytes from one peer.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// How many bytes have come.
    arrived: usize,
    /// Not past the plugin yet.
    held: Vec<u8>,
    /// Past the plugin.
    passed: Vec<u8>,
    /// The plugin can name the buffer: in its callback, and while the flow is paused.
    open: bool,
    /// Nothing follows.
    pub(crate) ended: bool,
}

impl TcpState {
    /// Bytes have come from one of the peers.
    pub(crate) const fn has_bytes(&self) -> bool {
        self.downstream.arrived > 0 || self.upstream.arrived > 0
    }

    pub(crate) const fn flow(&self, buffer: BufferType) -> Option<&Flow> {
        match buffer {
            BufferType::DownstreamData => Some(&self.downstream),
            BufferType::UpstreamData => Some(&self.upstream),
            BufferType::HttpRequestBody
            | BufferType::HttpResponseBody
            | BufferType::HttpCallResponseBody
            | BufferType::GrpcReceiveBuffer
            | BufferType::VmConfiguration
            | BufferType::PluginConfiguration
            | BufferType::CallData => None,
        }
    }

    pub(crate) const fn flow_mut(&mut self, buffer: BufferType) -> Option<&mut Flow> {
        match buffer {
            BufferType::DownstreamData => Some(&mut self.downstream),
            BufferType::UpstreamData => Some(&mut self.upstream),
            BufferType::HttpRequestBody
            | BufferType::HttpResponseBody
            | BufferType::HttpCallResponseBody
            | BufferType::GrpcReceiveBuffer
            | BufferType::VmConfiguration
            | BufferType::PluginConfiguration
            | BufferType::CallData => None,
        }
    }
}

impl Flow {
    /// Adds bytes to those that are held, and tells how many the plugin sees: all of them.
    pub(crate) fn arrive(&mut self, bytes: &[u8]) -> u32 {
        self.arrived = self.arrived.saturating_add(bytes.len());
        self.held.extend_from_slice(bytes);
        self.open = true;
        u32::try_from(self.held.len()).unwrap_or(u32::MAX)
    }

    pub(crate) const fn arrived(&self) -> usize {
        self.arrived
    }

    /// Lets everything go on to the other peer.
    pub(crate) fn pass(&mut self) {
        self.passed.append(&mut self.held);
    }

    /// Takes the buffer away from the plugin.
    pub(crate) const fn shut(&mut self) {
        self.open = false;
    }

    /// What the plugin can read: nothing where the buffer is not there.
    pub(crate) fn readable(&self) -> &[u8] {
        if self.open { &self.held } else { &[] }
    }

    pub(crate) fn passed(&self) -> &[u8] {
        &self.passed
    }

    /// Changes the buffer as Envoy does; where it is not there, that is a bad argument.
    pub(crate) fn replace(&mut self, start: u32, length: u32, bytes: &[u8]) -> Result<(), Status> {
        if !self.open {
            return Err(Status::BadArgument);
        }
        buffer_edit::replace(&mut self.held, start, length, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_replaced_at_its_start_and_added_to_at_its_end() {
        type Changed = Result<&'static [u8], Status>;
        let table: [(u32, u32, Changed); 6] = [
            (0, 0, Ok(b"XYabcd")),
            (0, 2, Ok(b"XYcd")),
            (0, 99, Ok(b"XY")),
            (1, 2, Err(Status::BadArgument)),
            (4, 0, Ok(b"abcdXY")),
            (99, 2, Ok(b"abcdXY")),
        ];
        for (start, length, expected) in table {
            let mut flow = Flow::default();
            flow.arrive(b"abcd");
            let changed = flow.replace(start, length, b"XY").map(|()| flow.readable());
            assert_eq!(changed, expected, "{start} {length}");
        }
    }

    #[test]
    fn a_buffer_that_is_shut_is_empty_and_cannot_be_changed() {
        let mut flow = Flow::default();
        flow.arrive(b"abcd");
        flow.shut();
        assert_eq!(flow.readable(), b"");
        assert_eq!(flow.replace(0, 0, b"X"), Err(Status::BadArgument));
    }
}
