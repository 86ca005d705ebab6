//! `from[].source`

use crate::compile::values::{compile_all, compile_values};
use crate::compile::{PolicyContext, identity, ip};
use crate::config::authorization_policy::source::RawSource;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::rule::source::{Source, SourceField};

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
    Source::new([
        SourceField::Principals(identity::principals(principals, context)),
        SourceField::Namespaces(identity::namespaces(namespaces, context)),
        SourceField::ServiceAccounts(identity::service_accounts(
            service_accounts,
            at,
            context,
            problems,
        )),
        SourceField::TrustDomains(identity::trust_domains(trust_domains, at, context, problems)),
        SourceField::IpBlocks(compile_values(ip_blocks, at, problems, ip::compile)),
        SourceField::RemoteIpBlocks(compile_values(remote_ip_blocks, at, problems, ip::compile)),
        SourceField::RequestPrincipals(compile_all(request_principals, RequestPrincipalMatcher::new)),
    ])
}
