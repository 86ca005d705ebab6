//! [`Condition`]: what one attribute is compared with (`when[]`).

use crate::input::{Input, Inputs};
use crate::matcher::certificate::{DnsSanMatcher, KeyIdMatcher};
use crate::matcher::ip::IpMatcher;
use crate::matcher::metadata::MetadataMatcher;
use crate::matcher::namespace::NamespaceMatcher;
use crate::matcher::number::NumberMatcher;
use crate::matcher::port::PortMatcher;
use crate::matcher::principal::PrincipalMatcher;
use crate::matcher::request_principal::RequestPrincipalMatcher;
use crate::matcher::service_account::ServiceAccountMatcher;
use crate::matcher::string::StringMatcher;
use crate::matcher::trust_domain::TrustDomainMatcher;
use crate::matcher::values::Values;
use crate::rule::attribute_name::{ClaimPath, HeaderName, MetadataKey};
use crate::rule::compared::{ClaimValues, Texts};
use crate::rule::facts::Facts;
use crate::rule::header_names::HeaderNames;
use crate::truth::Truth;

/// One condition, by the key that it is written under.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// `request.headers[NAME]`
    Header(HeaderName, Texts),
    /// `request.query[NAME]` (E-2)
    Query(Box<[u8]>, Texts),
    /// `source.ip`
    SourceIp(Values<IpMatcher>),
    /// `remote.ip`
    RemoteIp(Values<IpMatcher>),
    /// `source.namespace`
    Namespace(Values<NamespaceMatcher>),
    /// `source.principal`
    Principal(Values<PrincipalMatcher>),
    /// `source.serviceAccount`
    ServiceAccount(Values<ServiceAccountMatcher>),
    /// `source.trustDomain`
    TrustDomain(Values<TrustDomainMatcher>),
    /// `request.auth.principal`
    RequestPrincipal(Values<RequestPrincipalMatcher>),
    /// `request.auth.claims[A][B]`, and `aud` and `azp` under names of their own
    Claim(ClaimPath, ClaimValues),
    /// `destination.ip`
    DestinationIp(Values<IpMatcher>),
    /// `destination.port`
    DestinationPort(Values<PortMatcher>),
    /// `connection.sni`
    Sni(Values<StringMatcher>),
    /// `experimental.envoy.filters.NAME[KEY]`
    Metadata(MetadataKey, Values<MetadataMatcher>),
    /// `source.certificate.dnsSan` (E-9)
    DnsSan(Values<DnsSanMatcher>),
    /// `source.certificate.issuerKeyId` (E-9)
    IssuerKeyId(Values<KeyIdMatcher>),
    /// `source.certificate.remainingSeconds` (E-9)
    RemainingSeconds(Values<NumberMatcher>),
}

impl Condition {
    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Truth {
        match self {
            Self::Header(name, texts) => facts.on_http(|| facts.header(name, texts)),
            Self::Query(name, texts) => facts.on_http(|| facts.query(name, texts)),
            Self::SourceIp(values) => facts.source_ip(values),
            Self::RemoteIp(values) => facts.remote_ip(values),
            Self::Namespace(values) => facts.namespaces(values),
            Self::Principal(values) => facts.principals(values),
            Self::ServiceAccount(values) => facts.service_accounts(values),
            Self::TrustDomain(values) => facts.trust_domains(values),
            Self::RequestPrincipal(values) => facts.on_http(|| facts.request_principals(values)),
            Self::Claim(path, values) => facts.on_http(|| facts.claim(path, values)),
            Self::DestinationIp(values) => facts.destination_ip(values),
            Self::DestinationPort(values) => facts.destination_port(values),
            Self::Sni(values) => facts.sni(values),
            Self::Metadata(key, values) => facts.metadata(key, values),
            Self::DnsSan(values) => facts.dns_san(values),
            Self::IssuerKeyId(values) => facts.issuer_key_id(values),
            Self::RemainingSeconds(values) => facts.remaining_seconds(values),
        }
    }

    /// Whether only an HTTP request has the attribute (S-10).
    pub(crate) fn speaks_http(&self) -> bool {
        match self {
            Self::Header(..) | Self::Query(..) | Self::RequestPrincipal(_) | Self::Claim(..) => true,
            Self::SourceIp(_)
            | Self::RemoteIp(_)
            | Self::Namespace(_)
            | Self::Principal(_)
            | Self::ServiceAccount(_)
            | Self::TrustDomain(_)
            | Self::DestinationIp(_)
            | Self::DestinationPort(_)
            | Self::Sni(_)
            | Self::Metadata(..)
            | Self::DnsSan(_)
            | Self::IssuerKeyId(_)
            | Self::RemainingSeconds(_) => false,
        }
    }

    pub(crate) fn inputs(&self) -> Inputs {
        match self {
            Self::Header(name, _) => Inputs::when(*name == HeaderName::Path, Input::Path),
            Self::Query(..)
            | Self::Namespace(_)
            | Self::Principal(_)
            | Self::ServiceAccount(_)
            | Self::TrustDomain(_) => Inputs::NONE,
            Self::DestinationPort(_) => Input::DestinationPort.into(),
            Self::SourceIp(_) => Input::SourceIp.into(),
            Self::RemoteIp(_) => Input::RemoteIp.into(),
            Self::RequestPrincipal(_) | Self::Claim(..) | Self::Metadata(..) => Input::Metadata.into(),
            Self::DestinationIp(_) => Input::DestinationIp.into(),
            Self::Sni(_) => Input::Sni.into(),
            Self::DnsSan(_) | Self::IssuerKeyId(_) => Input::Certificate.into(),
            Self::RemainingSeconds(_) => Inputs::from(Input::Certificate) | Input::Time.into(),
        }
    }

    /// Adds the name of the header that the condition reads.
    pub(crate) fn name_headers(&self, names: &mut HeaderNames) {
        if let Self::Header(name, _) = self {
            names.add(name);
        }
    }
}
