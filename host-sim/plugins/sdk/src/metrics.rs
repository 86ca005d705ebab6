//! Metrics: requests, those in flight, and the lengths of their paths.

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, MetricType, Status};

#[derive(Default, Clone, Copy)]
pub(crate) struct Root {
    requests: u32,
    in_flight: u32,
    path_lengths: u32,
}

impl Root {
    fn define() -> Result<Self, Status> {
        Ok(Self {
            requests: hostcalls::define_metric(MetricType::Counter, "sdk.requests")?,
            in_flight: hostcalls::define_metric(MetricType::Gauge, "sdk.in_flight")?,
            path_lengths: hostcalls::define_metric(MetricType::Histogram, "sdk.path_lengths")?,
        })
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let defined = Self::define();
        *self = defined.unwrap_or_default();
        defined.is_ok()
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { metrics: *self }))
    }
}

struct Stream {
    metrics: Root,
}

impl Stream {
    fn begin(&self) -> Result<u64, Status> {
        let path = self.get_http_request_header_bytes(":path").unwrap_or_default();
        hostcalls::increment_metric(self.metrics.requests, 1)?;
        hostcalls::increment_metric(self.metrics.in_flight, 1)?;
        hostcalls::record_metric(self.metrics.path_lengths, path.len() as u64)?;
        hostcalls::get_metric(self.metrics.requests)
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        match self.begin() {
            Ok(number) => self.add_http_request_header("x-request-number", &number.to_string()),
            Err(status) => log::error!("metrics: {status:?}"),
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        if let Err(status) = hostcalls::increment_metric(self.metrics.in_flight, -1) {
            log::error!("metrics: {status:?}");
        }
    }
}
