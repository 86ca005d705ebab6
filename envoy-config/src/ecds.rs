//! File-based ECDS: the filter's configuration in a file that Envoy watches.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::wasm_filter::{NAME, type_name};
use crate::{ApplicationProtocol, FilePath, FilterModule};

/// The document that [`FilterSource::Ecds`](crate::FilterSource::Ecds) names, with the configuration as compact
/// JSON text.
///
/// Write it under a temporary name in the same folder and rename it over the old one.
#[must_use]
pub fn ecds_document(
    filter: &FilterModule,
    protocol: ApplicationProtocol,
    plugin_configuration: &Value,
) -> Value {
    document(filter, protocol, &plugin_configuration.to_string())
}

/// The same document around a plugin configuration that is JSON text already, laid out for people perhaps.
#[must_use]
pub fn document(filter: &FilterModule, protocol: ApplicationProtocol, plugin_configuration: &str) -> Value {
    json!({
        "resources": [{
            "@type": type_url("envoy.config.core.v3.TypedExtensionConfig"),
            "name": NAME,
            "typed_config": filter.typed_config(protocol, plugin_configuration),
        }],
    })
}

/// The `config_discovery` of the filter.
///
/// It has no default configuration: until the file was read, requests and connections get no further. The whole folder is
/// watched, so that a Kubernetes ConfigMap, which swaps a link beside the file, is noticed as well. No filter but
/// a Wasm one is taken from there.
#[must_use]
pub fn discovery(protocol: ApplicationProtocol, path: &FilePath) -> Value {
    json!({
        "config_source": {
            "resource_api_version": "V3",
            "path_config_source": {
                "path": path.as_str(),
                "watched_directory": {"path": path.folder().as_str()},
            },
        },
        "type_urls": [type_url(type_name(protocol))],
    })
}
