//! TLS on both sides of the sidecar.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::{ApplicationProtocol, TlsSecrets};

const TRANSPORT_SOCKET: &str = "envoy.transport_sockets.tls";

/// TLS for an inbound chain: our SVID, and a client certificate that chains to the trust bundle or no handshake.
///
/// Session resumption is off in both forms: a resumed session skips the check of the peer's certificate, so an SVID
/// that has expired, or whose CA left the bundle, could come back through it.
#[must_use]
pub fn downstream(svid: &impl TlsSecrets, protocol: ApplicationProtocol) -> Value {
    json!({
        "name": TRANSPORT_SOCKET,
        "typed_config": {
            "@type": type_url("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
            "require_client_certificate": true,
            "disable_stateless_session_resumption": true,
            "disable_stateful_session_resumption": true,
            "common_tls_context": {
                "tls_params": parameters(),
                "alpn_protocols": alpn_protocols(protocol),
                "tls_certificate_sds_secret_configs": [svid.svid_reference()],
                "validation_context_sds_secret_config": svid.trust_bundle_reference(),
            },
        },
    })
}

/// What is agreed on in the handshake; an application of its own protocol agrees on nothing there.
fn alpn_protocols(protocol: ApplicationProtocol) -> &'static [&'static str] {
    match protocol {
        ApplicationProtocol::Http | ApplicationProtocol::Http2 => &["h2", "http/1.1"],
        ApplicationProtocol::Tcp => &[],
    }
}

/// TLS towards a peer: our SVID, the trust bundle, and the one SPIFFE ID that the peer must prove.
///
/// The ID is compared with the URI SANs as a whole: no prefix, no pattern, no DNS name. No session is kept for
/// resumption, for the same reason as inbound.
#[must_use]
pub fn upstream(svid: &impl TlsSecrets, spiffe_id: &str) -> Value {
    json!({
        "name": TRANSPORT_SOCKET,
        "typed_config": {
            "@type": type_url("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
            "max_session_keys": 0,
            "common_tls_context": {
                "tls_params": parameters(),
                "tls_certificate_sds_secret_configs": [svid.svid_reference()],
                "combined_validation_context": {
                    "default_validation_context": {"match_typed_subject_alt_names": [
                        {"san_type": "URI", "matcher": {"exact": spiffe_id}},
                    ]},
                    "validation_context_sds_secret_config": svid.trust_bundle_reference(),
                },
            },
        },
    })
}

/// The listener filter that tells TLS from plaintext by the first bytes.
#[must_use]
pub fn inspector() -> Value {
    json!({
        "name": "tls_inspector",
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
        },
    })
}

/// TLS 1.2 is the floor of the X509-SVID practice; Envoy's own floor for clients is written out, so that a reader
/// need not know it.
fn parameters() -> Value {
    json!({"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"})
}
