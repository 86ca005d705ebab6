//! `bindings`: the attributes behind the names in path templates (E-6).

use crate::compile::condition::claim_path;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::matcher::path::PathMatcher;
use crate::matcher::values::Values;
use crate::rule::binding::{Bindings, BoundAttribute};
use crate::rule::condition::HeaderName;
use crate::rule::identity_part::IdentityPart;

/// Compiles the bindings of an operation; one that no path uses is a mistake.
pub(crate) fn compile_bindings(
    bindings: &[(String, String)],
    paths: &Values<PathMatcher>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Bindings {
    let mut compiled = Vec::new();
    for (name, attribute) in bindings {
        let at = at.field(name);
        if !paths
            .any_of
            .iter()
            .chain(&paths.none_of)
            .any(|path| path.uses(name))
        {
            let why = "no path uses the name";
            problems.add(&at, ConfigErrorKind::Conflict(why));
        }
        match attribute_of(attribute) {
            Some(bound) => compiled.push((name.as_str().into(), bound)),
            None => problems.invalid(&at, attribute, EXPECTED),
        }
    }
    Bindings(compiled)
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
