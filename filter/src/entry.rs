//! The entry points of the wasm module: the SDK's contexts, each a thin shell around one of ours.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::host::{Host, LogLevel};
use crate::http::HttpStream;
use crate::metrics::Metrics;
use crate::proxy_wasm_host::ProxyWasmHost;
use crate::root::Plugin;

thread_local! {
    /// The metrics of this VM: a plugin instance comes and goes with its configuration, they stay.
    static METRICS: Rc<Metrics> = Rc::default();
}

proxy_wasm::main! {{
    std::panic::set_hook(Box::new(|fault| ProxyWasmHost.log(LogLevel::Error, &format!("fault: {fault}"))));
    proxy_wasm::set_root_context(|_| Box::new(Root(Plugin::new(ProxyWasmHost, METRICS.with(Rc::clone)))));
}}

struct Root(Plugin<ProxyWasmHost>);

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _plugin_configuration_size: usize) -> bool {
        self.0.configure()
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http(HttpStream::new(self.0.judge()))))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Http(HttpStream<ProxyWasmHost>);

impl Context for Http {}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, _num_headers: usize, _end_of_stream: bool) -> Action {
        action(self.0.judge())
    }

    fn on_http_request_body(&mut self, _body_size: usize, _end_of_stream: bool) -> Action {
        action(self.0.may_pass())
    }

    fn on_http_request_trailers(&mut self, _num_trailers: usize) -> Action {
        action(self.0.may_pass())
    }
}

fn action(may_pass: bool) -> Action {
    if may_pass { Action::Continue } else { Action::Pause }
}
