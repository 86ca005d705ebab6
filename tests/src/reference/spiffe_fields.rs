//! S-5, the fields that are compared with the peer's identity, and section 0 on what zero-trust changes.

use super::aliases;
use super::configuration::{Profile, View};
use super::identity::{WorkloadParts, identity, without_identity, workload_parts};
use super::patterns::{Form, full_match};
use super::policy::Policy;
use super::truth::{Answer, Truth};

/// S-5 `principals`, `source.principal`.
pub(super) fn principal(view: &View<'_>, _: &Policy<'_>, value: &str) -> Answer {
    let Some(id) = identity(view)? else {
        return Ok(without_identity(view.profile));
    };
    // Section 0: zero-trust accepts a value that starts with `spiffe://` as a full SPIFFE ID; in istio it is literal.
    let value = match view.profile {
        Profile::ZeroTrust => value.strip_prefix("spiffe://").unwrap_or(value),
        Profile::Istio => value,
    };
    for meant in aliases::of_principal(view, value)? {
        if principal_matches(&meant, &id)? {
            return Ok(Truth::True);
        }
    }
    Ok(Truth::False)
}

/// "`*`: regex `.+`; `*x`: full regex `spiffe://.*` + quote(x); `x*`: prefix `spiffe://x`; else exact `spiffe://x`."
fn principal_matches(value: &str, id: &str) -> Result<bool, String> {
    if value == "*" {
        return full_match(Form::PrincipalAny, "", id.as_bytes());
    }
    if let Some(suffix) = value.strip_prefix('*') {
        return full_match(Form::PrincipalSuffix, suffix, id.as_bytes());
    }
    let named = id.strip_prefix("spiffe://");
    Ok(match value.strip_suffix('*') {
        Some(prefix) => named.is_some_and(|named| named.starts_with(prefix)),
        None => named == Some(value),
    })
}

/// S-5 `namespaces`, `source.namespace`.
pub(super) fn namespace(view: &View<'_>, _: &Policy<'_>, value: &str) -> Answer {
    let istio = |id: &str| full_match(Form::Namespace, value, id.as_bytes());
    let bound =
        |parts: &WorkloadParts<'_>| full_match(Form::NamespaceAlone, value, parts.namespace.as_bytes());
    bound_to_the_mesh(view, istio, bound)
}

/// S-5 `serviceAccounts`: "`ns/sa` or `sa` (ns = policy's own namespace)".
pub(super) fn service_account(view: &View<'_>, policy: &Policy<'_>, value: &str) -> Answer {
    let (namespace, name) = value.split_once('/').unwrap_or((policy.namespace, value));
    let istio = |id: &str| {
        full_match(
            Form::ServiceAccount,
            &format!("{namespace}/{name}"),
            id.as_bytes(),
        )
    };
    let bound = |parts: &WorkloadParts<'_>| Ok(parts.namespace == namespace && parts.service_account == name);
    bound_to_the_mesh(view, istio, bound)
}

/// Section 0, `namespaces`, `serviceAccounts`: zero-trust "bound to the local trust domain and its aliases; exact SPIFFE path
/// shape"; an identity that Istio's regex matches without being bound is unknown. Istio: "any trust domain; the regexes of S-5".
fn bound_to_the_mesh(
    view: &View<'_>,
    istio: impl Fn(&str) -> Result<bool, String>,
    bound: impl Fn(&WorkloadParts<'_>) -> Result<bool, String>,
) -> Answer {
    let Some(id) = identity(view)? else {
        return Ok(without_identity(view.profile));
    };
    if view.profile == Profile::Istio {
        return istio(&id).map(Truth::of);
    }
    if let Some(parts) = bound_parts(view, &id)?
        && bound(&parts)?
    {
        return Ok(Truth::True);
    }
    Ok(if istio(&id)? { Truth::Unknown } else { Truth::False })
}

/// The parts of an identity of the exact shape and of a trust domain of the mesh.
pub(super) fn bound_parts<'d>(view: &View<'_>, id: &'d str) -> Result<Option<WorkloadParts<'d>>, String> {
    let trust_domains = view.trust_domains()?;
    let of_mesh = |parts: &WorkloadParts<'_>| trust_domains.contains(&parts.trust_domain);
    Ok(workload_parts(id)?.filter(of_mesh))
}

/// S-5 `trustDomains`: "`*`: prefix `spiffe://`; no star: prefix `spiffe://v/`; else first `*` becomes `[^/]*` in
/// `spiffe://…/.*`". Istio's meaning in both profiles.
pub(super) fn trust_domain(view: &View<'_>, _: &Policy<'_>, value: &str) -> Answer {
    let Some(id) = identity(view)? else {
        return Ok(without_identity(view.profile));
    };
    for meant in aliases::of_trust_domain(view, value)? {
        if trust_domain_matches(meant, &id)? {
            return Ok(Truth::True);
        }
    }
    Ok(Truth::False)
}

fn trust_domain_matches(value: &str, id: &str) -> Result<bool, String> {
    if value == "*" {
        return Ok(id.starts_with("spiffe://"));
    }
    if value.contains('*') {
        return full_match(Form::TrustDomain, value, id.as_bytes());
    }
    Ok(id.starts_with(&format!("spiffe://{value}/")))
}
