//! What a plugin is started with.

use crate::abi::LogLevel;
use crate::calls::clusters::Clusters;
use crate::clock::Clock;
use crate::envoy::properties::Properties;
use crate::foreign::functions::ForeignFunctions;
use crate::nonsense::Nonsense;
use crate::shared::process::Process;

/// Everything that Envoy's Wasm configuration and bootstrap would give a plugin; every field may stay default.
#[derive(Debug, Clone)]
pub struct PluginSetup {
    /// `name`, which the plugin reads as property `plugin_name`.
    pub name: String,
    /// `root_id`, which the plugin reads as property `plugin_root_id`.
    pub root_id: String,
    /// `vm_id`, which the plugin reads as property `plugin_vm_id`.
    pub vm_id: String,
    /// The bytes of the plugin configuration.
    pub plugin_configuration: Vec<u8>,
    /// The bytes of the VM configuration.
    pub vm_configuration: Vec<u8>,
    /// Properties of every context of the plugin, such as node metadata; a stream's own come first.
    pub properties: Properties,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// The lightest level that is logged; lighter lines are not kept.
    pub log_level: LogLevel,
    /// The upstreams that the plugin can call.
    pub clusters: Clusters,
    /// Where the plugin's time comes from.
    pub clock: Clock,
    /// Where the sequence of `random_get` begins.
    pub random_seed: u64,
    /// What hostcalls are answered in the place of the truth, from the first one on.
    pub nonsense: Nonsense,
    /// The process that the VM is in; a clone of a setup is in the same one.
    pub process: Process,
    /// The functions that the plugin can call by name, besides Envoy's own.
    pub foreign: ForeignFunctions,
    /// Whether what happens is kept, for [`Plugin::trace`](crate::Plugin::trace).
    pub trace: bool,
}

impl Default for PluginSetup {
    fn default() -> Self {
        Self {
            name: String::new(),
            root_id: String::new(),
            vm_id: String::new(),
            plugin_configuration: Vec::new(),
            vm_configuration: Vec::new(),
            properties: Properties::new(),
            environment: Vec::new(),
            log_level: LogLevel::Info,
            clusters: Clusters::new(),
            clock: Clock::System,
            random_seed: 0,
            nonsense: Nonsense::default(),
            process: Process::new(),
            foreign: ForeignFunctions::new(),
            trace: false,
        }
    }
}
