//! The filter as a resource of ECDS, in the form that a control plane sends it.

use prost_types::Any;

use crate::discovery::messages::{
    AsyncDataSource, PluginConfig, TypedExtensionConfig, VmConfig, Wasm, any, in_file,
};
use crate::discovery::shelf::Resource;

/// The message that a resource of ECDS is.
pub const TYPE_NAME: &str = "envoy.config.core.v3.TypedExtensionConfig";
/// The one name of the filter.
pub const NAME: &str = "spiffe_authz";

const HTTP_FILTER: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";
/// `envoy.extensions.wasm.v3.FailurePolicy`: a VM that failed is made anew, and until then every request is refused.
const FAIL_RELOAD: i32 = 1;

/// The filter of this `.wasm` file with this plugin configuration, whatever text it is.
#[must_use]
pub fn filter(wasm: &str, plugin_configuration: &str) -> Resource {
    let plugin = PluginConfig {
        name: NAME.to_owned(),
        root_id: NAME.to_owned(),
        vm_config: Some(machine(wasm)),
        configuration: Some(string_value(plugin_configuration)),
        failure_policy: FAIL_RELOAD,
    };
    let wasm = Wasm { config: Some(plugin) };
    let extension = TypedExtensionConfig {
        name: NAME.to_owned(),
        typed_config: Some(any(HTTP_FILTER, &wasm)),
    };
    Resource {
        name: NAME.to_owned(),
        message: any(TYPE_NAME, &extension),
    }
}

fn machine(wasm: &str) -> VmConfig {
    VmConfig {
        vm_id: NAME.to_owned(),
        runtime: "envoy.wasm.runtime.v8".to_owned(),
        code: Some(AsyncDataSource {
            local: Some(in_file(wasm)),
        }),
    }
}

fn string_value(text: &str) -> Any {
    any("google.protobuf.StringValue", &text.to_owned())
}
