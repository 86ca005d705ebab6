//! Foreign functions: lets the proxy work on a header's value, and hears when it calls back.

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType};

pub(crate) struct Root;

impl Context for Root {
    fn on_foreign_function(&mut self, function: u32, size: usize) {
        let arguments = hostcalls::get_buffer(BufferType::CallData, 0, size);
        let arguments = arguments.ok().flatten().unwrap_or_default();
        log::info!("called by {function}: {}", String::from_utf8_lossy(&arguments));
    }
}

impl RootContext for Root {
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream))
    }
}

struct Stream;

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let path = self.get_http_request_header_bytes(":path");
        match self.call_foreign_function("reverse", path.as_deref()) {
            Ok(Some(reversed)) => self.add_http_request_header_bytes("x-reversed", &reversed),
            Ok(None) => self.add_http_request_header("x-reversed", ""),
            Err(status) => self.add_http_request_header("x-refused", &format!("{status:?}")),
        }
        Action::Continue
    }
}
