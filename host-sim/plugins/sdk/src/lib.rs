//! Plugins as their authors would write them, one for each area of the ABI. The first word of the plugin configuration says
//! which one this is; what stands behind it is the plugin's own.

mod bodies;
mod foreign;
mod grpc;
mod headers;
mod http_calls;
mod local_reply;
mod logging;
mod metrics;
mod properties;
mod queues;
mod shared_data;
mod tcp;
mod timers;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, RootContext};
use proxy_wasm::types::{BufferType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| root());
}}

/// The plugin of the area that the configuration names.
fn root() -> Box<dyn RootContext> {
    let configuration = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, usize::MAX);
    let configuration = configuration.ok().flatten().unwrap_or_default();
    let configuration = String::from_utf8_lossy(&configuration).into_owned();
    let (area, own) = configuration.split_once(' ').unwrap_or((&configuration, ""));
    match area {
        "bodies" => Box::new(bodies::Root),
        "foreign" => Box::new(foreign::Root),
        "grpc" => Box::new(grpc::Root),
        "headers" => Box::new(headers::Root),
        "http_calls" => Box::new(http_calls::Root),
        "local_reply" => Box::new(local_reply::Root),
        "logging" => Box::new(logging::Root),
        "metrics" => Box::new(metrics::Root::default()),
        "properties" => Box::new(properties::Root),
        "queues" => Box::new(queues::Root::default()),
        "shared_data" => Box::new(shared_data::Root),
        "tcp" => Box::new(tcp::Root),
        "timers" => Box::new(timers::Root::new(own)),
        _ => Box::new(Unknown),
    }
}

/// Refuses a configuration that names no area.
struct Unknown;

impl Context for Unknown {}

impl RootContext for Unknown {
    fn on_configure(&mut self, _size: usize) -> bool {
        log::error!("the configuration names no area");
        false
    }
}
