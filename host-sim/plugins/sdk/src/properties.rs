//! Properties: tells the upstream what the proxy knows of the connection and the request, and leaves a note for the access
//! log.

use std::net::SocketAddr;

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
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let peer = self.text(&["connection", "uri_san_peer_certificate"]);
        self.add_http_request_header("x-peer", peer.as_deref().unwrap_or("unknown"));
        let mtls = self.get_property(vec!["connection", "mtls"]);
        self.add_http_request_header("x-mtls", if mtls == Some(vec![1]) { "yes" } else { "no" });
        if let Some(port) = self.source_port() {
            self.add_http_request_header("x-source-port", &port.to_string());
        }
        self.set_property(vec!["verdict"], Some(b"seen"));
        Action::Continue
    }

    fn on_log(&mut self) {
        let verdict = self.text(&["verdict"]);
        log::info!("verdict: {}", verdict.as_deref().unwrap_or("none"));
    }
}

impl Stream {
    fn text(&self, path: &[&str]) -> Option<String> {
        let value = self.get_property(path.to_vec())?;
        String::from_utf8(value).ok()
    }

    fn source_port(&self) -> Option<u16> {
        let address: SocketAddr = self.text(&["source", "address"])?.parse().ok()?;
        Some(address.port())
    }
}
