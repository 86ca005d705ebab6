//! [`ProxyWasmHost`]: the one adapter of [`Host`], over the hostcalls of the proxy-wasm ABI 0.2.1.
//!
//! The hostcalls are declared here: every status is a value, and nothing is assumed about the bytes of names and values.
#![expect(
    unsafe_code,
    reason = "hostcalls take pointers; this is the only file that makes them"
)]

use std::ptr;

use crate::host::{Host, HostError, LocalReply, LogLevel, MetricId, MetricKind};
use crate::pairs;

const OK: u32 = 0;
const NOT_FOUND: u32 = 1;
const REQUEST_HEADERS: u32 = 0;
const REQUEST_TRAILERS: u32 = 1;
const PLUGIN_CONFIGURATION: u32 = 7;
const DOWNSTREAM: u32 = 2;
/// Leaves it to the proxy to derive the gRPC status from the HTTP status.
const NO_GRPC_STATUS: i32 = -1;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, line: *const u8, line_size: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, value_size: usize) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, metric: *mut u32) -> u32;
    fn proxy_increment_metric(metric: u32, offset: i64) -> u32;
    fn proxy_record_metric(metric: u32, value: u64) -> u32;
}

unsafe extern "C" {
    /// The constructors of the C library that WASI programs are linked with.
    fn __wasm_call_ctors();
}

/// Makes the C library ready. To be called once, before anything else.
pub(crate) fn run_constructors() {
    // SAFETY: the linker provides the function; it takes nothing, and what it sets up is not in use yet.
    unsafe { __wasm_call_ctors() };
}

/// The proxy that this module runs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProxyWasmHost;

impl Host for ProxyWasmHost {
    fn plugin_configuration(&self) -> Result<Vec<u8>, HostError> {
        // SAFETY: the call writes through the two pointers that `owned` passes, and through nothing else.
        owned(|data, size| unsafe { proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, usize::MAX, data, size) })
    }

    fn request_headers(&self) -> Result<Vec<u8>, HostError> {
        // SAFETY: as above.
        owned(|data, size| unsafe { proxy_get_header_map_pairs(REQUEST_HEADERS, data, size) })
    }

    fn request_trailers(&self) -> Result<Vec<u8>, HostError> {
        // SAFETY: as above.
        owned(|data, size| unsafe { proxy_get_header_map_pairs(REQUEST_TRAILERS, data, size) })
    }

    fn property(&self, path: &str) -> Result<Vec<u8>, HostError> {
        // SAFETY: as above; `path` is valid for reads of its length.
        owned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
    }

    fn nanoseconds_since_epoch(&self) -> Result<u64, HostError> {
        let mut time = 0;
        // SAFETY: `time` is valid for a write of 8 bytes.
        done(unsafe { proxy_get_current_time_nanoseconds(&raw mut time) })?;
        Ok(time)
    }

    fn set_property(&self, path: &str, value: &[u8]) -> Result<(), HostError> {
        // SAFETY: both slices are valid for reads of their lengths, and the host keeps no pointer.
        done(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
    }

    fn send_local_reply(&self, reply: &LocalReply<'_>) -> Result<(), HostError> {
        let LocalReply {
            status,
            details,
            body,
            headers,
            grpc_status,
        } = *reply;
        let headers = pairs::serialize(headers);
        // SAFETY: texts and header list are valid for reads of their lengths, and the host keeps no pointer.
        done(unsafe {
            proxy_send_local_response(
                u32::from(status),
                details.as_ptr(),
                details.len(),
                body.as_ptr(),
                body.len(),
                headers.as_ptr(),
                headers.len(),
                grpc_status.map_or(NO_GRPC_STATUS, i32::from),
            )
        })
    }

    fn close_downstream(&self) -> Result<(), HostError> {
        // SAFETY: no pointer is passed.
        done(unsafe { proxy_close_stream(DOWNSTREAM) })
    }

    fn log(&self, level: LogLevel, line: &str) {
        // SAFETY: the line is valid for reads of its length, and the host keeps no pointer.
        let _status = unsafe { proxy_log(log_level(level), line.as_ptr(), line.len()) };
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError> {
        let mut metric = 0;
        // SAFETY: the name is valid for reads of its length, and `metric` for a write of 4 bytes.
        done(unsafe { proxy_define_metric(metric_kind(kind), name.as_ptr(), name.len(), &raw mut metric) })?;
        Ok(MetricId(metric))
    }

    fn increment_metric(&self, metric: MetricId) -> Result<(), HostError> {
        // SAFETY: no pointer is passed.
        done(unsafe { proxy_increment_metric(metric.0, 1) })
    }

    fn record_metric(&self, metric: MetricId, value: u64) -> Result<(), HostError> {
        // SAFETY: no pointer is passed.
        done(unsafe { proxy_record_metric(metric.0, value) })
    }
}

fn log_level(level: LogLevel) -> u32 {
    match level {
        LogLevel::Info => 2,
        LogLevel::Warn => 3,
        LogLevel::Error => 4,
    }
}

fn metric_kind(kind: MetricKind) -> u32 {
    match kind {
        MetricKind::Counter => 0,
        MetricKind::Gauge => 1,
        MetricKind::Histogram => 2,
    }
}

fn done(status: u32) -> Result<(), HostError> {
    match status {
        OK => Ok(()),
        NOT_FOUND => Err(HostError::NotFound),
        other => Err(HostError::Status(other)),
    }
}

/// Calls `hostcall` and takes over the buffer that it leaves.
fn owned(hostcall: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, HostError> {
    let mut data = ptr::null_mut();
    let mut size = 0;
    done(hostcall(&raw mut data, &raw mut size))?;
    match (size, data.is_null()) {
        // Nothing was allocated for nothing.
        (0, _) => Ok(Vec::new()),
        (_, true) => Err(HostError::NullBuffer { size }),
        // SAFETY: a host puts its answer into memory that it got from `proxy_on_memory_allocate(size)`, which
        // gives a boxed slice of exactly that size away; from now on it is ours and ours alone.
        (_, false) => Ok(unsafe { Vec::from_raw_parts(data, size, size) }),
    }
}
