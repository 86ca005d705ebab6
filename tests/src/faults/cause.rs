//! [`Cause`]: what is done to a sidecar so that it has a fault.

use crate::faults::rewriting::Act;

/// What is done to a sidecar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cause {
    /// Nothing.
    Nothing,
    /// A callback of the built filter does something wrong.
    Broken(Callback, Moment, Act),
    /// The built filter does not export a callback.
    Without(Callback),
    /// The built filter cannot have more memory than it starts with, and its configuration needs more.
    NoMoreMemory,
    /// Another file in the place of the module.
    Module(ForeignModule),
    /// A list of capabilities without the callback that decides.
    CapabilityList,
    /// The discovery file at start.
    Discovery(BadDiscovery),
    /// Updates of the discovery file under load.
    Updates(BadUpdate),
    /// The chain in which the filter stands, or does not.
    Chain(BadChain),
}

/// A callback of the filter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Callback {
    VmStart,
    Configure,
    ContextCreate,
    /// Request headers, or the first bytes of a connection.
    Decision,
}

/// When a callback does something wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Moment {
    Always,
    /// Contexts of requests and connections have a parent, that of the plugin has none.
    WithParent,
    /// The main thread's calls go right.
    OnWorkers,
    /// Requests with many headers, connections with many bytes.
    WhenDeadly,
}

/// A module that is not the filter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ForeignModule {
    /// Half of it.
    Truncated,
    Random,
    Empty,
    Missing,
    /// A valid one without a callback.
    Idle,
}

/// A discovery file from which no filter can be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BadDiscovery {
    Missing,
    Empty,
    WithoutFilter,
}

/// A discovery file that must be refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BadUpdate {
    Invalid,
    Corrupt,
    TooLarge,
}

/// A chain that goes past the filter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BadChain {
    DisabledOnRoutes,
    DisabledInChain,
    NotInChain,
}

/// What Envoy is told to do after a fault of the VM.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FailurePolicy {
    Reload,
    Closed,
    Open,
}

/// What the requests are like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Requests {
    Ordinary,
    /// One in ten is one that the faulty filter does not survive.
    SomeDeadly,
    /// Larger than what memory the filter has left.
    Large,
    /// With a pause after each, so that they go on beside updates, which take Envoy a while.
    Unhurried,
}

impl FailurePolicy {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Reload => "FAIL_RELOAD",
            Self::Closed => "FAIL_CLOSED",
            Self::Open => "FAIL_OPEN",
        }
    }
}
