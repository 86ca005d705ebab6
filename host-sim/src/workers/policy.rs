//! What becomes of requests where the VM of their worker has failed.

/// Envoy's `failure_policy` of a plugin. It speaks of VMs that were lost by a trap; a plugin that a worker could not start or
/// configure is left out of that worker's filter chain under every policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailurePolicy {
    /// 503 until the plugin gets another configuration: Envoy's default.
    #[default]
    FailClosed,
    /// 503 for the streams that were in the VM; later ones bypass the plugin.
    FailOpen,
    /// 503 for the streams that were in the VM; a new VM for later ones, and 503 as long as it is too early for one.
    FailReload,
    /// Envoy's older field `fail_open: true`: all streams bypass the plugin, those that were in the VM too.
    LegacyFailOpen,
}

impl FailurePolicy {
    /// Whether a stream bypasses the plugin when the VM that it was in has failed.
    pub(crate) const fn frees_streams(self) -> bool {
        match self {
            Self::LegacyFailOpen => true,
            Self::FailClosed | Self::FailOpen | Self::FailReload => false,
        }
    }

    /// Whether a new stream bypasses the plugin when the worker's VM has failed.
    pub(crate) const fn opens(self) -> bool {
        match self {
            Self::FailOpen | Self::LegacyFailOpen => true,
            Self::FailClosed | Self::FailReload => false,
        }
    }

    /// Whether a VM that has failed is replaced.
    pub(crate) const fn reloads(self) -> bool {
        match self {
            Self::FailReload => true,
            Self::FailClosed | Self::FailOpen | Self::LegacyFailOpen => false,
        }
    }
}
