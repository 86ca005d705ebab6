//! The properties that the filter reads and sets: every path in one place. Segments are joined by NUL.

/// Whether the peer presented a certificate: one byte, 0 or 1.
pub(crate) const MTLS: &str = "connection\0mtls";
/// Whether Envoy verified the peer's certificate: one byte, 0 or 1. Since Envoy 1.40.
pub(crate) const PEER_CERTIFICATE_VALID: &str = "connection\0peer_certificate_valid";
/// The first URI SAN of the peer's certificate, raw bytes.
pub(crate) const PEER_URI_SAN: &str = "connection\0uri_san_peer_certificate";
/// The certificate of the peer as PEM. Since Envoy 1.40.
pub(crate) const PEER_CERTIFICATE: &str = "connection\0peer_certificate";
/// The SHA-256 digest of the peer's certificate, 64 hexadecimal digits.
pub(crate) const PEER_CERTIFICATE_DIGEST: &str = "connection\0sha256_peer_certificate_digest";
/// The number of the connection, which no other connection of the proxy has: 8 bytes, little-endian.
pub(crate) const CONNECTION_ID: &str = "connection_id";
/// The version of TLS of the connection; there is none in plaintext.
pub(crate) const TLS_VERSION: &str = "connection\0tls_version";
/// The server name that the peer asked for in its ClientHello.
pub(crate) const REQUESTED_SERVER_NAME: &str = "connection\0requested_server_name";
/// The address and port of the client, as Envoy worked them out from X-Forwarded-For or the PROXY protocol.
pub(crate) const SOURCE_ADDRESS: &str = "source\0address";
/// The local address and port of the connection.
pub(crate) const DESTINATION_ADDRESS: &str = "destination\0address";
/// The local port of the connection: 8 bytes, little-endian.
pub(crate) const DESTINATION_PORT: &str = "destination\0port";
/// The filter state; a segment behind it is its key.
pub(crate) const FILTER_STATE: &str = "filter_state";
/// The dynamic metadata: a serialized `envoy.config.core.v3.Metadata`.
pub(crate) const METADATA: &str = "metadata";
/// The namespace of the workload in the node metadata, as Istio writes it.
pub(crate) const NODE_NAMESPACE: &str = "xds\0node\0metadata\0NAMESPACE";
/// The labels of the workload in the node metadata, as Istio writes them: a serialized list of pairs.
pub(crate) const NODE_LABELS: &str = "xds\0node\0metadata\0LABELS";

/// The interlock: without it on the request, the RBAC filter behind this one refuses.
pub(crate) const INTERLOCK: &str = "spiffe_authz";
/// The decision, for the access log.
pub(crate) const DECISION: &str = "spiffe_authz_decision";
/// The cause, for the access log.
pub(crate) const CAUSE: &str = "spiffe_authz_cause";
/// The policy that decided, for the access log; empty where none did.
pub(crate) const POLICY: &str = "spiffe_authz_policy";
/// The index of the rule that decided, for the access log; empty where none did.
pub(crate) const RULE: &str = "spiffe_authz_rule";
/// The AUDIT policies that match, for the access log.
pub(crate) const AUDITED: &str = "spiffe_authz_audited";
/// The dry-run policies that would deny, for the access log.
pub(crate) const WOULD_DENY: &str = "spiffe_authz_would_deny";
/// The dry-run policies that would allow, for the access log.
pub(crate) const WOULD_ALLOW: &str = "spiffe_authz_would_allow";
/// What Istio's own dry run says of the ALLOW policies, for the access log.
pub(crate) const SHADOW_ALLOW: &str = "spiffe_authz_shadow_allow";
/// What Istio's own dry run says of the DENY policies, for the access log.
pub(crate) const SHADOW_DENY: &str = "spiffe_authz_shadow_deny";
