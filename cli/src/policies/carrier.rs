//! [`Carrier`]: Istio's documents that carry a plugin configuration to a proxy.

/// A kind of document with a plugin configuration in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Carrier {
    WasmPlugin,
    /// Since Istio 1.30.
    TrafficExtension,
}

impl Carrier {
    /// The carrier of this `kind`.
    pub(super) fn of_kind(kind: &str) -> Option<Self> {
        let all = [Self::WasmPlugin, Self::TrafficExtension];
        all.into_iter().find(|carrier| carrier.kind() == kind)
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::WasmPlugin => "WasmPlugin",
            Self::TrafficExtension => "TrafficExtension",
        }
    }

    /// The fields on the way to the plugin configuration.
    pub(super) fn path(self) -> &'static [&'static str] {
        match self {
            Self::WasmPlugin => &["spec", "pluginConfig"],
            Self::TrafficExtension => &["spec", "wasm", "pluginConfig"],
        }
    }
}
