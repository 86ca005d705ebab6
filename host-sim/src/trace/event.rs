//! One event of a trace.

use std::time::Duration;

use crate::abi::Status;
use crate::errno::Errno;
use crate::nonsense::Lie;
use crate::trace::value::TraceValue;
use crate::vm::callback::Callback;
use crate::vm::trap::TrapCause;

/// A callback or a hostcall. A callback comes before the hostcalls that it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceEvent {
    /// The host called the guest.
    Callback(CallbackEvent),
    /// The guest called the host.
    Hostcall(HostcallEvent),
}

/// The host called the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackEvent {
    /// The callback.
    pub callback: Callback,
    /// The context that it ran for; 0 is the VM itself.
    pub context: u32,
    /// What it was given, by the ABI's names.
    pub arguments: Vec<(&'static str, TraceValue)>,
    /// What became of it.
    pub end: CallbackEnd,
    /// The fuel that it used, in wasmtime's units.
    pub fuel: u64,
    /// How long it took by the host's clock; never the same twice.
    pub time: Duration,
    /// Bytes of the guest's linear memory after it.
    pub memory_bytes: usize,
}

/// How a callback ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackEnd {
    /// It runs.
    Running,
    /// It returned; `None` where it has no result.
    Returned(Option<TraceValue>),
    /// It trapped, and the VM is lost.
    Trapped(TrapCause),
}

/// The guest called the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostcallEvent {
    /// The hostcall's name, as the module imports it.
    pub name: &'static str,
    /// The callback that made it.
    pub callback: Callback,
    /// The effective context.
    pub context: u32,
    /// How deep it is: 1 in a callback, 2 in the guest's allocator that a hostcall called, and so on.
    pub depth: usize,
    /// What the guest gave and the host read, by the ABI's names: an argument that the host did not get to is not there.
    pub arguments: Vec<(&'static str, TraceValue)>,
    /// What it was answered.
    pub end: HostcallEnd,
    /// What the host wrote into the guest's memory, by the ABI's names.
    pub answers: Vec<(&'static str, TraceValue)>,
}

/// How a hostcall ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostcallEnd {
    /// It did not return: it ended the callback, or is being served.
    None,
    /// It returned; it is none that has a status.
    Returned,
    /// A hostcall of the ABI.
    Status(Status),
    /// A WASI function.
    Errno(Errno),
    /// A hostcall of the ABI whose answer was not the truth.
    Lie {
        /// What was done in the place of the truth.
        lie: Lie,
        /// The number that the guest was told as the status.
        told: u32,
        /// The status that would have been the truth; `None` where the hostcall was not served.
        honest: Option<Status>,
    },
}

impl TraceEvent {
    /// The callback, of an event that is one.
    #[must_use]
    pub const fn as_callback(&self) -> Option<&CallbackEvent> {
        match self {
            Self::Callback(callback) => Some(callback),
            Self::Hostcall(_) => None,
        }
    }

    /// The hostcall, of an event that is one.
    #[must_use]
    pub const fn as_hostcall(&self) -> Option<&HostcallEvent> {
        match self {
            Self::Hostcall(hostcall) => Some(hostcall),
            Self::Callback(_) => None,
        }
    }

    /// The context that the event is about.
    #[must_use]
    pub const fn context(&self) -> u32 {
        match self {
            Self::Callback(callback) => callback.context,
            Self::Hostcall(hostcall) => hostcall.context,
        }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn size(&self) -> usize {
        let values = match self {
            Self::Callback(callback) => size(&callback.arguments),
            Self::Hostcall(hostcall) => size(&hostcall.arguments).saturating_add(size(&hostcall.answers)),
        };
        values.saturating_add(size_of::<Self>())
    }
}

impl HostcallEvent {
    /// The argument of this name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&TraceValue> {
        find(&self.arguments, name)
    }

    /// What the host wrote under this name.
    #[must_use]
    pub fn answer(&self, name: &str) -> Option<&TraceValue> {
        find(&self.answers, name)
    }

    /// The status that the guest was told, where it is one that the ABI has.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        match &self.end {
            HostcallEnd::Status(status) => Some(*status),
            HostcallEnd::Lie { told, .. } => Status::try_from(*told).ok(),
            HostcallEnd::None | HostcallEnd::Returned | HostcallEnd::Errno(_) => None,
        }
    }
}

impl CallbackEvent {
    /// The argument of this name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&TraceValue> {
        find(&self.arguments, name)
    }

    /// What it returned, if it did and has a result.
    #[must_use]
    pub const fn result(&self) -> Option<&TraceValue> {
        match &self.end {
            CallbackEnd::Returned(result) => result.as_ref(),
            CallbackEnd::Running | CallbackEnd::Trapped(_) => None,
        }
    }
}

fn find<'v>(values: &'v [(&'static str, TraceValue)], name: &str) -> Option<&'v TraceValue> {
    values
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn size(values: &[(&'static str, TraceValue)]) -> usize {
    values
        .iter()
        .fold(0, |sum, (_, value)| sum.saturating_add(value.size()))
}
