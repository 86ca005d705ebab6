//! The functions that a guest may import and the callbacks that it may export, as WebAssembly text declares them.

/// A function that a module may import; its values are letters, `i` for i32 and `I` for i64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Import {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static str,
    pub(crate) result: &'static str,
}

const fn hostcall(name: &'static str, parameters: &'static str) -> Import {
    Import {
        module: "env",
        name,
        parameters,
        result: "i",
    }
}

const fn wasi(name: &'static str, parameters: &'static str) -> Import {
    Import {
        module: "wasi_snapshot_preview1",
        name,
        parameters,
        result: "i",
    }
}

/// Every hostcall of ABI 0.2.1, what Emscripten imports, and the WASI functions that the host serves, or answers in more than
/// one way.
pub(crate) const IMPORTS: [Import; 53] = [
    hostcall("proxy_add_header_map_value", "iiiii"),
    hostcall("proxy_call_foreign_function", "iiiiii"),
    hostcall("proxy_close_stream", "i"),
    hostcall("proxy_continue_stream", "i"),
    hostcall("proxy_define_metric", "iiii"),
    hostcall("proxy_dequeue_shared_queue", "iii"),
    hostcall("proxy_done", ""),
    hostcall("proxy_enqueue_shared_queue", "iii"),
    hostcall("proxy_get_buffer_bytes", "iiiii"),
    hostcall("proxy_get_buffer_status", "iii"),
    hostcall("proxy_get_current_time_nanoseconds", "i"),
    hostcall("proxy_get_header_map_pairs", "iii"),
    hostcall("proxy_get_header_map_size", "ii"),
    hostcall("proxy_get_header_map_value", "iiiii"),
    hostcall("proxy_get_log_level", "i"),
    hostcall("proxy_get_metric", "ii"),
    hostcall("proxy_get_property", "iiii"),
    hostcall("proxy_get_shared_data", "iiiii"),
    hostcall("proxy_get_status", "iii"),
    hostcall("proxy_grpc_call", "iiiiiiiiiiii"),
    hostcall("proxy_grpc_cancel", "i"),
    hostcall("proxy_grpc_close", "i"),
    hostcall("proxy_grpc_send", "iiii"),
    hostcall("proxy_grpc_stream", "iiiiiiiii"),
    hostcall("proxy_http_call", "iiiiiiiiii"),
    hostcall("proxy_increment_metric", "iI"),
    hostcall("proxy_log", "iii"),
    hostcall("proxy_record_metric", "iI"),
    hostcall("proxy_register_shared_queue", "iii"),
    hostcall("proxy_remove_header_map_value", "iii"),
    hostcall("proxy_replace_header_map_value", "iiiii"),
    hostcall("proxy_resolve_shared_queue", "iiiii"),
    hostcall("proxy_send_local_response", "iiiiiiii"),
    hostcall("proxy_set_buffer_bytes", "iiiii"),
    hostcall("proxy_set_effective_context", "i"),
    hostcall("proxy_set_header_map_pairs", "iii"),
    hostcall("proxy_set_property", "iiii"),
    hostcall("proxy_set_shared_data", "iiiii"),
    hostcall("proxy_set_tick_period_milliseconds", "i"),
    hostcall("pthread_equal", "ii"),
    Import {
        result: "",
        ..hostcall("emscripten_notify_memory_growth", "i")
    },
    wasi("args_get", "ii"),
    wasi("args_sizes_get", "ii"),
    wasi("clock_time_get", "iIi"),
    wasi("environ_get", "ii"),
    wasi("environ_sizes_get", "ii"),
    wasi("fd_close", "i"),
    wasi("fd_fdstat_get", "ii"),
    wasi("fd_prestat_get", "ii"),
    wasi("fd_write", "iiii"),
    wasi("path_open", "iiiiiIIii"),
    wasi("random_get", "ii"),
    Import {
        result: "",
        ..wasi("proc_exit", "i")
    },
];

/// A callback: its name, its values and its result.
pub(crate) type Callback = (&'static str, &'static str, &'static str);

/// What brings a module up, with few hostcalls allowed.
pub(crate) const INITIALIZERS: [Callback; 2] = [("_initialize", "", ""), ("main", "ii", "i")];

/// Every other callback of ABI 0.2.1, but for the allocator.
pub(crate) const CALLBACKS: [Callback; 25] = [
    ("proxy_on_configure", "ii", "i"),
    ("proxy_on_context_create", "ii", ""),
    ("proxy_on_delete", "i", ""),
    ("proxy_on_done", "i", "i"),
    ("proxy_on_downstream_connection_close", "ii", ""),
    ("proxy_on_downstream_data", "iii", "i"),
    ("proxy_on_foreign_function", "iii", ""),
    ("proxy_on_grpc_close", "iii", ""),
    ("proxy_on_grpc_receive", "iii", ""),
    ("proxy_on_grpc_receive_initial_metadata", "iii", ""),
    ("proxy_on_grpc_receive_trailing_metadata", "iii", ""),
    ("proxy_on_http_call_response", "iiiii", ""),
    ("proxy_on_log", "i", ""),
    ("proxy_on_new_connection", "i", "i"),
    ("proxy_on_queue_ready", "ii", ""),
    ("proxy_on_request_body", "iii", "i"),
    ("proxy_on_request_headers", "iii", "i"),
    ("proxy_on_request_trailers", "ii", "i"),
    ("proxy_on_response_body", "iii", "i"),
    ("proxy_on_response_headers", "iii", "i"),
    ("proxy_on_response_trailers", "ii", "i"),
    ("proxy_on_tick", "i", ""),
    ("proxy_on_upstream_connection_close", "ii", ""),
    ("proxy_on_upstream_data", "iii", "i"),
    ("proxy_on_vm_start", "ii", "i"),
];

/// A signature in text.
pub(crate) fn signature(parameters: &str, result: &str) -> String {
    let values = |letters: &str| letters.chars().map(value_type).collect::<Vec<_>>().join(" ");
    format!("(param {}) (result {})", values(parameters), values(result))
}

/// What stands for a letter.
pub(crate) fn value_type(letter: char) -> &'static str {
    if letter == 'I' { "i64" } else { "i32" }
}

/// An import under the name `$fN`.
pub(crate) fn import(number: usize, import: &Import) -> String {
    let Import { module, name, .. } = import;
    let signature = signature(import.parameters, import.result);
    format!("(import \"{module}\" \"{name}\" (func $f{number} {signature}))\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use spiffe_authz_host_sim::{AbiVersion, Callback};

    use super::{CALLBACKS, IMPORTS, INITIALIZERS};

    #[test]
    fn every_hostcall_is_among_the_imports() {
        let imports: BTreeSet<_> = IMPORTS.iter().map(|import| import.name).collect();
        let missing = AbiVersion::V0_2_1
            .hostcalls()
            .find(|name| !imports.contains(name));
        assert_eq!(missing, None);
    }

    #[test]
    fn every_callback_is_among_the_exports() {
        let missing = Callback::ALL.into_iter().find(|callback| {
            let other = matches!(
                callback,
                Callback::Instantiate | Callback::Start | Callback::Allocate
            );
            let mut known = INITIALIZERS.iter().chain(&CALLBACKS);
            !other && !known.any(|(name, ..)| *name == callback.export())
        });
        assert_eq!(missing, None);
    }
}
