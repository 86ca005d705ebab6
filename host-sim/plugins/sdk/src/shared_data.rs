//! Shared data: numbers the requests of all workers, however they meet.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, Status};

const KEY: &str = "requests";

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
        let number = self.next();
        self.add_http_request_header("x-request-number", &number.to_string());
        Action::Continue
    }
}

impl Stream {
    /// Counts one up; where another worker was quicker, begins anew.
    fn next(&self) -> u64 {
        loop {
            let (value, version) = self.get_shared_data(KEY);
            let number = value.and_then(|bytes| number(&bytes)).unwrap_or(0) + 1;
            match self.set_shared_data(KEY, Some(&number.to_le_bytes()), version) {
                Ok(()) => return number,
                Err(Status::CasMismatch) => log::debug!("another worker was quicker"),
                Err(other) => panic!("shared data: {other:?}"),
            }
        }
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
