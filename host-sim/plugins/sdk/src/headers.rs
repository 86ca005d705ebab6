//! Headers: tells the upstream who sent the request, and hides from the client what serves it.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

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

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, count: usize, _end: bool) -> Action {
        self.add_http_request_header("x-header-count", &count.to_string());
        self.set_http_request_header("cookie", None);
        self.set_http_request_header("user-agent", Some("sdk"));
        if let Some(token) = self.get_http_request_header_bytes("x-token") {
            self.add_http_request_header_bytes("x-token-reversed", &reversed(&token));
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        let headers = self.get_http_response_headers();
        let kept = headers.iter().filter(|(name, _)| name != "server");
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        self.set_http_response_headers(kept.chain([("x-served-by", "sdk")]).collect());
        Action::Continue
    }
}

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}
