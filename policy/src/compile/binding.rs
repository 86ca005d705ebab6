//! `bindings`: the attributes behind the names in path templates (E-6).

use crate::compile::condition_key::claim_path;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::field_values::FieldValues;
use crate::rule::attribute_name::HeaderName;
use crate::rule::binding::{Bindings, BoundAttribute};
use crate::rule::identity_part::IdentityPart;

/// Compiles the bindings of an operation; one that no path uses is a mistake.
pub(crate) fn compile_bindings(
    bindings: &[(String, Option<String>)],
    paths: &FieldValues,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Bindings {
    let mut compiled = Vec::new();
    for (name, attribute) in bindings {
        let at = at.field(name);
        if !is_used(name, paths) {
            let why = "no path uses the name";
            problems.add(&at, ConfigErrorKind::Conflict(why));
        }
        let Some(attribute) = attribute else {
            continue;
        };
        match attribute_of(attribute) {
            Some(bound) => compiled.push((name.as_str().into(), bound)),
            None => problems.invalid(&at, attribute, EXPECTED),
        }
    }
    Bindings(compiled.into())
}

/// Whether any path has `{NAME}` in it, well formed otherwise or not.
fn is_used(name: &str, paths: &FieldValues) -> bool {
    let segment = format!("{{{name}}}");
    let ((_, any_of), (_, none_of)) = (paths.any_of(), paths.none_of());
    any_of
        .iter()
        .chain(none_of)
        .any(|(_, path)| path.contains(&segment))
}

const EXPECTED: &str = "an attribute: source.namespace, source.serviceAccount, source.trustDomain, \
                        request.auth.claims[NAME] or request.headers[NAME]";

fn attribute_of(text: &str) -> Option<BoundAttribute> {
    match text {
        "source.namespace" => Some(BoundAttribute::Source(IdentityPart::Namespace)),
        "source.serviceAccount" => Some(BoundAttribute::Source(IdentityPart::ServiceAccount)),
        "source.trustDomain" => Some(BoundAttribute::Source(IdentityPart::TrustDomain)),
        other => claim_attribute(other).or_else(|| header_attribute(other)),
    }
}

fn claim_attribute(text: &str) -> Option<BoundAttribute> {
    let brackets = text.strip_prefix("request.auth.claims")?;
    claim_path(brackets).map(BoundAttribute::Claim)
}

fn header_attribute(text: &str) -> Option<BoundAttribute> {
    let name = text.strip_prefix("request.headers[")?.strip_suffix(']')?;
    HeaderName::parse(name).map(BoundAttribute::Header)
}
