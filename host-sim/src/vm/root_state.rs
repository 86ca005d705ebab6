//! What a root context is of: one plugin under one configuration.

use crate::envoy::properties::Properties;
use crate::plugin_setup::PluginSetup;

/// What belongs to a root context and to the streams of it, not to the whole VM. Two that are equal are one root context in
/// Envoy, which tells them by these facts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct RootState {
    pub(crate) name: String,
    pub(crate) root_id: String,
    pub(crate) properties: Properties,
    pub(crate) configuration: Vec<u8>,
}

impl RootState {
    /// Takes the part of a setup that is the root context's.
    pub(crate) fn take(setup: &mut PluginSetup) -> Self {
        Self {
            name: std::mem::take(&mut setup.name),
            root_id: std::mem::take(&mut setup.root_id),
            properties: std::mem::take(&mut setup.properties),
            configuration: std::mem::take(&mut setup.plugin_configuration),
        }
    }
}
