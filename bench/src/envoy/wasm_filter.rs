//! Wasm filters, each in a VM of its own.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{ApplicationProtocol, FilePath, FilterModule, FilterSource};

/// The filter of this module with this configuration, as shipped but for its VM: those with one id would share one, and
/// a small policy set would lie in the memory of a large one.
#[must_use]
pub fn wasm_filter(name: &str, wasm: &FilePath, configuration: &Value) -> Value {
    let module = FilterModule {
        wasm: wasm.clone(),
        source: FilterSource::Inline(configuration.clone()),
    };
    let mut filter = json!({
        "name": name,
        "typed_config": module.typed_config(ApplicationProtocol::Http, &configuration.to_string()),
    });
    filter["typed_config"]["config"]["vm_config"]["vm_id"] = json!(name);
    filter
}
