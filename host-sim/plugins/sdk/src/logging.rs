//! Logging: a line of each level, one that is printed, a line in the access log, and a panic for `/panic`.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

pub(crate) struct Root;

impl Context for Root {}

impl RootContext for Root {
    fn on_vm_start(&mut self, _size: usize) -> bool {
        let configuration = self.get_vm_configuration().unwrap_or_default();
        log::info!("VM: {}", String::from_utf8_lossy(&configuration));
        true
    }

    fn on_configure(&mut self, _size: usize) -> bool {
        log::trace!("at trace");
        log::debug!("at debug");
        log::info!("at info");
        log::warn!("at warn");
        log::error!("at error");
        println!("printed");
        true
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { path: String::new() }))
    }
}

struct Stream {
    path: String,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.path = self.get_http_request_header(":path").unwrap_or_default();
        assert_ne!(self.path, "/panic", "a path that nobody may ask for");
        Action::Continue
    }

    fn on_log(&mut self) {
        let status = self.get_http_response_header(":status");
        log::info!("{} {}", self.path, status.as_deref().unwrap_or("-"));
    }
}
