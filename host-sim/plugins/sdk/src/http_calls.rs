//! HTTP calls: asks another service about each request, which waits for the answer; without one nobody gets in.

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

const CLUSTER: &str = "authz";
const TIMEOUT: Duration = Duration::from_millis(250);

pub(crate) struct Root;

impl Context for Root {}

impl RootContext for Root {
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream))
    }
}

struct Stream;

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let path = self.get_http_request_header(":path").unwrap_or_default();
        let headers = vec![(":method", "POST"), (":path", "/check"), (":authority", CLUSTER)];
        match self.dispatch_http_call(CLUSTER, headers, Some(path.as_bytes()), vec![], TIMEOUT) {
            Ok(call) => log::debug!("call {call}"),
            Err(status) => {
                log::error!("call: {status:?}");
                self.send_http_response(500, vec![], None);
            }
        }
        Action::Pause
    }
}

impl Context for Stream {
    fn on_http_call_response(&mut self, _call: u32, headers: usize, body_size: usize, _trailers: usize) {
        if headers == 0 {
            self.send_http_response(503, vec![], Some(b"no answer"));
            return;
        }
        let status = self.get_http_call_response_header(":status");
        if status.as_deref() != Some("200") {
            let reason = self.get_http_call_response_body(0, body_size);
            self.send_http_response(403, vec![], reason.as_deref());
            return;
        }
        if let Some(subject) = self.get_http_call_response_header("x-subject") {
            self.add_http_request_header("x-subject", &subject);
        }
        self.resume_http_request();
    }
}
