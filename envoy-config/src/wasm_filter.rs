//! The Wasm filter that decides, on requests or on connections.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::{ApplicationProtocol, FilePath, ecds};

/// The one name of the filter: filter name, plugin name, root id and VM id.
pub const NAME: &str = "spiffe_authz";
/// The protobuf message of Envoy's Wasm HTTP filter.
pub const HTTP_TYPE_NAME: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";
/// The protobuf message of Envoy's Wasm network filter.
pub const NETWORK_TYPE_NAME: &str = "envoy.extensions.filters.network.wasm.v3.Wasm";

/// The filter's code, and where its configuration comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterModule {
    /// The `.wasm` file.
    pub wasm: FilePath,
    /// Where the plugin configuration comes from.
    pub source: FilterSource,
}

/// Where the plugin configuration comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterSource {
    /// It stands in the bootstrap: a change is a restart.
    Inline(serde_json::Value),
    /// It stands in a file that Envoy watches: a change takes effect under load, and a configuration that the
    /// filter refuses leaves the last good one in force. Needs a [`Node`](crate::Node) with an id and a cluster.
    Ecds {
        /// The file, which [`ecds_document`](crate::ecds_document) renders. It is replaced by a rename.
        path: FilePath,
    },
}

impl FilterModule {
    /// The HTTP filter, with its configuration or with the reference to it.
    #[must_use]
    pub fn http_filter(&self) -> Value {
        self.filter(ApplicationProtocol::Http)
    }

    /// The network filter, with its configuration or with the reference to it.
    #[must_use]
    pub fn network_filter(&self) -> Value {
        self.filter(ApplicationProtocol::Tcp)
    }

    fn filter(&self, protocol: ApplicationProtocol) -> Value {
        match &self.source {
            FilterSource::Inline(configuration) => {
                let typed_config = self.typed_config(protocol, &configuration.to_string());
                json!({"name": NAME, "typed_config": typed_config})
            }
            FilterSource::Ecds { path } => {
                json!({"name": NAME, "config_discovery": ecds::discovery(protocol, path)})
            }
        }
    }

    /// The Wasm filter's message, with the plugin configuration as JSON text.
    ///
    /// `FAIL_RELOAD`: after a fault the VM is made anew, and until then every request is refused.
    /// `allow_precompiled` is false: native code in a module would run unverified.
    /// `StringValue`: the plugin reads exactly this text; a `Struct` would reach it in protobuf's wire format.
    #[must_use]
    pub fn typed_config(&self, protocol: ApplicationProtocol, plugin_configuration: &str) -> Value {
        json!({
            "@type": type_url(type_name(protocol)),
            "config": {
                "name": NAME,
                "root_id": NAME,
                "failure_policy": "FAIL_RELOAD",
                "configuration": string_value(plugin_configuration),
                "vm_config": {
                    "vm_id": NAME,
                    "runtime": "envoy.wasm.runtime.v8",
                    "allow_precompiled": false,
                    "code": {"local": {"filename": self.wasm.as_str()}},
                },
            },
        })
    }
}

/// The protobuf message of the Wasm filter in front of an application that speaks this.
#[must_use]
pub fn type_name(protocol: ApplicationProtocol) -> &'static str {
    match protocol {
        ApplicationProtocol::Http | ApplicationProtocol::Http2 => HTTP_TYPE_NAME,
        ApplicationProtocol::Tcp => NETWORK_TYPE_NAME,
    }
}

fn string_value(text: &str) -> Value {
    json!({"@type": type_url("google.protobuf.StringValue"), "value": text})
}
