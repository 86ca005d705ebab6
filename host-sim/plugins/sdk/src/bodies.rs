//! Bodies: holds the request until all of it is there and puts its length in front; hides a word of the response piece by
//! piece; counts the trailers.

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
    fn on_http_request_headers(&mut self, _count: usize, end: bool) -> Action {
        if end {
            return Action::Continue;
        }
        self.set_http_request_header("content-length", None);
        Action::Continue
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        if !end {
            return Action::Pause;
        }
        let prefix = format!("{size}:");
        self.set_http_request_body(0, 0, prefix.as_bytes());
        Action::Continue
    }

    fn on_http_request_trailers(&mut self, count: usize) -> Action {
        self.add_http_request_trailer("x-trailer-count", &count.to_string());
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.set_http_response_header("content-length", None);
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, _end: bool) -> Action {
        if let Some(body) = self.get_http_response_body(0, size) {
            let hidden = String::from_utf8_lossy(&body).replace("secret", "******");
            self.set_http_response_body(0, size, hidden.as_bytes());
        }
        Action::Continue
    }
}
