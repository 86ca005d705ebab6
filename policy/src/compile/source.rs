//! `from[].source`

use crate::compile::values::{compile_all, compile_values};
use crate::compile::{PolicyContext, identity, ip};
use crate::config::authorization_policy::source::RawSource;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::rule::source::Source;

pub(crate) fn compile_source(
    source: &RawSource,
    at: &FieldPath<'_>,
    context: PolicyContext<'_>,
    problems: &mut Problems,
) -> Source {
    let RawSource {
        principals,
        request_principals,
        namespaces,
        service_accounts,
        trust_domains,
        ip_blocks,
        remote_ip_blocks,
    } = source;
    Source {
        principals: identity::principals(principals, context),
        request_principals: compile_all(request_principals, RequestPrincipalMatcher::new),
        namespaces: identity::namespaces(namespaces, context),
        service_accounts: identity::service_accounts(service_accounts, at, context, problems),
        trust_domains: identity::trust_domains(trust_domains, at, context, problems),
        ip_blocks: compile_values(ip_blocks, at, problems, ip::compile),
        remote_ip_blocks: compile_values(remote_ip_blocks, at, problems, ip::compile),
    }
}
