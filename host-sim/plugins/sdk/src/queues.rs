//! Shared queues: every request leaves its path in a queue, which the root empties into the log.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

const NAME: &str = "paths";

#[derive(Default)]
pub(crate) struct Root {
    queue: u32,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.queue = self.register_shared_queue(NAME);
        true
    }

    fn on_queue_ready(&mut self, queue: u32) {
        while let Ok(Some(path)) = self.dequeue_shared_queue(queue) {
            log::info!("path: {}", String::from_utf8_lossy(&path));
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { queue: self.queue }))
    }
}

struct Stream {
    queue: u32,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let path = self.get_http_request_header_bytes(":path").unwrap_or_default();
        if let Err(status) = self.enqueue_shared_queue(self.queue, Some(&path)) {
            log::error!("enqueue: {status:?}");
        }
        let other = self.resolve_shared_queue("another", NAME);
        self.add_http_request_header("x-other-queue", if other.is_some() { "yes" } else { "no" });
        Action::Continue
    }
}
