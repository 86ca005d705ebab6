//! Which hostcalls a guest may make when: Envoy allows few while a module initializes itself, and fewer to its allocator.

use crate::vm::callback::Callback;

/// What is allowed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Every hostcall.
    All,
    /// Those of `_initialize`, `main` and `_start`.
    Initializing,
    /// Those of the allocator.
    Allocating,
}

const INITIALIZING: [&str; 17] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "emscripten_notify_memory_growth",
    "environ_get",
    "environ_sizes_get",
    "fd_fdstat_get",
    "fd_write",
    "path_unlink_file",
    "poll_oneoff",
    "proxy_log",
    "random_get",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

const ALLOCATING: [&str; 4] = ["clock_time_get", "fd_write", "poll_oneoff", "proxy_log"];

impl Allowed {
    /// What a callback begins with.
    pub(crate) const fn of(callback: Callback) -> Self {
        if matches!(callback, Callback::Initialize | Callback::Main | Callback::Start) {
            Self::Initializing
        } else if matches!(callback, Callback::Allocate) {
            Self::Allocating
        } else {
            Self::All
        }
    }

    pub(crate) fn allows(self, hostcall: &str) -> bool {
        match self {
            Self::All => true,
            Self::Initializing => INITIALIZING.contains(&hostcall),
            Self::Allocating => ALLOCATING.contains(&hostcall),
        }
    }
}
