//! [`PluginConfiguration`]: the policies as a plugin configuration, checked by the engine.

use std::collections::BTreeSet;

use serde_json::Value;
use spiffe_authz_envoy_config::direct_address;
use spiffe_authz_policy::{StatedConfiguration, Workload};

use crate::document_json::to_json;
use crate::failure::Failure;
use crate::policies::{Loaded, PolicyArguments};
use crate::render::error::RenderError;

/// A plugin configuration that the filter takes.
pub(crate) struct PluginConfiguration {
    pub(crate) loaded: Loaded,
    pub(crate) stated: StatedConfiguration,
    json: Value,
}

impl PluginConfiguration {
    /// Reads the policies.
    ///
    /// # Errors
    /// A file that cannot be read, every problem of the configuration, and what rendered configurations do not serve.
    pub(crate) fn load(policies: &PolicyArguments) -> Result<Self, Failure> {
        let loaded = policies.load()?;
        let stated = loaded.stated()?;
        let json = serde_json::from_str(&to_json(loaded.document()))
            .map_err(|error| RenderError::Unsayable(format!("no JSON: {error}")))?;
        let configuration = Self { loaded, stated, json };
        configuration.check()?;
        Ok(configuration)
    }

    /// The whole of it.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// How many resources it has.
    pub(crate) fn resources(&self) -> usize {
        let resources = self.json.get("resources").and_then(Value::as_array);
        resources.map_or(0, Vec::len)
    }

    /// Without the workload, which the filter then reads from the proxy's node metadata.
    pub(crate) fn without_workload(&self) -> Value {
        let mut json = self.json.clone();
        if let Some(fields) = json.as_object_mut() {
            fields.remove("workload");
        }
        json
    }

    /// The same without the resources at these indices.
    pub(crate) fn without(&self, left_out: &BTreeSet<usize>) -> Value {
        let mut json = self.without_workload();
        if let Some(resources) = json.get_mut("resources").and_then(Value::as_array_mut) {
            let mut index = 0..;
            resources.retain(|_| index.next().is_none_or(|index| !left_out.contains(&index)));
        }
        json
    }

    /// The workload.
    ///
    /// # Errors
    /// When none is named.
    pub(crate) fn workload(&self) -> Result<&Workload, RenderError> {
        let missing =
            "workload: missing: name the workload with `--namespace` and `--labels`, or in the configuration";
        let workload = self.stated.workload.as_ref();
        workload.ok_or_else(|| RenderError::Unsayable(missing.to_owned()))
    }

    /// What is rendered stands at a sidecar, with a filter in front that writes the direct address under the usual key.
    fn check(&self) -> Result<(), RenderError> {
        let key = self.json.get("directRemoteAddressKey").and_then(Value::as_str);
        if let Some(key) = key.filter(|key| *key != direct_address::FILTER_STATE_KEY) {
            let usual = direct_address::FILTER_STATE_KEY;
            return Err(RenderError::Unsayable(format!(
                "directRemoteAddressKey: `{key}` is written by nothing that is rendered: leave it out, and `{usual}` is"
            )));
        }
        if self.json.pointer("/svid/peerPrincipalKey").is_some() {
            return Err(RenderError::Unsayable(
                "svid.peerPrincipalKey: only a listener in front of this one hands a peer on, and none is rendered: leave it out"
                    .to_owned(),
            ));
        }
        match &self.stated.workload {
            Some(workload) if workload.waypoint.is_some() => Err(RenderError::Unsayable(
                "workload.waypoint: only sidecars are rendered: see docs/waypoint.md for a waypoint"
                    .to_owned(),
            )),
            Some(_) | None => Ok(()),
        }
    }
}
