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
    /// Those that are given; without any it is anyone.
    pub(crate) fields: Box<[SourceField]>,
}

/// One field with its `not` form.
#[derive(Clone, Debug)]
pub(crate) enum SourceField {
    Principals(Values<PrincipalMatcher>),
    Namespaces(Values<NamespaceMatcher>),
    ServiceAccounts(Values<ServiceAccountMatcher>),
    TrustDomains(Values<TrustDomainMatcher>),
    IpBlocks(Values<IpMatcher>),
    RemoteIpBlocks(Values<IpMatcher>),
    RequestPrincipals(Values<RequestPrincipalMatcher>),
}

impl Source {
    /// Keeps of all fields those that are given.
    pub(crate) fn new(fields: impl IntoIterator<Item = SourceField>) -> Self {
        Self {
            fields: fields.into_iter().filter(|field| !field.is_empty()).collect(),
        }
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Truth {
        Truth::all(self.fields.iter().map(|field| field.judge(facts)))
    }

    pub(crate) fn speaks_http(&self) -> bool {
        self.fields.iter().any(SourceField::speaks_http)
    }

    pub(crate) fn inputs(&self) -> Inputs {
        Inputs::all(self.fields.iter().map(SourceField::inputs))
    }
}

impl SourceField {
    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Truth {
        match self {
            Self::Principals(values) => facts.principals(values),
            Self::Namespaces(values) => facts.namespaces(values),
            Self::ServiceAccounts(values) => facts.service_accounts(values),
            Self::TrustDomains(values) => facts.trust_domains(values),
            Self::IpBlocks(values) => facts.source_ip(values),
            Self::RemoteIpBlocks(values) => facts.remote_ip(values),
            Self::RequestPrincipals(values) => facts.on_http(|| facts.request_principals(values)),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Principals(values) => values.is_empty(),
            Self::Namespaces(values) => values.is_empty(),
            Self::ServiceAccounts(values) => values.is_empty(),
            Self::TrustDomains(values) => values.is_empty(),
            Self::IpBlocks(values) | Self::RemoteIpBlocks(values) => values.is_empty(),
            Self::RequestPrincipals(values) => values.is_empty(),
        }
    }

    /// Whether only an HTTP request has the attribute (S-10).
    fn speaks_http(&self) -> bool {
        match self {
            Self::RequestPrincipals(_) => true,
            Self::Principals(_)
            | Self::Namespaces(_)
            | Self::ServiceAccounts(_)
            | Self::TrustDomains(_)
            | Self::IpBlocks(_)
            | Self::RemoteIpBlocks(_) => false,
        }
    }

    fn inputs(&self) -> Inputs {
        match self {
            Self::RequestPrincipals(_) => Input::Metadata.into(),
            Self::IpBlocks(_) => Input::SourceIp.into(),
            Self::RemoteIpBlocks(_) => Input::RemoteIp.into(),
            Self::Principals(_) | Self::Namespaces(_) | Self::ServiceAccounts(_) | Self::TrustDomains(_) => {
                Inputs::NONE
            }
        }
    }
}
