//! The document that carries the filter: a WasmPlugin, or the newer TrafficExtension.

use serde_json::{Map, Value, json};

use crate::ApplicationProtocol;
use crate::istio::IstioGuard;
use crate::wasm_filter::NAME;

/// The kind of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtensionApi {
    /// `WasmPlugin`, which every Istio that runs Wasm has.
    WasmPlugin,
    /// `TrafficExtension`, since Istio 1.30.
    TrafficExtension,
}

impl IstioGuard {
    /// The filter for requests, and the one for connections where ports are named for it.
    pub(super) fn extensions(&self) -> Vec<Value> {
        let mut extensions = vec![self.extension(&self.name, ApplicationProtocol::Http)];
        if !self.tcp_ports.is_empty() {
            let name = format!("{}-tcp", self.name);
            extensions.push(self.extension(&name, ApplicationProtocol::Tcp));
        }
        extensions
    }

    fn extension(&self, name: &str, protocol: ApplicationProtocol) -> Value {
        let mut spec = Map::new();
        spec.insert("phase".to_owned(), "AUTHZ".into());
        spec.insert("match".to_owned(), json!([self.traffic(protocol)]));
        if !self.labels.is_empty() {
            spec.insert("selector".to_owned(), json!({"matchLabels": self.labels}));
        }
        let module = self.module(protocol);
        let kind = match self.api {
            ExtensionApi::WasmPlugin => {
                spec.extend(module);
                "WasmPlugin"
            }
            ExtensionApi::TrafficExtension => {
                spec.insert("wasm".to_owned(), module.into());
                "TrafficExtension"
            }
        };
        json!({
            "apiVersion": "extensions.istio.io/v1alpha1",
            "kind": kind,
            "metadata": self.metadata(name),
            "spec": spec,
        })
    }

    /// Inbound alone. A network filter would stand in the chains of HTTP too, where policies read as for TCP would refuse
    /// what they allow: hence the ports.
    fn traffic(&self, protocol: ApplicationProtocol) -> Value {
        match protocol {
            ApplicationProtocol::Http | ApplicationProtocol::Http2 => json!({"mode": "SERVER"}),
            ApplicationProtocol::Tcp => {
                let ports: Vec<_> = self
                    .tcp_ports
                    .iter()
                    .map(|port| json!({"number": port}))
                    .collect();
                json!({"mode": "SERVER", "ports": ports})
            }
        }
    }

    /// `FAIL_RELOAD`: after a fault the VM is made anew, and until then every request is refused.
    fn module(&self, protocol: ApplicationProtocol) -> Map<String, Value> {
        let of_protocol = match protocol {
            ApplicationProtocol::Http | ApplicationProtocol::Http2 => "HTTP",
            ApplicationProtocol::Tcp => "NETWORK",
        };
        let digest = self.image.sha256().map(|digest| ("sha256", digest.into()));
        let fields = [
            ("url", self.image.url().into()),
            ("pluginName", NAME.into()),
            ("pluginConfig", self.plugin_configuration.clone()),
            ("failStrategy", "FAIL_RELOAD".into()),
            ("type", of_protocol.into()),
        ];
        let fields = fields.into_iter().chain(digest);
        fields.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
