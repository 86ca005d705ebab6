//! A value of `trustDomains`, with the trust-domain aliases of the mesh (S-11).

use crate::compile::Context;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::trust_domain::TrustDomainMatcher;

/// A trust domain of the mesh stands for all of them; wildcards, and `cluster.local` where the mesh has another
/// name, are nothing special here.
pub(crate) fn compile(
    value: &str,
    at: &FieldPath<'_>,
    context: &Context,
    problems: &mut Problems,
) -> Vec<TrustDomainMatcher> {
    let own = &context.trust_domains;
    if own.iter().any(|own| own.as_str() == value) {
        return own
            .iter()
            .filter_map(|own| TrustDomainMatcher::parse(own.as_str()))
            .collect();
    }
    let matcher = TrustDomainMatcher::parse(value);
    if matcher.is_none() {
        problems.invalid(
            at,
            value,
            "a trust domain: no `/`, and at most one `*`, at its start or end",
        );
    }
    Vec::from_iter(matcher)
}
