//! Section 0, "peer identity", and SPIFFE-ID section 2.

use std::borrow::Cow;

use time::OffsetDateTime;

use super::configuration::{Profile, View};
use super::denied;
use super::leaf::Leaf;
use super::patterns::{Form, full_match};
use super::peer::Peer;
use super::truth::Truth;

/// The cause for which the peer is denied whatever the policies say, if there is one.
///
/// Zero-trust: "static SVID rules (no-svid, multiple, malformed, not-a-leaf); denied list; expiry". Istio: "denied list only".
pub(super) fn refused(view: &View<'_>) -> Result<Option<&'static str>, String> {
    let peer = view.peer()?;
    if view.profile == Profile::ZeroTrust
        && let Some(cause) = no_svid(&peer)?
    {
        return Ok(Some(cause));
    }
    if denied::is_denied(view, &peer)? {
        return Ok(Some("svid-revoked"));
    }
    match (view.profile, &peer) {
        (Profile::ZeroTrust, Peer::Certificate(leaf)) => out_of_time(leaf, view.time()?),
        _ => Ok(None),
    }
}

/// "The *single* URI SAN of a certificate that Envoy validated and that is a well-formed X509-SVID". Of a peer that is handed
/// on, nothing but the name is known: "anything else is one URI SAN", a comma in it is malformed.
fn no_svid(peer: &Peer<'_>) -> Result<Option<&'static str>, String> {
    let cause = |id: &[u8]| Ok((!is_workload_id_of_bytes(id)?).then_some("malformed-spiffe-id"));
    match peer {
        Peer::Plaintext => Ok(None),
        Peer::HandedOn(text) => cause(text),
        Peer::Certificate(leaf) => match &leaf.uri_sans[..] {
            [] => Ok(Some("no-svid")),
            [id] => Ok(cause(id)?.or((!leaf.may_authenticate).then_some("not-a-leaf-svid"))),
            _ => Ok(Some("svid-multiple-uri-sans")),
        },
    }
}

/// RFC 5280, 4.1.2.5: from not-before "through" not-after, "inclusive". A certificate that says neither is not looked at; the
/// clock that is not there tells nothing.
fn out_of_time(leaf: &Leaf<'_>, now: Option<OffsetDateTime>) -> Result<Option<&'static str>, String> {
    if leaf.not_before.is_none() && leaf.not_after.is_none() {
        return Ok(None);
    }
    let Some(now) = now else {
        return Ok(Some("svid-time-unknown"));
    };
    let early = leaf.not_before.is_some_and(|not_before| now < not_before);
    let late = leaf.not_after.is_some_and(|not_after| not_after < now);
    Ok((early || late).then_some("svid-expired"))
}

fn is_workload_id_of_bytes(id: &[u8]) -> Result<bool, String> {
    str::from_utf8(id).map_or(Ok(false), is_workload_id)
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

/// The peer's identity: its first URI SAN. `None` for plaintext, and for a certificate without one or with an empty one.
pub(super) fn identity<'d>(view: &View<'d>) -> Result<Option<Cow<'d, str>>, String> {
    let first = view
        .peer()?
        .uri_sans()
        .into_iter()
        .next()
        .filter(|san| !san.is_empty());
    let text = |san| match san {
        Cow::Borrowed(san) => str::from_utf8(san)
            .map(Cow::Borrowed)
            .map_err(|error| error.to_string()),
        Cow::Owned(san) => String::from_utf8(san)
            .map(Cow::Owned)
            .map_err(|error| error.to_string()),
    };
    first.map(text).transpose()
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
