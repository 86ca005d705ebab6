//! [`Dimension`]: one thing that requests differ in, independently of the others.

use std::fmt;

use spiffe_authz_policy::StatedKey;

/// What requests differ in. Attributes that cannot be chosen freely of each other are one dimension.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Dimension {
    /// Who the peer is: its SPIFFE ID, or what makes its certificate none.
    Peer,
    /// `source.certificate.dnsSan`
    DnsSan,
    /// `source.certificate.issuerKeyId`
    IssuerKeyId,
    /// `source.certificate.remainingSeconds`
    RemainingSeconds,
    /// `methods`
    Method,
    /// `paths`, `pathRegexes`, `request.headers[:path]`
    Path,
    /// `hosts`, `hostRegexes`, `request.headers[:authority]`
    Host,
    /// `request.query[NAME]`
    Query(String),
    /// `request.headers[NAME]`
    Header(String),
    /// `requestPrincipals` with the claims `iss` and `sub`
    Token,
    /// The claims under one name of the JWT.
    Claim(String),
    /// `ports`, `destination.port`
    Port,
    /// `ipBlocks`, `source.ip`
    SourceIp,
    /// `remoteIpBlocks`, `remote.ip`
    RemoteIp,
    /// `destination.ip`
    DestinationIp,
    /// `connection.sni`
    Sni,
    /// `experimental.NAMESPACE[KEY]`
    Metadata {
        /// The namespace of the dynamic metadata.
        namespace: String,
        /// The key in it.
        key: String,
    },
    /// The time of the request, which exceptions and certificates look at.
    Time,
}

impl Dimension {
    /// Where an attribute of a policy belongs.
    #[must_use]
    pub fn of(key: &StatedKey) -> Self {
        match key {
            StatedKey::Principals
            | StatedKey::Namespaces
            | StatedKey::ServiceAccounts
            | StatedKey::TrustDomains => Self::Peer,
            StatedKey::IpBlocks => Self::SourceIp,
            StatedKey::RemoteIpBlocks => Self::RemoteIp,
            StatedKey::RequestPrincipals => Self::Token,
            StatedKey::Hosts => Self::Host,
            StatedKey::Ports => Self::Port,
            StatedKey::Methods => Self::Method,
            StatedKey::Paths => Self::Path,
            StatedKey::Header(name) => Self::of_header(name),
            StatedKey::Query(name) => Self::Query(name.clone()),
            StatedKey::Claim(path) => Self::of_claim(path),
            StatedKey::DestinationIp => Self::DestinationIp,
            StatedKey::Sni => Self::Sni,
            StatedKey::Metadata { namespace, key } => Self::Metadata {
                namespace: namespace.clone(),
                key: key.clone(),
            },
            StatedKey::DnsSan => Self::DnsSan,
            StatedKey::IssuerKeyId => Self::IssuerKeyId,
            StatedKey::RemainingSeconds => Self::RemainingSeconds,
        }
    }

    fn of_header(name: &str) -> Self {
        match name {
            ":method" => Self::Method,
            ":path" => Self::Path,
            ":authority" => Self::Host,
            name => Self::Header(name.to_owned()),
        }
    }

    fn of_claim(path: &[String]) -> Self {
        match path.first().map(String::as_str) {
            Some("iss" | "sub") | None => Self::Token,
            Some(name) => Self::Claim(name.to_owned()),
        }
    }

    /// The dimension of an attribute that a name in a path template stands for (E-6).
    pub(super) fn of_bound(attribute: &str) -> Self {
        let inner = |prefix: &str| attribute.strip_prefix(prefix)?.strip_suffix(']');
        if let Some(name) = inner("request.headers[") {
            return Self::of_header(&name.to_ascii_lowercase());
        }
        match inner("request.auth.claims[") {
            Some(path) => Self::of_claim(&path.split("][").map(str::to_owned).collect::<Vec<_>>()),
            None => Self::Peer,
        }
    }

    /// Whether only an HTTP request has it.
    pub(super) fn speaks_http(&self) -> bool {
        match self {
            Self::Method
            | Self::Path
            | Self::Host
            | Self::Query(_)
            | Self::Header(_)
            | Self::Token
            | Self::Claim(_) => true,
            Self::Peer
            | Self::DnsSan
            | Self::IssuerKeyId
            | Self::RemainingSeconds
            | Self::Port
            | Self::SourceIp
            | Self::RemoteIp
            | Self::DestinationIp
            | Self::Sni
            | Self::Metadata { .. }
            | Self::Time => false,
        }
    }

    /// Whether it says more of a certificate than who the peer is.
    pub(super) fn is_of_certificate(&self) -> bool {
        matches!(self, Self::DnsSan | Self::IssuerKeyId | Self::RemainingSeconds)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer => formatter.write_str("peer"),
            Self::DnsSan => formatter.write_str("certificate DNS SAN"),
            Self::IssuerKeyId => formatter.write_str("certificate issuer key"),
            Self::RemainingSeconds => formatter.write_str("certificate seconds left"),
            Self::Method => formatter.write_str("method"),
            Self::Path => formatter.write_str("path"),
            Self::Host => formatter.write_str("host"),
            Self::Query(name) => write!(formatter, "query[{name}]"),
            Self::Header(name) => write!(formatter, "header[{name}]"),
            Self::Token => formatter.write_str("JWT principal"),
            Self::Claim(name) => write!(formatter, "claim[{name}]"),
            Self::Port => formatter.write_str("port"),
            Self::SourceIp => formatter.write_str("source IP"),
            Self::RemoteIp => formatter.write_str("remote IP"),
            Self::DestinationIp => formatter.write_str("destination IP"),
            Self::Sni => formatter.write_str("SNI"),
            Self::Metadata { namespace, key } => write!(formatter, "metadata {namespace}[{key}]"),
            Self::Time => formatter.write_str("time"),
        }
    }
}
