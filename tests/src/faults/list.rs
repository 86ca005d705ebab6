//! [`FAULTS`]: every fault that is tried.

use crate::faults::cause::{
    BadChain, BadDiscovery, BadUpdate, Callback, Cause, FailurePolicy, ForeignModule, Moment, Requests,
};
use crate::faults::fault::{Arriving, Fault, Recovery};
use crate::faults::rewriting::Act;

/// What a callback answers so that a request goes on.
const CONTINUE: i32 = 0;
const FALSE: i32 = 0;

/// Every fault. The first is none: it shows that the others could let requests through.
pub const FAULTS: [Fault; 32] = [
    Fault {
        arriving: Arriving::WhatIsAllowed,
        recovery: Recovery::NotNeeded,
        ..fault("no fault", Cause::Nothing)
    },
    broken(
        "panic in `on_vm_start`",
        Callback::VmStart,
        Moment::Always,
        Act::Panic,
    ),
    broken(
        "panic in `on_configure`",
        Callback::Configure,
        Moment::Always,
        Act::Panic,
    ),
    broken(
        "panic when the plugin's context is made",
        Callback::ContextCreate,
        Moment::Always,
        Act::Panic,
    ),
    broken(
        "panic when the context of a request or connection is made",
        Callback::ContextCreate,
        Moment::WithParent,
        Act::Panic,
    ),
    broken(
        "panic in request headers (TCP: in the first bytes)",
        Callback::Decision,
        Moment::Always,
        Act::Panic,
    ),
    broken(
        "`on_configure` says false",
        Callback::Configure,
        Moment::Always,
        Act::Answer(FALSE),
    ),
    broken(
        "`on_configure` says false on workers only",
        Callback::Configure,
        Moment::OnWorkers,
        Act::Answer(FALSE),
    ),
    broken(
        "panic in `on_configure` on workers only",
        Callback::Configure,
        Moment::OnWorkers,
        Act::Panic,
    ),
    fault(
        "module without the request-headers export (TCP: downstream data)",
        Cause::Without(Callback::Decision),
    ),
    fault("capability list without that callback", Cause::CapabilityList),
    fault("module cut in half", Cause::Module(ForeignModule::Truncated)),
    fault("module of random bytes", Cause::Module(ForeignModule::Random)),
    fault("empty module", Cause::Module(ForeignModule::Empty)),
    fault("no module", Cause::Module(ForeignModule::Missing)),
    fault(
        "valid module that does nothing",
        Cause::Module(ForeignModule::Idle),
    ),
    fault(
        "maximum memory is what the module starts with",
        Cause::NoMoreMemory,
    ),
    Fault {
        requests: Requests::Large,
        ..broken(
            "memory exhausted at each request",
            Callback::Decision,
            Moment::Always,
            Act::TakeAllMemory,
        )
    },
    broken(
        "filter that never sets the interlock's property",
        Callback::Decision,
        Moment::Always,
        Act::Answer(CONTINUE),
    ),
    Fault {
        recovery: Recovery::Restart,
        ..fault(
            "ECDS file missing at start",
            Cause::Discovery(BadDiscovery::Missing),
        )
    },
    fault("ECDS file empty at start", Cause::Discovery(BadDiscovery::Empty)),
    fault(
        "ECDS file without the filter at start",
        Cause::Discovery(BadDiscovery::WithoutFilter),
    ),
    updates("updates under load: invalid configuration", BadUpdate::Invalid),
    updates("updates under load: module of random bytes", BadUpdate::Corrupt),
    updates(
        "updates under load: configuration over the limit",
        BadUpdate::TooLarge,
    ),
    chain("filter disabled on every route", BadChain::DisabledOnRoutes),
    chain("filter disabled in the chain", BadChain::DisabledInChain),
    chain("filter removed from the chain", BadChain::NotInChain),
    Fault {
        failure_policy: FailurePolicy::Open,
        ..broken(
            "`FAIL_OPEN` by mistake, panic in request headers",
            Callback::Decision,
            Moment::Always,
            Act::Panic,
        )
    },
    Fault {
        failure_policy: FailurePolicy::Open,
        ..broken(
            "`FAIL_OPEN` by mistake, panic on workers only",
            Callback::Configure,
            Moment::OnWorkers,
            Act::Panic,
        )
    },
    Fault {
        recovery: Recovery::ByItself,
        ..deadly("one request in ten kills the VM, `FAIL_RELOAD`")
    },
    Fault {
        failure_policy: FailurePolicy::Closed,
        ..deadly("one request in ten kills the VM, `FAIL_CLOSED`")
    },
];

/// Most faults let nothing through, and end at the next good update.
const fn fault(title: &'static str, cause: Cause) -> Fault {
    Fault {
        title,
        cause,
        failure_policy: FailurePolicy::Reload,
        requests: Requests::Ordinary,
        arriving: Arriving::Nothing,
        recovery: Recovery::GoodUpdate,
    }
}

const fn broken(title: &'static str, callback: Callback, moment: Moment, act: Act) -> Fault {
    fault(title, Cause::Broken(callback, moment, act))
}

const fn updates(title: &'static str, update: BadUpdate) -> Fault {
    Fault {
        requests: Requests::Unhurried,
        arriving: Arriving::WhatIsAllowed,
        recovery: Recovery::NotNeeded,
        ..fault(title, Cause::Updates(update))
    }
}

const fn chain(title: &'static str, chain: BadChain) -> Fault {
    Fault {
        recovery: Recovery::Restart,
        ..fault(title, Cause::Chain(chain))
    }
}

const fn deadly(title: &'static str) -> Fault {
    Fault {
        requests: Requests::SomeDeadly,
        arriving: Arriving::AtMostWhatIsAllowed,
        ..broken(title, Callback::Decision, Moment::WhenDeadly, Act::Panic)
    }
}
