//! gRPC: a unary call for each request, which waits for it; or, for `/stream`, a stream that the request waits for the first
//! message of.

use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

const CLUSTER: &str = "greeter";
const SERVICE: &str = "greet.Greeter";
const TIMEOUT: Duration = Duration::from_secs(1);

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
        let asked = if path == "/stream" {
            self.stream()
        } else {
            self.dispatch_grpc_call(CLUSTER, SERVICE, "Hello", vec![], Some(path.as_bytes()), TIMEOUT)
        };
        match asked {
            Ok(_) => Action::Pause,
            Err(status) => {
                log::error!("gRPC: {status:?}");
                Action::Continue
            }
        }
    }
}

impl Stream {
    fn stream(&self) -> Result<u32, proxy_wasm::types::Status> {
        let stream = self.open_grpc_stream(CLUSTER, SERVICE, "Chat", vec![("x-from", b"sdk")])?;
        self.send_grpc_stream_message(stream, Some(b"hello"), false);
        Ok(stream)
    }

    fn answer(&self, header: &str, size: usize) {
        let message = self.get_grpc_call_response_body(0, size).unwrap_or_default();
        self.add_http_request_header_bytes(header, &message);
    }
}

impl Context for Stream {
    fn on_grpc_call_response(&mut self, _call: u32, status: u32, size: usize) {
        if status == 0 {
            self.answer("x-greeting", size);
        } else {
            let (code, message) = self.get_grpc_status();
            log::warn!("gRPC status {code}: {}", message.unwrap_or_default());
        }
        self.resume_http_request();
    }

    fn on_grpc_stream_initial_metadata(&mut self, _stream: u32, count: u32) {
        let server = self.get_grpc_stream_initial_metadata_value("server");
        let server = server.unwrap_or_default();
        log::info!(
            "initial metadata: {count}, from {}",
            String::from_utf8_lossy(&server)
        );
    }

    fn on_grpc_stream_message(&mut self, stream: u32, size: usize) {
        self.answer("x-message", size);
        self.close_grpc_stream(stream);
        self.resume_http_request();
    }

    fn on_grpc_stream_close(&mut self, _stream: u32, status: u32) {
        log::info!("stream closed: {status}");
    }
}
