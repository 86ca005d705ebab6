//! The messages of the discovery protocol that a server needs: those of `envoy.service.discovery.v3`, and of Envoy's
//! API what a resource holds. A field that is not declared is passed over, as protobuf has it.

use std::collections::HashMap;

use prost_types::Any;

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Status {
    /// The gRPC code.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// What went wrong.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// `envoy.config.core.v3.Node`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Node {
    /// The name of the proxy.
    #[prost(string, tag = "1")]
    pub id: String,
    /// The name of the workload.
    #[prost(string, tag = "2")]
    pub cluster: String,
}

/// What an Envoy asks for, state of the world: an ACK or a NACK from the second one on.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DiscoveryRequest {
    /// The last version that it took.
    #[prost(string, tag = "1")]
    pub version_info: String,
    /// Who asks; in the first request of a stream.
    #[prost(message, optional, tag = "2")]
    pub node: Option<Node>,
    /// What it asks for.
    #[prost(string, repeated, tag = "3")]
    pub resource_names: Vec<String>,
    /// The kind of resource.
    #[prost(string, tag = "4")]
    pub type_url: String,
    /// The response that this one answers.
    #[prost(string, tag = "5")]
    pub response_nonce: String,
    /// Why it did not take it.
    #[prost(message, optional, tag = "6")]
    pub error_detail: Option<Status>,
}

/// What an Envoy gets, state of the world.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DiscoveryResponse {
    /// The version of these resources.
    #[prost(string, tag = "1")]
    pub version_info: String,
    /// The resources.
    #[prost(message, repeated, tag = "2")]
    pub resources: Vec<Any>,
    /// The kind of resource.
    #[prost(string, tag = "4")]
    pub type_url: String,
    /// By which an answer names this response.
    #[prost(string, tag = "5")]
    pub nonce: String,
}

/// What an Envoy asks for, delta.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeltaDiscoveryRequest {
    /// Who asks; in the first request of a stream.
    #[prost(message, optional, tag = "1")]
    pub node: Option<Node>,
    /// The kind of resource.
    #[prost(string, tag = "2")]
    pub type_url: String,
    /// What it asks for from now on.
    #[prost(string, repeated, tag = "3")]
    pub resource_names_subscribe: Vec<String>,
    /// What it asks for no longer.
    #[prost(string, repeated, tag = "4")]
    pub resource_names_unsubscribe: Vec<String>,
    /// What it has from an earlier stream.
    #[prost(map = "string, string", tag = "5")]
    pub initial_resource_versions: HashMap<String, String>,
    /// The response that this one answers.
    #[prost(string, tag = "6")]
    pub response_nonce: String,
    /// Why it did not take it.
    #[prost(message, optional, tag = "7")]
    pub error_detail: Option<Status>,
}

/// What an Envoy gets, delta.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeltaDiscoveryResponse {
    /// For people.
    #[prost(string, tag = "1")]
    pub system_version_info: String,
    /// The resources that changed.
    #[prost(message, repeated, tag = "2")]
    pub resources: Vec<DeltaResource>,
    /// The kind of resource.
    #[prost(string, tag = "4")]
    pub type_url: String,
    /// By which an answer names this response.
    #[prost(string, tag = "5")]
    pub nonce: String,
}

/// `envoy.service.discovery.v3.Resource`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeltaResource {
    /// Its version.
    #[prost(string, tag = "1")]
    pub version: String,
    /// What it is.
    #[prost(message, optional, tag = "2")]
    pub resource: Option<Any>,
    /// Its name.
    #[prost(string, tag = "3")]
    pub name: String,
}

/// `envoy.config.core.v3.TypedExtensionConfig`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypedExtensionConfig {
    /// The name of the extension.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its configuration.
    #[prost(message, optional, tag = "2")]
    pub typed_config: Option<Any>,
}

/// `envoy.extensions.filters.http.wasm.v3.Wasm`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Wasm {
    /// The plugin.
    #[prost(message, optional, tag = "1")]
    pub config: Option<PluginConfig>,
}

/// `envoy.extensions.wasm.v3.PluginConfig`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PluginConfig {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The name of its root context.
    #[prost(string, tag = "2")]
    pub root_id: String,
    /// Its machine.
    #[prost(message, optional, tag = "3")]
    pub vm_config: Option<VmConfig>,
    /// The plugin configuration.
    #[prost(message, optional, tag = "4")]
    pub configuration: Option<Any>,
    /// What follows a fault: see [`FAIL_RELOAD`](crate::discovery::extension).
    #[prost(int32, tag = "7")]
    pub failure_policy: i32,
}

/// `envoy.extensions.wasm.v3.VmConfig`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VmConfig {
    /// Its name.
    #[prost(string, tag = "1")]
    pub vm_id: String,
    /// The runtime.
    #[prost(string, tag = "2")]
    pub runtime: String,
    /// The module.
    #[prost(message, optional, tag = "3")]
    pub code: Option<AsyncDataSource>,
}

/// `envoy.config.core.v3.AsyncDataSource`, with local data.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AsyncDataSource {
    /// The data.
    #[prost(message, optional, tag = "1")]
    pub local: Option<DataSource>,
}

/// `envoy.config.core.v3.DataSource`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DataSource {
    /// A file with the data, or the data themselves.
    #[prost(oneof = "Specifier", tags = "1, 2")]
    pub specifier: Option<Specifier>,
}

/// Where data are.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Specifier {
    /// In a file.
    #[prost(string, tag = "1")]
    Filename(String),
    /// Here.
    #[prost(bytes, tag = "2")]
    InlineBytes(Vec<u8>),
}

/// `envoy.extensions.transport_sockets.tls.v3.Secret`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Secret {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What it is.
    #[prost(oneof = "SecretKind", tags = "2, 4")]
    pub kind: Option<SecretKind>,
}

/// What a secret is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum SecretKind {
    /// An SVID with its key.
    #[prost(message, tag = "2")]
    TlsCertificate(TlsCertificate),
    /// Whom to trust.
    #[prost(message, tag = "4")]
    ValidationContext(ValidationContext),
}

/// `envoy.extensions.transport_sockets.tls.v3.TlsCertificate`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TlsCertificate {
    /// The certificates as PEM, the leaf first.
    #[prost(message, optional, tag = "1")]
    pub certificate_chain: Option<DataSource>,
    /// The key as PEM.
    #[prost(message, optional, tag = "2")]
    pub private_key: Option<DataSource>,
}

/// `envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ValidationContext {
    /// The authorities as PEM.
    #[prost(message, optional, tag = "1")]
    pub trusted_ca: Option<DataSource>,
    /// Another validator than Envoy's default one.
    #[prost(message, optional, tag = "12")]
    pub custom_validator_config: Option<TypedExtensionConfig>,
}

/// `envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SpiffeCertValidatorConfig {
    /// Of each trust domain its own authorities.
    #[prost(message, repeated, tag = "1")]
    pub trust_domains: Vec<TrustDomain>,
}

/// One trust domain of a [`SpiffeCertValidatorConfig`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct TrustDomain {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its authorities as PEM.
    #[prost(message, optional, tag = "2")]
    pub trust_bundle: Option<DataSource>,
}

/// The `Any` of a message whose full name is `name`.
pub fn any(name: &str, message: &impl prost::Message) -> Any {
    Any {
        type_url: type_url(name),
        value: message.encode_to_vec(),
    }
}

/// The type URL of a message whose full name is `name`.
#[must_use]
pub fn type_url(name: &str) -> String {
    format!("type.googleapis.com/{name}")
}

/// Data that stand here.
#[must_use]
pub fn inline(bytes: &[u8]) -> DataSource {
    DataSource {
        specifier: Some(Specifier::InlineBytes(bytes.to_vec())),
    }
}

/// Data in a file.
#[must_use]
pub fn in_file(path: &str) -> DataSource {
    DataSource {
        specifier: Some(Specifier::Filename(path.to_owned())),
    }
}
