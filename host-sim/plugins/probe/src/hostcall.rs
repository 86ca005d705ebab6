//! Every hostcall of the ABI: what it is given, what it gives back, how it is called.

/// One argument of a hostcall.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A number of 32 or 64 bits.
    Number,
    /// An address and a length.
    Bytes,
    /// The addresses for an address and a length.
    OutBytes,
    /// The same, for a list of pairs.
    OutPairs,
    /// The address for a number of 32 bits.
    OutU32,
    /// The address for a number of 64 bits.
    OutU64,
}

/// A hostcall by its name.
pub(crate) struct Hostcall {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static [Argument],
    /// Takes the words as they are: a `Bytes` or `OutBytes` is two of them.
    pub(crate) call: fn(&[i64]) -> i32,
}

macro_rules! hostcalls {
    ($module:literal, $table:ident: $($name:ident($($word:ty),*) = [$($argument:ident),*];)*) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" {
            $(pub(crate) fn $name($(_: $word),*) -> i32;)*
        }

        /// The functions of this module.
        pub(crate) const $table: &[Hostcall] = &[$(Hostcall {
            name: stringify!($name),
            arguments: &[$($crate::hostcall::Argument::$argument),*],
            call: |words| {
                #[allow(unused_mut, unused_variables)]
                let mut words = words.iter().copied();
                unsafe { $name($(words.next().unwrap_or_default() as $word),*) }
            },
        }),*];
    };
}
pub(crate) use hostcalls;

hostcalls! { "env", ENV:
    proxy_log(i32, i32, i32) = [Number, Bytes];
    proxy_get_log_level(i32) = [OutU32];
    proxy_get_current_time_nanoseconds(i32) = [OutU64];
    proxy_set_tick_period_milliseconds(i32) = [Number];
    proxy_done() = [];
    proxy_set_effective_context(i32) = [Number];
    proxy_get_buffer_bytes(i32, i32, i32, i32, i32) = [Number, Number, Number, OutBytes];
    proxy_set_buffer_bytes(i32, i32, i32, i32, i32) = [Number, Number, Number, Bytes];
    proxy_get_buffer_status(i32, i32, i32) = [Number, OutU32, OutU32];
    proxy_get_header_map_size(i32, i32) = [Number, OutU32];
    proxy_get_header_map_pairs(i32, i32, i32) = [Number, OutPairs];
    proxy_set_header_map_pairs(i32, i32, i32) = [Number, Bytes];
    proxy_get_header_map_value(i32, i32, i32, i32, i32) = [Number, Bytes, OutBytes];
    proxy_add_header_map_value(i32, i32, i32, i32, i32) = [Number, Bytes, Bytes];
    proxy_replace_header_map_value(i32, i32, i32, i32, i32) = [Number, Bytes, Bytes];
    proxy_remove_header_map_value(i32, i32, i32) = [Number, Bytes];
    proxy_continue_stream(i32) = [Number];
    proxy_close_stream(i32) = [Number];
    proxy_get_status(i32, i32, i32) = [OutU32, OutBytes];
    proxy_send_local_response(i32, i32, i32, i32, i32, i32, i32, i32) = [Number, Bytes, Bytes, Bytes, Number];
    proxy_http_call(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) = [Bytes, Bytes, Bytes, Bytes, Number, OutU32];
    proxy_grpc_call(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)
        = [Bytes, Bytes, Bytes, Bytes, Bytes, Number, OutU32];
    proxy_grpc_stream(i32, i32, i32, i32, i32, i32, i32, i32, i32) = [Bytes, Bytes, Bytes, Bytes, OutU32];
    proxy_grpc_send(i32, i32, i32, i32) = [Number, Bytes, Number];
    proxy_grpc_cancel(i32) = [Number];
    proxy_grpc_close(i32) = [Number];
    proxy_set_shared_data(i32, i32, i32, i32, i32) = [Bytes, Bytes, Number];
    proxy_get_shared_data(i32, i32, i32, i32, i32) = [Bytes, OutBytes, OutU32];
    proxy_register_shared_queue(i32, i32, i32) = [Bytes, OutU32];
    proxy_resolve_shared_queue(i32, i32, i32, i32, i32) = [Bytes, Bytes, OutU32];
    proxy_enqueue_shared_queue(i32, i32, i32) = [Number, Bytes];
    proxy_dequeue_shared_queue(i32, i32, i32) = [Number, OutBytes];
    proxy_define_metric(i32, i32, i32, i32) = [Number, Bytes, OutU32];
    proxy_record_metric(i32, i64) = [Number, Number];
    proxy_increment_metric(i32, i64) = [Number, Number];
    proxy_get_metric(i32, i32) = [Number, OutU64];
    proxy_get_property(i32, i32, i32, i32) = [Bytes, OutBytes];
    proxy_set_property(i32, i32, i32, i32) = [Bytes, Bytes];
    proxy_call_foreign_function(i32, i32, i32, i32, i32, i32) = [Bytes, Bytes, OutBytes];
}

/// The hostcall of this name, with or without `proxy_`.
pub(crate) fn find(name: &str) -> Option<&'static Hostcall> {
    let all = || ENV.iter().chain(crate::wasi::WASI);
    all()
        .find(|hostcall| hostcall.name == name)
        .or_else(|| all().find(|hostcall| hostcall.name.strip_prefix("proxy_") == Some(name)))
}
