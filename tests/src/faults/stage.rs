//! [`Stage`]: a shipped sidecar before its Envoy starts, with all that a fault may break.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{
    ApplicationProtocol, FilePath, FilterModule, FilterSource, Sidecar, ecds, interlock,
};

use crate::envoy::guarded::{FRONTEND, addresses};
use crate::envoy::identities::Identities;
use crate::envoy::orders;
use crate::faults::application::Application;
use crate::faults::kind::Kind;
use crate::policies::allow_get;
use crate::scratch::Scratch;

/// The path that policy allows.
pub(super) const PATH: &str = "/orders";

/// A sidecar that is ready to start.
pub(super) struct Stage {
    pub(super) kind: Kind,
    pub(super) scratch: Scratch,
    pub(super) identities: Identities,
    pub(super) application: Application,
    pub(super) sidecar: Sidecar,
    pub(super) bootstrap: Value,
    /// What the filter's discovery file says; `None` where there is no such file.
    pub(super) discovery: Option<String>,
    discovery_file: FilePath,
}

impl Stage {
    /// A sidecar in which everything is right.
    pub(super) async fn new(name: &str, kind: Kind) -> Result<Self, String> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch::new(&format!("{name}-{number}"))?;
        let identities = Identities::new(&scratch)?;
        let application = Application::start(kind.protocol()).await?;
        let discovery_file = scratch.file("filter.ecds.json")?;
        let source = FilterSource::Ecds {
            path: discovery_file.clone(),
        };
        let addresses = addresses(application.address())?;
        let mut sidecar = orders::sidecar(&scratch, &identities, addresses, kind.transport(), source)?;
        sidecar.inbound.protocol = kind.protocol();
        let mut bootstrap = sidecar.bootstrap();
        bootstrap["static_resources"]["listeners"][0]["enable_reuse_port"] = json!(false);
        let discovery = Some(document(&sidecar.filter, kind, &plugin_configuration(kind)));
        Ok(Self {
            kind,
            scratch,
            identities,
            application,
            sidecar,
            bootstrap,
            discovery,
            discovery_file,
        })
    }

    /// Writes the discovery file as it is to be now.
    pub(super) fn write_discovery(&self) -> Result<(), String> {
        match &self.discovery {
            Some(text) => self.write_text(text),
            None => Ok(()),
        }
    }

    /// Replaces the discovery file of a running Envoy.
    pub(super) fn write_text(&self, text: &str) -> Result<(), String> {
        spiffe_authz_demo::replace_file::replace_file(self.discovery_file.as_path(), text)
            .map_err(|error| error.to_string())
    }

    /// The discovery file in which everything is right.
    pub(super) fn good_discovery(&self) -> String {
        document(&self.sidecar.filter, self.kind, &plugin_configuration(self.kind))
    }

    /// The discovery file with this plugin configuration.
    pub(super) fn discovery_with(&self, plugin_configuration: &str) -> String {
        document(&self.sidecar.filter, self.kind, plugin_configuration)
    }

    /// The discovery file with another module and this plugin configuration.
    pub(super) fn discovery_of_module(&self, wasm: FilePath, plugin_configuration: &str) -> String {
        let filter = FilterModule {
            wasm,
            ..self.sidecar.filter.clone()
        };
        document(&filter, self.kind, plugin_configuration)
    }

    /// Changes the filter's message in the discovery file.
    pub(super) fn change_filter(&mut self, change: impl FnOnce(&mut Value)) -> Result<(), String> {
        let text = self.discovery.as_deref().ok_or("there is no discovery file")?;
        let mut document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        change(&mut document["resources"][0]["typed_config"]["config"]);
        self.discovery = Some(document.to_string());
        Ok(())
    }

    /// A file with these bytes as a module.
    pub(super) fn module(&self, bytes: &[u8]) -> Result<FilePath, String> {
        let file = self.scratch.file("faulty.wasm")?;
        fs::write(file.as_path(), bytes).map_err(|error| error.to_string())?;
        Ok(file)
    }

    /// The filters of every chain: those for requests, or those for connections.
    pub(super) fn change_filters(&mut self, change: impl Fn(&mut Vec<Value>)) -> Result<(), String> {
        let pointer = match self.kind.protocol() {
            ApplicationProtocol::Http | ApplicationProtocol::Http2 => "/filters/1/typed_config/http_filters",
            ApplicationProtocol::Tcp => "/filters",
        };
        for chain in self.chains()? {
            let filters = chain.pointer_mut(pointer).and_then(Value::as_array_mut);
            change(filters.ok_or("a chain has no filters")?);
        }
        Ok(())
    }

    /// The filter chains of the inbound listener.
    pub(super) fn chains(&mut self) -> Result<&mut Vec<Value>, String> {
        self.bootstrap
            .pointer_mut("/static_resources/listeners/0/filter_chains")
            .and_then(Value::as_array_mut)
            .ok_or_else(|| "the listener has no chains".to_owned())
    }

    /// Takes the interlock away.
    pub(super) fn remove_interlock(&mut self) -> Result<(), String> {
        self.change_filters(|filters| filters.retain(|filter| filter["name"] != interlock::NAME))
    }
}

fn document(filter: &FilterModule, kind: Kind, plugin_configuration: &str) -> String {
    ecds::document(filter, kind.protocol(), plugin_configuration).to_string()
}

/// `frontend` may GET the path, or connect; nobody else may.
pub(super) fn plugin_configuration(kind: Kind) -> String {
    let mut configuration = allow_get(FRONTEND, &[PATH]);
    if kind.protocol() == ApplicationProtocol::Tcp {
        let rule = &mut configuration["resources"][0]["spec"]["rules"][0];
        *rule = json!({"from": rule["from"]});
    }
    configuration.to_string()
}
