//! [`Fault`]: everything that goes wrong here, and what must follow.

use std::fmt;
use std::time::Duration;

use spiffe_authz_envoy_config::ApplicationProtocol;

use crate::faults::kind::Kind;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// Nothing is wrong: this row shows that the others could let requests through.
    Nothing,
    /// `proxy_on_vm_start` panics.
    PanicInVmStart,
    /// `proxy_on_configure` panics.
    PanicInConfigure,
    /// `proxy_on_context_create` panics for the plugin.
    PanicInPluginContext,
    /// `proxy_on_context_create` panics for each request or connection.
    PanicInStreamContext,
    /// The callback that decides panics.
    PanicInDecision,
    /// `proxy_on_configure` says false.
    ConfigureFalse,
    /// `proxy_on_configure` says true on the main thread and false on workers.
    ConfigureFalseOnWorkers,
    /// `proxy_on_configure` panics on workers alone.
    PanicOnWorkers,
    /// The module does not export the callback that decides.
    NoDecisionCallback,
    /// The callback that decides is not on the plugin's list of capabilities.
    DecisionNotOnCapabilityList,
    /// The module is the first half of itself.
    TruncatedModule,
    /// The module is random bytes.
    RandomModule,
    /// The module has no bytes.
    EmptyModule,
    /// The module's file is not there.
    MissingModule,
    /// The module is valid and does nothing.
    IdleModule,
    /// The module may not have more memory than it starts with.
    TooLittleMemory,
    /// All memory is taken when the decision begins.
    MemoryExhausted,
    /// The callback that decides lets everything go on and never says "allow".
    WordNeverSaid,
    /// The filter's discovery file is not there when Envoy starts.
    DiscoveryFileMissing,
    /// The filter's discovery file is empty when Envoy starts.
    DiscoveryFileEmpty,
    /// The filter's discovery file names no filter when Envoy starts.
    DiscoveryWithoutFilter,
    /// Under load, updates whose policies are invalid.
    InvalidUpdate,
    /// Under load, updates whose module is random bytes.
    CorruptUpdate,
    /// Under load, updates whose plugin configuration is over the limit.
    TooLargeUpdate,
    /// Every route disables the filter.
    DisabledOnRoutes,
    /// The filter is in the chain, disabled.
    DisabledInChain,
    /// The filter is not in the chain.
    NotInChain,
    /// `FAIL_OPEN`, and the callback that decides panics.
    FailOpenAndPanicInDecision,
    /// `FAIL_OPEN`, and `proxy_on_configure` panics on workers alone.
    FailOpenAndPanicOnWorkers,
    /// `FAIL_RELOAD`, and one request in ten is one that the filter does not survive.
    DeadlyRequests,
    /// The same under `FAIL_CLOSED`.
    DeadlyRequestsFailClosed,
}

/// What may reach the application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arriving {
    /// Nothing.
    Nothing,
    /// Exactly what policy allows.
    WhatIsAllowed,
    /// Of what policy allows as much as there happens to be between two faults; of the rest nothing.
    AtMostWhatIsAllowed,
}

/// What ends the fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recovery {
    /// The good configuration has been in force all the time.
    NotNeeded,
    /// It ends by itself once its cause does.
    ByItself,
    /// The next good discovery file.
    GoodUpdate,
    /// A good bootstrap or discovery file, and a restart.
    Restart,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 32] = [
        Self::Nothing,
        Self::PanicInVmStart,
        Self::PanicInConfigure,
        Self::PanicInPluginContext,
        Self::PanicInStreamContext,
        Self::PanicInDecision,
        Self::ConfigureFalse,
        Self::ConfigureFalseOnWorkers,
        Self::PanicOnWorkers,
        Self::NoDecisionCallback,
        Self::DecisionNotOnCapabilityList,
        Self::TruncatedModule,
        Self::RandomModule,
        Self::EmptyModule,
        Self::MissingModule,
        Self::IdleModule,
        Self::TooLittleMemory,
        Self::MemoryExhausted,
        Self::WordNeverSaid,
        Self::DiscoveryFileMissing,
        Self::DiscoveryFileEmpty,
        Self::DiscoveryWithoutFilter,
        Self::InvalidUpdate,
        Self::CorruptUpdate,
        Self::TooLargeUpdate,
        Self::DisabledOnRoutes,
        Self::DisabledInChain,
        Self::NotInChain,
        Self::FailOpenAndPanicInDecision,
        Self::FailOpenAndPanicOnWorkers,
        Self::DeadlyRequests,
        Self::DeadlyRequestsFailClosed,
    ];

    /// Whether a sidecar of this kind can have it: connections have no routes, and their filters cannot be disabled.
    #[must_use]
    pub fn applies_to(self, kind: Kind) -> bool {
        match self {
            Self::DisabledOnRoutes | Self::DisabledInChain => kind.protocol() == ApplicationProtocol::Http,
            _ => true,
        }
    }

    /// What may reach the application where the interlock is as shipped.
    ///
    /// A connection is judged in the memory that is free when no more can be had: it brings no headers.
    #[must_use]
    pub fn arriving(self, kind: Kind) -> Arriving {
        match self {
            Self::MemoryExhausted if kind.protocol() == ApplicationProtocol::Tcp => {
                Arriving::AtMostWhatIsAllowed
            }
            Self::Nothing | Self::InvalidUpdate | Self::CorruptUpdate | Self::TooLargeUpdate => {
                Arriving::WhatIsAllowed
            }
            Self::DeadlyRequests | Self::DeadlyRequestsFailClosed => Arriving::AtMostWhatIsAllowed,
            _ => Arriving::Nothing,
        }
    }

    /// What ends it.
    #[must_use]
    pub fn recovery(self) -> Recovery {
        match self {
            Self::Nothing | Self::InvalidUpdate | Self::CorruptUpdate | Self::TooLargeUpdate => {
                Recovery::NotNeeded
            }
            Self::DeadlyRequests => Recovery::ByItself,
            Self::DiscoveryFileMissing
            | Self::DisabledOnRoutes
            | Self::DisabledInChain
            | Self::NotInChain => Recovery::Restart,
            _ => Recovery::GoodUpdate,
        }
    }

    /// Whether Envoy serves at all: it refuses to start without the file that its bootstrap names.
    pub(super) fn lets_envoy_start(self) -> bool {
        self != Self::DiscoveryFileMissing
    }

    /// Updates take Envoy a while, so requests go on for longer beside them.
    pub(super) fn pause_between_requests(self) -> Duration {
        match self {
            Self::InvalidUpdate | Self::CorruptUpdate | Self::TooLargeUpdate => Duration::from_millis(10),
            _ => Duration::ZERO,
        }
    }

    /// Whether some of the requests are such that the faulty filter does not survive them.
    pub(super) fn is_of_some_requests(self) -> bool {
        matches!(self, Self::DeadlyRequests | Self::DeadlyRequestsFailClosed)
    }

    /// Whether requests have to be large for the fault to show: small ones are judged in the memory that there is.
    pub(super) fn is_of_large_requests(self) -> bool {
        self == Self::MemoryExhausted
    }

    /// The fault in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Nothing => "no fault",
            Self::PanicInVmStart => "panic in `on_vm_start`",
            Self::PanicInConfigure => "panic in `on_configure`",
            Self::PanicInPluginContext => "panic when the plugin's context is made",
            Self::PanicInStreamContext => "panic when the context of a request or connection is made",
            Self::PanicInDecision => "panic in request headers (TCP: in the first bytes)",
            Self::ConfigureFalse => "`on_configure` says false",
            Self::ConfigureFalseOnWorkers => "`on_configure` says false on workers only",
            Self::PanicOnWorkers => "panic in `on_configure` on workers only",
            Self::NoDecisionCallback => "module without the request-headers export (TCP: downstream data)",
            Self::DecisionNotOnCapabilityList => "capability list without that callback",
            Self::TruncatedModule => "module cut in half",
            Self::RandomModule => "module of random bytes",
            Self::EmptyModule => "empty module",
            Self::MissingModule => "no module",
            Self::IdleModule => "valid module that does nothing",
            Self::TooLittleMemory => "maximum memory is what the module starts with",
            Self::MemoryExhausted => "memory exhausted at each request",
            Self::WordNeverSaid => "filter that never sets the interlock's property",
            Self::DiscoveryFileMissing => "ECDS file missing at start",
            Self::DiscoveryFileEmpty => "ECDS file empty at start",
            Self::DiscoveryWithoutFilter => "ECDS file without the filter at start",
            Self::InvalidUpdate => "updates under load: invalid configuration",
            Self::CorruptUpdate => "updates under load: module of random bytes",
            Self::TooLargeUpdate => "updates under load: configuration over the limit",
            Self::DisabledOnRoutes => "filter disabled on every route",
            Self::DisabledInChain => "filter disabled in the chain",
            Self::NotInChain => "filter removed from the chain",
            Self::FailOpenAndPanicInDecision => "`FAIL_OPEN` by mistake, panic in request headers",
            Self::FailOpenAndPanicOnWorkers => "`FAIL_OPEN` by mistake, panic on workers only",
            Self::DeadlyRequests => "one request in ten kills the VM, `FAIL_RELOAD`",
            Self::DeadlyRequestsFailClosed => "one request in ten kills the VM, `FAIL_CLOSED`",
        }
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotNeeded => "the good configuration stayed in force",
            Self::ByItself => "by itself, in seconds",
            Self::GoodUpdate => "at the next good update",
            Self::Restart => "with a good file and a restart",
        })
    }
}
