//! TLS of a filter chain: whether a certificate that the filter sees was validated, and in this very handshake.

use crate::weak_points::cursor::Cursor;
use crate::weak_points::{Findings, WeakPoint};

const DOWNSTREAM_TLS: &str = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const VERIFY_TRUST_CHAIN: [(&str, u64); 1] = [("VERIFY_TRUST_CHAIN", 0)];
/// Where a TLS context may have its validation context.
const VALIDATION: [&str; 3] = [
    "validation_context",
    "validation_context_sds_secret_config",
    "combined_validation_context",
];

/// Looks at every TLS context of the chain's transport socket, inside wrappers such as `tap` too.
pub(super) fn look_at(chain: &Cursor<'_>, findings: &mut Findings) {
    let Some(socket) = chain.field("transport_socket") else {
        return;
    };
    for place in socket.all() {
        look_at_trust(&place, findings);
        let wrapped = place.field("downstream_tls_context");
        for context in wrapped.into_iter().chain([place]) {
            if context.is_of_type(DOWNSTREAM_TLS) || context.field("common_tls_context").is_some() {
                look_at_context(&context, findings);
            }
        }
    }
}

fn look_at_trust(place: &Cursor<'_>, findings: &mut Findings) {
    let verification = place.field("trust_chain_verification");
    if let Some(untrusted) = verification.filter(|it| !it.is_one_of(&VERIFY_TRUST_CHAIN)) {
        findings.add(WeakPoint::AcceptsUntrusted, &untrusted);
    }
    if let Some(expired) = place.field("allow_expired_certificate").filter(Cursor::is_true) {
        findings.add(WeakPoint::AcceptsUntrusted, &expired);
    }
}

fn look_at_context(context: &Cursor<'_>, findings: &mut Findings) {
    let common = context.field("common_tls_context");
    let is_validated =
        common.is_some_and(|common| VALIDATION.iter().any(|name| common.field(name).is_some()));
    let is_required = context.has_true("require_client_certificate");
    if is_required && !is_validated {
        findings.add(WeakPoint::NoValidationContext, context);
    }
    let resumption_is_off = [
        "disable_stateless_session_resumption",
        "disable_stateful_session_resumption",
    ]
    .iter()
    .all(|name| context.has_true(name));
    if (is_required || is_validated) && !resumption_is_off {
        findings.add(WeakPoint::SessionResumption, context);
    }
}
