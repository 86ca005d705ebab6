//! Section 0, "peer identity", and SPIFFE-ID section 2.

use super::configuration::{Profile, View};
use super::patterns::{Form, full_match};
use super::truth::Truth;

/// Profile zero-trust: the cause for which the peer's certificate gives no identity, if it gives none.
///
/// "the *single* URI SAN of a certificate that Envoy validated and that is a well-formed X509-SVID".
pub(super) fn refused(view: &View<'_>) -> Result<Option<&'static str>, String> {
    if view.profile == Profile::Istio {
        return Ok(None);
    }
    Ok(match view.uri_sans()?.as_deref() {
        None => None,
        Some([]) => Some("no-svid"),
        Some([id]) if is_workload_id(id)? => None,
        Some([_]) => Some("malformed-spiffe-id"),
        Some(_) => Some("svid-multiple-uri-sans"),
    })
}

/// SPIFFE-ID 2.1 to 2.3: at most 2048 bytes, the trust domain at most 255; segments are not empty, `.` or `..`; a workload's has a path.
fn is_workload_id(id: &str) -> Result<bool, String> {
    let Some(rest) = id.strip_prefix("spiffe://") else {
        return Ok(false);
    };
    let (trust_domain, path) = rest.split_once('/').unwrap_or((rest, ""));
    let dots = |segment: &str| segment == "." || segment == "..";
    let fits = id.len() <= 2048 && trust_domain.len() <= 255 && !path.split('/').any(dots);
    Ok(fits && full_match(Form::SpiffeId, "", id.as_bytes())?)
}

/// The peer's identity: its first URI SAN. `None` for plaintext and for a certificate without one.
pub(super) fn identity<'d>(view: &View<'d>) -> Result<Option<&'d str>, String> {
    Ok(view.uri_sans()?.and_then(|sans| sans.first().copied()))
}

/// What a value says about a peer without an identity: "*unknown*" in zero-trust, "positive false" in istio.
pub(super) fn without_identity(profile: Profile) -> Truth {
    match profile {
        Profile::ZeroTrust => Truth::Unknown,
        Profile::Istio => Truth::False,
    }
}

/// The parts of a SPIFFE ID of the exact form `spiffe://TD/ns/N/sa/S`.
pub(super) struct WorkloadParts<'d> {
    pub(super) trust_domain: &'d str,
    pub(super) namespace: &'d str,
    pub(super) service_account: &'d str,
}

/// The parts, where the text is a SPIFFE ID, of the form `spiffe://TD/ns/N/sa/S` and nothing else.
pub(super) fn workload_parts(id: &str) -> Result<Option<WorkloadParts<'_>>, String> {
    let parts: Vec<&str> = id.split('/').collect();
    let [
        "spiffe:",
        "",
        trust_domain,
        "ns",
        namespace,
        "sa",
        service_account,
    ] = parts[..]
    else {
        return Ok(None);
    };
    Ok(is_workload_id(id)?.then_some(WorkloadParts {
        trust_domain,
        namespace,
        service_account,
    }))
}
