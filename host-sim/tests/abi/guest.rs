//! A builder for test plugins: a kit of imports and helpers in WebAssembly text, and the callbacks of one test.

use std::fmt::Write as _;
use std::sync::LazyLock;

use spiffe_authz_host_sim::{
    EndOfStream, Limits, Module, Outcome, Plugin, PluginError, PluginSetup, Properties, Simulator, Stream,
};

/// Where the helpers expect the host to return a buffer: pointer at 0, size at 4.
pub(crate) const SLOT: &str = "(i32.const 0) (i32.const 4)";

/// An address and a length that reach outside every memory.
pub(crate) const WILD: &str = "(i32.const -16) (i32.const 15)";

/// Imports, memory, an allocator that only grows, and helpers that log.
const KIT: &str = r#"
(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_log_level" (func $get_log_level (param i32) (result i32)))
(import "env" "proxy_get_current_time_nanoseconds" (func $get_time (param i32) (result i32)))
(import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_buffer_status" (func $get_buffer_status (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_header_map_size" (func $get_size (param i32 i32) (result i32)))
(import "env" "proxy_get_header_map_pairs" (func $get_pairs (param i32 i32 i32) (result i32)))
(import "env" "proxy_set_header_map_pairs" (func $set_pairs (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_header_map_value" (func $get_value (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_add_header_map_value" (func $add_value (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_replace_header_map_value" (func $replace_value (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_remove_header_map_value" (func $remove_value (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_property" (func $get_property (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_property" (func $set_property (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_send_local_response"
  (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_buffer_bytes" (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
(import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
(import "env" "proxy_define_metric" (func $define_metric (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_increment_metric" (func $increment_metric (param i32 i64) (result i32)))
(import "env" "proxy_record_metric" (func $record_metric (param i32 i64) (result i32)))
(import "env" "proxy_get_metric" (func $get_metric (param i32 i32) (result i32)))
(import "env" "proxy_get_shared_data" (func $get_shared_data (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_shared_data" (func $set_shared_data (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_register_shared_queue" (func $register_queue (param i32 i32 i32) (result i32)))
(import "env" "proxy_resolve_shared_queue" (func $resolve_queue (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
(import "env" "proxy_dequeue_shared_queue" (func $dequeue (param i32 i32 i32) (result i32)))
(import "env" "proxy_call_foreign_function"
  (func $foreign (param i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_http_call"
  (func $http_call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_tick_period_milliseconds" (func $set_period (param i32) (result i32)))
(import "env" "proxy_set_effective_context" (func $set_context (param i32) (result i32)))
(import "env" "proxy_get_status" (func $get_status (param i32 i32 i32) (result i32)))
(import "env" "proxy_grpc_call"
  (func $grpc_call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_grpc_stream"
  (func $grpc_stream (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_grpc_send" (func $grpc_send (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_grpc_close" (func $grpc_close (param i32) (result i32)))
(import "env" "proxy_grpc_cancel" (func $grpc_cancel (param i32) (result i32)))
(import "env" "proxy_done" (func $done (result i32)))
(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
(import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
(memory (export "memory") 2)
(global $heap (mut i32) (i32.const 65536))
(func (export "proxy_abi_version_0_2_1"))
;; Logs bytes; their number in two digits; what the slot points to.
(func $say (param i32 i32) (drop (call $log (i32.const 2) (local.get 0) (local.get 1))))
(func $say_number (param i32)
  (i32.store8 (i32.const 16) (i32.add (i32.const 48) (i32.div_u (local.get 0) (i32.const 10))))
  (i32.store8 (i32.const 17) (i32.add (i32.const 48) (i32.rem_u (local.get 0) (i32.const 10))))
  (call $say (i32.const 16) (i32.const 2)))
(func $say_slot (call $say (i32.load (i32.const 0)) (i32.load (i32.const 4))))
"#;

/// Hands out memory upwards from the second page.
const ALLOCATOR: &str = r#"
(func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
  (global.set $heap (i32.add (global.get $heap) (local.get $size)))
  (i32.sub (global.get $heap) (local.get $size)))
"#;

static SIMULATOR: LazyLock<Simulator> = LazyLock::new(|| Simulator::new(Limits::default()).unwrap());

/// The simulator that the tests share.
pub(crate) fn simulator() -> &'static Simulator {
    &SIMULATOR
}

/// A plugin under construction.
pub(crate) struct Guest {
    functions: String,
    allocator: &'static str,
    next_address: usize,
}

impl Guest {
    pub(crate) fn new() -> Self {
        Self {
            functions: String::new(),
            allocator: ALLOCATOR,
            next_address: 1024,
        }
    }

    /// Puts bytes into memory; the answer is their address and length, as two arguments of a call.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> String {
        let address = self.next_address;
        self.next_address += bytes.len();
        let escaped = bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        });
        writeln!(self.functions, "(data (i32.const {address}) \"{escaped}\")").unwrap();
        format!("(i32.const {address}) (i32.const {})", bytes.len())
    }

    /// A property path of these segments, as two arguments of a call.
    pub(crate) fn path(&mut self, segments: &[&str]) -> String {
        self.bytes(segments.join("\0").as_bytes())
    }

    /// A list of pairs as the ABI writes it, as two arguments of a call.
    pub(crate) fn pairs(&mut self, pairs: &[(&str, &str)]) -> String {
        let number = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
        let lengths = pairs.iter().flat_map(|(name, value)| [name.len(), value.len()]);
        let mut bytes: Vec<u8> = [pairs.len()]
            .into_iter()
            .chain(lengths)
            .flat_map(number)
            .collect();
        for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
        self.bytes(&bytes)
    }

    /// Exports a function; `signature` and `body` are WebAssembly text.
    pub(crate) fn export(mut self, name: &str, signature: &str, body: &str) -> Self {
        writeln!(self.functions, "(func (export \"{name}\") {signature} {body})").unwrap();
        self
    }

    /// Adds fields of the module as they are.
    pub(crate) fn with(mut self, fields: &str) -> Self {
        self.functions.push_str(fields);
        self
    }

    /// Takes the place of the allocator that only grows.
    pub(crate) fn allocator(mut self, function: &'static str) -> Self {
        self.allocator = function;
        self
    }

    /// `proxy_on_request_headers`: runs `body` and continues.
    pub(crate) fn on_request(self, body: &str) -> Self {
        self.on_request_returning(body, 0)
    }

    /// `proxy_on_request_headers`: runs `body` and returns `action`.
    pub(crate) fn on_request_returning(self, body: &str, action: u32) -> Self {
        let body = format!("{body} (i32.const {action})");
        self.export(
            "proxy_on_request_headers",
            "(param i32 i32 i32) (result i32)",
            &body,
        )
    }

    /// `proxy_on_configure`: runs `body` and accepts.
    pub(crate) fn on_configure(self, body: &str) -> Self {
        self.export(
            "proxy_on_configure",
            "(param i32 i32) (result i32)",
            &format!("{body} (i32.const 1)"),
        )
    }

    /// The plugin's bytes.
    pub(crate) fn wasm(&self) -> Vec<u8> {
        wasm(&format!("{KIT} {} {}", self.allocator, self.functions))
    }

    pub(crate) fn module(&self) -> Module {
        SIMULATOR.module(&self.wasm()).unwrap()
    }

    pub(crate) fn try_start(&self, setup: PluginSetup) -> Result<Plugin, PluginError> {
        Plugin::start(&self.module(), setup)
    }

    pub(crate) fn start(&self) -> Plugin {
        self.try_start(PluginSetup::default()).unwrap()
    }

    /// Starts the plugin under other limits than Envoy's.
    pub(crate) fn start_within(&self, limits: Limits) -> Result<Plugin, PluginError> {
        let simulator = Simulator::new(limits).unwrap();
        Plugin::start(&simulator.module(&self.wasm()).unwrap(), PluginSetup::default())
    }
}

/// A module of these fields.
pub(crate) fn wasm(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).unwrap()
}

/// A helper call that logs a hostcall's status in two digits.
pub(crate) fn say_status(call: &str) -> String {
    format!("(call $say_number {call})")
}

pub(crate) const GET: [(&str, &str); 2] = [(":method", "GET"), (":path", "/")];

/// Gives a stream a plain GET.
pub(crate) fn get(stream: &mut Stream) -> Outcome {
    stream.request_headers(&GET, EndOfStream::Yes)
}

/// What the plugin logged, line by line, after one GET on a stream with these properties.
pub(crate) fn said_on_get(plugin: &mut Plugin, properties: Properties) -> Vec<String> {
    plugin.take_logs();
    let mut stream = plugin.http_stream(properties);
    assert_eq!(get(&mut stream), Outcome::Continue);
    said(plugin)
}

/// Everything that the plugin has logged, with bytes that are not printable escaped.
pub(crate) fn said(plugin: &Plugin) -> Vec<String> {
    plugin
        .logs()
        .iter()
        .map(|line| line.message.escape_ascii().to_string())
        .collect()
}
