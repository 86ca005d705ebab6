//! Local replies: who has no token is turned away, a gRPC client in its own manner.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, GrpcStatusCode};

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
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        if self.get_http_request_header("authorization").is_some() {
            return Action::Continue;
        }
        if self.get_http_request_header("content-type").as_deref() == Some("application/grpc") {
            self.send_grpc_response(GrpcStatusCode::Unauthenticated, Some("no token"), vec![]);
        } else {
            let headers = vec![("www-authenticate", "Bearer")];
            self.send_http_response(401, headers, Some(b"no token\n"));
        }
        Action::Pause
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        if self.get_http_response_header(":status").as_deref() == Some("500") {
            self.send_http_response(502, vec![], None);
            return Action::Pause;
        }
        Action::Continue
    }
}
