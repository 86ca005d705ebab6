//! `render istio`: the documents that put the filter into the sidecars of a mesh.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};
use spiffe_authz_envoy_config::{ExtensionApi, IstioGuard, PluginImage};
use spiffe_authz_policy::{Profile, SidecarSelection, StatedConfiguration, StatedPeerAuthentication};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::policies::PolicyArguments;
use crate::render::document_set::{DocumentSet, print};
use crate::render::error::RenderError;
use crate::render::format::Format;
use crate::render::kubernetes_size::DocumentSizes;
use crate::render::plugin_configuration::PluginConfiguration;
use crate::terminal::Terminal;

/// Render Istio documents: PeerAuthentications, the filter, and the interlock behind it.
///
/// Where the configuration names a workload, they are for it alone; else they are for the whole mesh, in its root
/// namespace, and each sidecar picks the policies of its own workload.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    policies: PolicyArguments,
    /// The filter's code, such as `oci://registry.example/spiffe-authz:1.0`
    #[arg(long, value_name = "URL")]
    image: String,
    /// Its digest: of an OCI image that of the manifest, else that of the file
    #[arg(long, value_name = "DIGEST")]
    sha256: Option<String>,
    /// The kind of the document that carries the filter
    #[arg(long, value_enum, default_value = "wasmplugin")]
    api: ApiName,
    /// A port whose application does not speak HTTP: its connections are judged, and those to ports that are neither
    /// HTTP nor named so are refused; as often as wanted
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    tcp: Vec<u16>,
    /// The name of the documents
    #[arg(long, value_name = "NAME", default_value = "spiffe-authz", value_parser = name)]
    name: String,
    /// Write a file for each document into this folder instead of all to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Tell on standard error how many bytes each document has, and how much an API server stores
    #[arg(long)]
    sizes: bool,
    /// How documents are written; JSON is a `List`
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz render istio --config orders.yaml --image oci://registry.example/spiffe-authz:1.0 \\
      --sha256 b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c
  spiffe-authz render istio -f policies/ --image oci://registry.example/spiffe-authz:1.0 --tcp 5432
  spiffe-authz render istio --config orders.yaml --image file:///opt/spiffe_authz_filter.wasm --api trafficextension";

/// The kind of the document that carries the filter.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ApiName {
    /// WasmPlugin
    #[value(name = "wasmplugin")]
    WasmPlugin,
    /// TrafficExtension, since Istio 1.30
    #[value(name = "trafficextension")]
    TrafficExtension,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let configuration = PluginConfiguration::load(&arguments.policies)?;
    let left_out = configuration
        .stated
        .out_of_reach(&sidecars(&configuration.stated));
    let guard = arguments.guard(&configuration, &left_out)?;
    let mut documents = peer_authentications(&configuration, &left_out);
    documents.extend(guard.documents());
    let sizes = DocumentSizes::of(&documents);
    sizes.check(terminal)?;
    if arguments.sizes {
        terminal.note(sizes.written(arguments.format)?.trim_end());
    }
    if !left_out.is_empty() {
        terminal.note(&format!(
            "note: left out, because it cannot apply to these sidecars: {} of {} resources",
            left_out.len(),
            configuration.resources()
        ));
    }
    if !guard.image.is_pinned() {
        terminal.note("note: the image is fixed by no digest: whoever can write to the registry can replace the filter; name one with `--sha256`");
    }
    match &arguments.out {
        Some(folder) => {
            for path in arguments.files(&documents)?.write_to(folder)? {
                terminal.note(&format!("wrote {}", path.display()));
            }
        }
        None => print(&arguments.format.write_all(&documents)?)?,
    }
    Ok(Outcome::Yes)
}

impl Arguments {
    fn guard(
        &self,
        configuration: &PluginConfiguration,
        left_out: &BTreeSet<usize>,
    ) -> Result<IstioGuard, RenderError> {
        let workload = configuration.stated.workload.as_ref();
        let root = &configuration.stated.root_namespace;
        let mut tcp_ports = self.tcp.clone();
        tcp_ports.sort_unstable();
        tcp_ports.dedup();
        Ok(IstioGuard {
            name: self.name.clone(),
            namespace: workload.map_or(root, |workload| &workload.namespace).clone(),
            labels: workload
                .map(|workload| workload.labels.clone())
                .unwrap_or_default(),
            image: PluginImage::new(&self.image, self.sha256.as_deref())?,
            api: match self.api {
                ApiName::WasmPlugin => ExtensionApi::WasmPlugin,
                ApiName::TrafficExtension => ExtensionApi::TrafficExtension,
            },
            tcp_ports,
            plugin_configuration: configuration.without(left_out),
        })
    }

    /// In the order in which `kubectl apply -f DIR` takes them.
    fn files(&self, documents: &[Value]) -> Result<DocumentSet, RenderError> {
        let mut files = DocumentSet::default();
        for (index, document) in documents.iter().enumerate() {
            let text = |pointer| {
                document
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let kind = text("/kind").to_lowercase();
            let name = format!(
                "{index:02}-{kind}-{}.{}",
                text("/metadata/name"),
                self.format.extension()
            );
            files.add(name, self.format.write(document)?);
        }
        Ok(files)
    }
}

/// Whom the documents select. In the root namespace they hold for every namespace.
fn sidecars(stated: &StatedConfiguration) -> SidecarSelection {
    let workload = stated.workload.as_ref();
    let namespace = workload.map(|workload| &workload.namespace);
    SidecarSelection {
        namespace: namespace
            .filter(|namespace| **namespace != stated.root_namespace)
            .cloned(),
        labels: workload
            .map(|workload| workload.labels.clone())
            .unwrap_or_default(),
    }
}

/// Those of the configuration, as they are written. Profile zero-trust asks for mTLS where Istio, without one, takes
/// plaintext: there a namespace-wide one says so, or a mesh-wide one where no workload is named.
fn peer_authentications(configuration: &PluginConfiguration, left_out: &BTreeSet<usize>) -> Vec<Value> {
    let stated = &configuration.stated;
    let resources = configuration.json().get("resources").and_then(Value::as_array);
    let written = stated
        .peer_authentications
        .iter()
        .filter(|one| !left_out.contains(&one.index))
        .filter_map(|one| resources?.get(one.index).cloned());
    let mut documents: Vec<Value> = written.collect();
    let root = &stated.root_namespace;
    let namespace = stated
        .workload
        .as_ref()
        .map_or(root, |workload| &workload.namespace);
    let is_base = |one: &StatedPeerAuthentication| {
        let selects_all = one
            .selector
            .as_ref()
            .is_none_or(std::collections::BTreeMap::is_empty);
        selects_all && (one.id.namespace == *root || one.id.namespace == *namespace)
    };
    match stated.profile {
        Profile::ZeroTrust if !stated.peer_authentications.iter().any(is_base) => {
            documents.insert(0, strict(namespace));
        }
        Profile::ZeroTrust | Profile::Istio => {}
    }
    documents
}

fn strict(namespace: &str) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {"mtls": {"mode": "STRICT"}},
    })
}

/// What Kubernetes takes as a name, with room for what is put behind it.
fn name(text: &str) -> Result<String, String> {
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let bytes = text.as_bytes();
    let is_name = edge(bytes.first()) && edge(bytes.last()) && text.bytes().all(inner) && text.len() <= 240;
    match is_name {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{text}` is no Kubernetes name: use lower case letters, digits, `-` and `.`"
        )),
    }
}
