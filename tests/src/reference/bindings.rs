//! E-6: what a name in a path template is bound to.

use serde_json::Value;

use super::claims;
use super::compare::{Several, together};
use super::configuration::{Profile, View};
use super::documents::{bracketed, field, text};
use super::headers;
use super::identity::{WorkloadParts, identity, workload_parts};
use super::patterns::{Form, with_regex};
use super::spiffe_fields::bound_parts;
use super::template;
use super::truth::{Answer, Truth, all};

/// Whether the path has the form of the template and each `{NAME}` equals its attribute.
pub(super) fn compare(view: &View<'_>, operation: &Value, form: Form, template: &str, path: &[u8]) -> Answer {
    let captured = with_regex(form, template, |regex| {
        let groups = regex.captures(path)?;
        Some(
            groups
                .iter()
                .skip(1)
                .flatten()
                .map(|group| group.as_bytes().to_vec())
                .collect(),
        )
    })?;
    // "An *unknown* attribute makes a path *unknown* if it has the right form".
    let Some(segments): Option<Vec<Vec<u8>>> = captured else {
        return Ok(Truth::False);
    };
    let pairs = template::names(template).zip(segments);
    all(pairs.map(|(name, segment)| equals(view, attribute(operation, name)?, &segment)))
}

fn attribute<'d>(operation: &'d Value, name: &str) -> Result<&'d str, String> {
    let bindings = field(operation, "bindings").unwrap_or(&Value::Null);
    text(field(bindings, name).ok_or_else(|| format!("`{name}` is not bound"))?)
}

fn equals(view: &View<'_>, attribute: &str, segment: &[u8]) -> Answer {
    if let Some(part) = attribute.strip_prefix("source.") {
        return source_equals(view, part, segment);
    }
    if let Some(name) = bracketed(attribute, "request.headers") {
        // "A header that is given more than once is compared as every repeated header."
        let values = headers::values(view, name)?;
        let hits = values.iter().filter(|value| value.as_ref() == segment).count();
        return Ok(together(Several::repeated(view.profile), hits, values.len()));
    }
    let path = claims::path(attribute, "request.auth.claims")
        .ok_or_else(|| format!("no attribute: `{attribute}`"))?;
    // "Of a claim that is a list, any element of text may be equal; a claim of another type is absent."
    let claim = claims::claim(view, &path)?;
    let equal = claims::texts(claim.as_deref())
        .iter()
        .any(|text| text.as_bytes() == segment);
    Ok(Truth::of(equal))
}

/// "`source.*` is what S-5 reads from a SPIFFE ID of the exact form `spiffe://TD/ns/N/sa/S`".
fn source_equals(view: &View<'_>, part: &str, segment: &[u8]) -> Answer {
    let Some(id) = identity(view)? else {
        // Zero-trust: "and so is everything of a peer without an identity"; istio: "a peer without an identity has none".
        return Ok(match view.profile {
            Profile::ZeroTrust => Truth::Unknown,
            Profile::Istio => Truth::False,
        });
    };
    // Every trust domain has a name, so that `source.trustDomain` asks for the form alone.
    let of_mesh = view.profile == Profile::ZeroTrust && part != "trustDomain";
    let parts = if of_mesh {
        bound_parts(view, &id)?
    } else {
        workload_parts(&id)?
    };
    let found = match (parts, view.profile) {
        (Some(parts), _) => pick(&parts, part)?,
        // Zero-trust: "of a SPIFFE ID that is not bound to the mesh (another trust domain or another form) are *unknown*".
        (None, Profile::ZeroTrust) => return Ok(Truth::Unknown),
        // "In profile `istio` another form has none of the three, any trust domain will do".
        (None, Profile::Istio) => return Ok(Truth::False),
    };
    Ok(Truth::of(found.as_bytes() == segment))
}

fn pick<'d>(parts: &WorkloadParts<'d>, part: &str) -> Result<&'d str, String> {
    match part {
        "namespace" => Ok(parts.namespace),
        "serviceAccount" => Ok(parts.service_account),
        "trustDomain" => Ok(parts.trust_domain),
        other => Err(format!("no attribute: `source.{other}`")),
    }
}
