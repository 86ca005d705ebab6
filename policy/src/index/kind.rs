//! [`Kind`]: what of a request a value is compared with.

use crate::index::hash::Case;

/// A part of a request by which rules are filed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    Principal,
    TrustDomain,
    Namespace,
    ServiceAccount,
    SourceIp,
    RemoteIp,
    DestinationIp,
    DestinationPort,
    Sni,
    DnsSan,
    IssuerKeyId,
    Method,
    /// The host in its compared form, without regard to case.
    Host,
    /// The `:authority` as it came.
    Authority,
    /// The path without query.
    Path,
    /// The same without regard to case.
    PathInAnyCase,
    /// Expressions on the host in its compared form.
    HostExpression,
    /// Expressions on the path without query.
    PathExpression,
    /// The `:path` with its query, as it came.
    RawPath,
    /// A header, by its name.
    Header,
    /// A parameter of the query, by its name.
    Query,
    /// Issuer and subject together.
    RequestPrincipal,
    Issuer,
    Subject,
    /// A claim, by the names that lead to it.
    Claim,
    /// A value of the dynamic metadata, by namespace and key.
    Metadata,
}

impl Kind {
    /// Whether only an HTTP request has it (S-10).
    pub(super) fn speaks_http(self) -> bool {
        match self {
            Self::Method
            | Self::Host
            | Self::Authority
            | Self::Path
            | Self::PathInAnyCase
            | Self::HostExpression
            | Self::PathExpression
            | Self::RawPath
            | Self::Header
            | Self::Query
            | Self::RequestPrincipal
            | Self::Issuer
            | Self::Subject
            | Self::Claim => true,
            Self::Principal
            | Self::TrustDomain
            | Self::Namespace
            | Self::ServiceAccount
            | Self::SourceIp
            | Self::RemoteIp
            | Self::DestinationIp
            | Self::DestinationPort
            | Self::Sni
            | Self::DnsSan
            | Self::IssuerKeyId
            | Self::Metadata => false,
        }
    }

    /// Whether a request may have many of them, each under a name of its own.
    pub(super) fn goes_by_name(self) -> bool {
        matches!(self, Self::Header | Self::Query | Self::Claim | Self::Metadata)
    }

    /// Whether its text is compared in lower case.
    pub(super) fn case(self) -> Case {
        match self {
            Self::Host | Self::PathInAnyCase | Self::DnsSan => Case::Folded,
            Self::Principal
            | Self::TrustDomain
            | Self::Namespace
            | Self::ServiceAccount
            | Self::SourceIp
            | Self::RemoteIp
            | Self::DestinationIp
            | Self::DestinationPort
            | Self::Sni
            | Self::IssuerKeyId
            | Self::Method
            | Self::Authority
            | Self::Path
            | Self::HostExpression
            | Self::PathExpression
            | Self::RawPath
            | Self::Header
            | Self::Query
            | Self::RequestPrincipal
            | Self::Issuer
            | Self::Subject
            | Self::Claim
            | Self::Metadata => Case::Kept,
        }
    }

    /// A number of its own.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Principal => 1,
            Self::TrustDomain => 2,
            Self::Namespace => 3,
            Self::ServiceAccount => 4,
            Self::SourceIp => 5,
            Self::RemoteIp => 6,
            Self::DestinationIp => 7,
            Self::DestinationPort => 8,
            Self::Sni => 9,
            Self::DnsSan => 10,
            Self::IssuerKeyId => 11,
            Self::Method => 12,
            Self::Host => 13,
            Self::Authority => 14,
            Self::Path => 15,
            Self::PathInAnyCase => 16,
            Self::RawPath => 17,
            Self::Header => 18,
            Self::Query => 19,
            Self::RequestPrincipal => 20,
            Self::Issuer => 21,
            Self::Subject => 22,
            Self::Claim => 23,
            Self::Metadata => 24,
            Self::HostExpression => 25,
            Self::PathExpression => 26,
        }
    }
}
