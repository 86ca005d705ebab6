//! Starts the plugins of the SDK, and drives them.

use std::sync::LazyLock;

use spiffe_authz_host_sim::{
    EndOfStream, Limits, Module, Outcome, Plugin, PluginError, PluginSetup, Properties, Simulator, Stream,
};

use crate::build;

static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let simulator = Simulator::new(Limits::default()).unwrap();
    simulator.module(&build::plugin("sdk")).unwrap()
});

/// Starts the plugin that this configuration names; what happens is traced.
pub(crate) fn try_start(configuration: &str, setup: PluginSetup) -> Result<Plugin, PluginError> {
    let setup = PluginSetup {
        plugin_configuration: configuration.into(),
        trace: true,
        ..setup
    };
    Plugin::start(&MODULE, setup)
}

/// Starts the plugin of an area.
pub(crate) fn start(configuration: &str) -> Plugin {
    try_start(configuration, PluginSetup::default()).unwrap()
}

/// A request for this path.
pub(crate) const fn get(path: &str) -> [(&str, &str); 3] {
    [(":method", "GET"), (":path", path), (":authority", "shop")]
}

/// A stream that was asked for this path, and what that came to.
pub(crate) fn ask(plugin: &mut Plugin, path: &str) -> (Stream, Outcome) {
    let mut stream = plugin.http_stream(Properties::new());
    let outcome = stream.request_headers(&get(path), EndOfStream::Yes);
    (stream, outcome)
}
