//! [`StatedKey`]: which attribute a clause is about.

use std::fmt;

use crate::compile::condition_key::Key;
use crate::rule::attribute_name::HeaderName;

/// An attribute that policies compare. A field of a source or an operation and the key of a condition that say the same
/// are one.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StatedKey {
    /// `principals`, `source.principal`
    Principals,
    /// `namespaces`, `source.namespace`
    Namespaces,
    /// `serviceAccounts`, `source.serviceAccount`
    ServiceAccounts,
    /// `trustDomains`, `source.trustDomain`
    TrustDomains,
    /// `ipBlocks`, `source.ip`
    IpBlocks,
    /// `remoteIpBlocks`, `remote.ip`
    RemoteIpBlocks,
    /// `requestPrincipals`, `request.auth.principal`
    RequestPrincipals,
    /// `hosts`, `hostRegexes`
    Hosts,
    /// `ports`, `destination.port`
    Ports,
    /// `methods`
    Methods,
    /// `paths`, `pathRegexes`
    Paths,
    /// `request.headers[NAME]`, the name in lower case; `host` is `:authority`.
    Header(String),
    /// `request.query[NAME]` (E-2)
    Query(String),
    /// `request.auth.claims[A][B]`; `request.auth.audiences` is `aud` and `request.auth.presenter` is `azp`.
    Claim(Vec<String>),
    /// `destination.ip`
    DestinationIp,
    /// `connection.sni`
    Sni,
    /// `experimental.envoy.filters.NAME[KEY]`
    Metadata {
        /// The namespace of the dynamic metadata, such as `envoy.filters.http.foo`.
        namespace: String,
        /// The key in it.
        key: String,
    },
    /// `source.certificate.dnsSan` (E-9)
    DnsSan,
    /// `source.certificate.issuerKeyId` (E-9)
    IssuerKeyId,
    /// `source.certificate.remainingSeconds` (E-9)
    RemainingSeconds,
}

impl StatedKey {
    /// The attribute of a condition.
    pub(super) fn of_condition(text: &str) -> Option<Self> {
        Key::parse(text).map(Self::from)
    }

    /// The header of this name.
    pub(crate) fn of_header(name: &HeaderName) -> Self {
        Self::Header(match name {
            HeaderName::Method => ":method".to_owned(),
            HeaderName::Authority => ":authority".to_owned(),
            HeaderName::Path => ":path".to_owned(),
            HeaderName::Listed(name) => lossy(name),
        })
    }

    /// Whether only an HTTP request has the attribute (S-10).
    #[must_use]
    pub fn speaks_http(&self) -> bool {
        match self {
            Self::RequestPrincipals
            | Self::Hosts
            | Self::Methods
            | Self::Paths
            | Self::Header(_)
            | Self::Query(_)
            | Self::Claim(_) => true,
            Self::Principals
            | Self::Namespaces
            | Self::ServiceAccounts
            | Self::TrustDomains
            | Self::IpBlocks
            | Self::RemoteIpBlocks
            | Self::Ports
            | Self::DestinationIp
            | Self::Sni
            | Self::Metadata { .. }
            | Self::DnsSan
            | Self::IssuerKeyId
            | Self::RemainingSeconds => false,
        }
    }

    /// Whether it is about who the peer is, by its SPIFFE ID.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        matches!(
            self,
            Self::Principals | Self::Namespaces | Self::ServiceAccounts | Self::TrustDomains
        )
    }
}

impl From<Key> for StatedKey {
    fn from(key: Key) -> Self {
        match key {
            Key::Header(name) => Self::of_header(&name),
            Key::Query(name) => Self::Query(lossy(&name)),
            Key::SourceIp => Self::IpBlocks,
            Key::RemoteIp => Self::RemoteIpBlocks,
            Key::DestinationIp => Self::DestinationIp,
            Key::DestinationPort => Self::Ports,
            Key::Namespace => Self::Namespaces,
            Key::Principal => Self::Principals,
            Key::ServiceAccount => Self::ServiceAccounts,
            Key::TrustDomain => Self::TrustDomains,
            Key::RequestPrincipal => Self::RequestPrincipals,
            Key::Claim(path) => Self::Claim(path.iter().map(ToString::to_string).collect()),
            Key::TextClaim(name) => Self::Claim(vec![name.to_owned()]),
            Key::Sni => Self::Sni,
            Key::Metadata(place) => Self::Metadata {
                namespace: place.namespace.into(),
                key: place.key.into(),
            },
            Key::DnsSan => Self::DnsSan,
            Key::IssuerKeyId => Self::IssuerKeyId,
            Key::RemainingSeconds => Self::RemainingSeconds,
        }
    }
}

/// The names were text when they were read.
fn lossy(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

impl fmt::Display for StatedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principals => formatter.write_str("principals"),
            Self::Namespaces => formatter.write_str("namespaces"),
            Self::ServiceAccounts => formatter.write_str("serviceAccounts"),
            Self::TrustDomains => formatter.write_str("trustDomains"),
            Self::IpBlocks => formatter.write_str("ipBlocks"),
            Self::RemoteIpBlocks => formatter.write_str("remoteIpBlocks"),
            Self::RequestPrincipals => formatter.write_str("requestPrincipals"),
            Self::Hosts => formatter.write_str("hosts"),
            Self::Ports => formatter.write_str("ports"),
            Self::Methods => formatter.write_str("methods"),
            Self::Paths => formatter.write_str("paths"),
            Self::Header(name) => write!(formatter, "request.headers[{name}]"),
            Self::Query(name) => write!(formatter, "request.query[{name}]"),
            Self::Claim(path) => write!(formatter, "request.auth.claims[{}]", path.join("][")),
            Self::DestinationIp => formatter.write_str("destination.ip"),
            Self::Sni => formatter.write_str("connection.sni"),
            Self::Metadata { namespace, key } => write!(formatter, "experimental.{namespace}[{key}]"),
            Self::DnsSan => formatter.write_str("source.certificate.dnsSan"),
            Self::IssuerKeyId => formatter.write_str("source.certificate.issuerKeyId"),
            Self::RemainingSeconds => formatter.write_str("source.certificate.remainingSeconds"),
        }
    }
}
