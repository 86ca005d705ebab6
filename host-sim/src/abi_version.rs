//! The versions of the ABI, and the hostcalls that each has.
//!
//! Source: proxy-wasm/spec, abi-versions v0.1.0, v0.2.0 and v0.2.1, and what proxy-wasm-cpp-host registers for each.

/// The version of the ABI that a module was built for, told by a marker export that is never called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbiVersion {
    /// `proxy_abi_version_0_1_0`: headers come without word of the end of the stream, and a header that is absent reads as
    /// empty.
    V0_1_0,
    /// `proxy_abi_version_0_2_0`
    V0_2_0,
    /// `proxy_abi_version_0_2_1`
    V0_2_1,
}

/// Hostcalls that every version has.
const COMMON: [&str; 36] = [
    "proxy_add_header_map_value",
    "proxy_call_foreign_function",
    "proxy_define_metric",
    "proxy_dequeue_shared_queue",
    "proxy_done",
    "proxy_enqueue_shared_queue",
    "proxy_get_buffer_bytes",
    "proxy_get_buffer_status",
    "proxy_get_current_time_nanoseconds",
    "proxy_get_header_map_pairs",
    "proxy_get_header_map_size",
    "proxy_get_header_map_value",
    "proxy_get_metric",
    "proxy_get_property",
    "proxy_get_shared_data",
    "proxy_get_status",
    "proxy_grpc_call",
    "proxy_grpc_cancel",
    "proxy_grpc_close",
    "proxy_grpc_send",
    "proxy_grpc_stream",
    "proxy_http_call",
    "proxy_increment_metric",
    "proxy_log",
    "proxy_record_metric",
    "proxy_register_shared_queue",
    "proxy_remove_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_resolve_shared_queue",
    "proxy_send_local_response",
    "proxy_set_buffer_bytes",
    "proxy_set_effective_context",
    "proxy_set_header_map_pairs",
    "proxy_set_property",
    "proxy_set_shared_data",
    "proxy_set_tick_period_milliseconds",
];

/// Hostcalls that the first version alone has.
const ONLY_0_1_0: [&str; 4] = [
    "proxy_clear_route_cache",
    "proxy_continue_request",
    "proxy_continue_response",
    "proxy_get_configuration",
];

/// Hostcalls since 0.2.0.
const SINCE_0_2_0: [&str; 2] = ["proxy_close_stream", "proxy_continue_stream"];

/// Hostcalls since 0.2.1.
const SINCE_0_2_1: [&str; 1] = ["proxy_get_log_level"];

impl AbiVersion {
    /// Every version that this host serves.
    pub const ALL: [Self; 3] = [Self::V0_1_0, Self::V0_2_0, Self::V0_2_1];

    /// What the name of every marker begins with.
    pub(crate) const MARKER_PREFIX: &'static str = "proxy_abi_version_";

    /// The name of the marker export.
    #[must_use]
    pub const fn marker(self) -> &'static str {
        match self {
            Self::V0_1_0 => "proxy_abi_version_0_1_0",
            Self::V0_2_0 => "proxy_abi_version_0_2_0",
            Self::V0_2_1 => "proxy_abi_version_0_2_1",
        }
    }

    /// The version whose marker has this name.
    #[must_use]
    pub fn of_marker(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.marker() == name)
    }

    /// The names of the hostcalls that a module of this version may import from `env`. Those that Emscripten imports are not
    /// among them: they belong to no version.
    pub fn hostcalls(self) -> impl Iterator<Item = &'static str> {
        let (first, since_0_2_0, since_0_2_1): (&[_], &[_], &[_]) = match self {
            Self::V0_1_0 => (&ONLY_0_1_0, &[], &[]),
            Self::V0_2_0 => (&[], &SINCE_0_2_0, &[]),
            Self::V0_2_1 => (&[], &SINCE_0_2_0, &SINCE_0_2_1),
        };
        let own = [first, since_0_2_0, since_0_2_1].into_iter().flatten();
        COMMON.iter().chain(own).copied()
    }

    /// The names of the hostcalls of all versions.
    pub(crate) fn all_hostcalls() -> impl Iterator<Item = &'static str> {
        Self::V0_2_1.hostcalls().chain(ONLY_0_1_0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_tells_its_version() {
        for version in AbiVersion::ALL {
            assert_eq!(AbiVersion::of_marker(version.marker()), Some(version));
        }
        assert_eq!(AbiVersion::of_marker("proxy_abi_version_0_3_0"), None);
    }

    #[test]
    fn each_version_has_its_hostcalls() {
        let has = |hostcall| AbiVersion::ALL.map(|version| version.hostcalls().any(|name| name == hostcall));
        assert_eq!(has("proxy_log"), [true, true, true]);
        assert_eq!(has("proxy_get_configuration"), [true, false, false]);
        assert_eq!(has("proxy_close_stream"), [false, true, true]);
        assert_eq!(has("proxy_get_log_level"), [false, false, true]);
        assert_eq!(AbiVersion::all_hostcalls().count(), 43);
    }
}
