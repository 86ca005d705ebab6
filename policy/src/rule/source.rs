//! [`Source`]: who sends (`from[].source`).

use crate::input::{Input, Inputs};
use crate::matcher::ip::IpMatcher;
use crate::matcher::namespace::NamespaceMatcher;
use crate::matcher::principal::PrincipalMatcher;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::matcher::service_account::ServiceAccountMatcher;
use crate::matcher::trust_domain::TrustDomainMatcher;
use crate::matcher::values::Values;
use crate::rule::facts::Facts;
use crate::truth::Truth;

/// Who sends: all fields together.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) principals: Values<PrincipalMatcher>,
    pub(crate) request_principals: Values<RequestPrincipalMatcher>,
    pub(crate) namespaces: Values<NamespaceMatcher>,
    pub(crate) service_accounts: Values<ServiceAccountMatcher>,
    pub(crate) trust_domains: Values<TrustDomainMatcher>,
    pub(crate) ip_blocks: Values<IpMatcher>,
    pub(crate) remote_ip_blocks: Values<IpMatcher>,
}

impl Source {
    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Truth {
        let Self {
            principals,
            request_principals,
            namespaces,
            service_accounts,
            trust_domains,
            ip_blocks,
            remote_ip_blocks,
        } = self;
        Truth::all([
            facts.principals(principals),
            facts.namespaces(namespaces),
            facts.service_accounts(service_accounts),
            facts.trust_domains(trust_domains),
            facts.source_ip(ip_blocks),
            facts.remote_ip(remote_ip_blocks),
            facts.on_http(|| facts.request_principals(request_principals)),
        ])
    }

    pub(crate) fn speaks_http(&self) -> bool {
        !self.request_principals.is_empty()
    }

    pub(crate) fn inputs(&self) -> Inputs {
        Inputs::all([
            Inputs::when(!self.request_principals.is_empty(), Input::Metadata),
            Inputs::when(!self.ip_blocks.is_empty(), Input::SourceIp),
            Inputs::when(!self.remote_ip_blocks.is_empty(), Input::RemoteIp),
        ])
    }
}
