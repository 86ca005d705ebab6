//! The fields on the identity of the peer, in sources and in conditions alike.

use std::sync::Arc;

use crate::compile::values::{compile_all, compile_values, parse_values};
use crate::compile::{PolicyContext, principal, trust_domain};
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::field_values::FieldValues;
use crate::config::fields::Listed;
use crate::matcher::namespace::NamespaceMatcher;
use crate::matcher::principal::PrincipalMatcher;
use crate::matcher::service_account::ServiceAccountMatcher;
use crate::matcher::trust_domain::TrustDomainMatcher;
use crate::matcher::values::Values;

pub(crate) fn principals(field: &FieldValues, context: PolicyContext<'_>) -> Values<PrincipalMatcher> {
    let side = |(_, values): (&str, &Listed<String>)| {
        let mut matchers = Vec::with_capacity(values.len());
        for (_, value) in values {
            matchers.extend(principal::compile(value, context.mesh));
        }
        matchers.into()
    };
    Values {
        any_of: side(field.any_of()),
        none_of: side(field.none_of()),
    }
}

pub(crate) fn namespaces(field: &FieldValues, context: PolicyContext<'_>) -> Values<NamespaceMatcher> {
    let trust_domains = &context.mesh.trust_domains;
    let profile = context.mesh.profile;
    compile_all(field, |value| {
        NamespaceMatcher::new(profile, trust_domains, value)
    })
}

pub(crate) fn service_accounts(
    field: &FieldValues,
    at: &FieldPath<'_>,
    context: PolicyContext<'_>,
    problems: &mut Problems,
) -> Values<ServiceAccountMatcher> {
    let expected =
        "a service account: `NAMESPACE/NAME`, or `NAME` in the namespace of the policy, without `*`";
    let trust_domains = Arc::clone(&context.mesh.trust_domains);
    parse_values(field, at, problems, expected, |value| {
        ServiceAccountMatcher::parse(context.mesh.profile, &trust_domains, context.namespace, value)
    })
}

pub(crate) fn trust_domains(
    field: &FieldValues,
    at: &FieldPath<'_>,
    context: PolicyContext<'_>,
    problems: &mut Problems,
) -> Values<TrustDomainMatcher> {
    compile_values(field, at, problems, |value, at, problems| {
        trust_domain::compile(value, at, context.mesh, problems)
    })
}
