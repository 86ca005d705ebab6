//! [`JudgedClause`]: one field or condition of a rule, and how it was judged.

use crate::explain::Got;
use crate::rule::binding::Bindings;
use crate::rule::condition::Condition;
use crate::rule::facts::Facts;
use crate::rule::operation::OperationField;
use crate::rule::source::SourceField;
use crate::stated::StatedKey;
use crate::truth::Truth;

/// One field with its `not` form, or one condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgedClause {
    /// Which attribute it compares.
    pub key: StatedKey,
    /// Whether it is `hostRegexes` or `pathRegexes`, which are judged apart from `hosts` and `paths`.
    pub is_regex_field: bool,
    /// What it says.
    pub truth: Truth,
    /// What the request has there.
    pub got: Got,
}

impl JudgedClause {
    pub(super) fn of_source(field: &SourceField, facts: &Facts<'_>) -> Self {
        let key = match field {
            SourceField::Principals(_) => StatedKey::Principals,
            SourceField::Namespaces(_) => StatedKey::Namespaces,
            SourceField::ServiceAccounts(_) => StatedKey::ServiceAccounts,
            SourceField::TrustDomains(_) => StatedKey::TrustDomains,
            SourceField::IpBlocks(_) => StatedKey::IpBlocks,
            SourceField::RemoteIpBlocks(_) => StatedKey::RemoteIpBlocks,
            SourceField::RequestPrincipals(_) => StatedKey::RequestPrincipals,
        };
        Self {
            got: Got::of(&key, facts),
            key,
            is_regex_field: false,
            truth: field.judge(facts),
        }
    }

    pub(super) fn of_operation(field: &OperationField, bindings: &Bindings, facts: &Facts<'_>) -> Self {
        let (key, is_regex_field) = match field {
            OperationField::Ports(_) => (StatedKey::Ports, false),
            OperationField::Methods(_) => (StatedKey::Methods, false),
            OperationField::Hosts(_) => (StatedKey::Hosts, false),
            OperationField::Paths(_) => (StatedKey::Paths, false),
            OperationField::HostRegexes(_) => (StatedKey::Hosts, true),
            OperationField::PathRegexes(_) => (StatedKey::Paths, true),
        };
        Self {
            got: Got::of(&key, facts),
            key,
            is_regex_field,
            truth: field.judge(bindings, facts),
        }
    }

    pub(super) fn of_condition(condition: &Condition, facts: &Facts<'_>) -> Self {
        let key = key_of(condition);
        Self {
            got: Got::of(&key, facts),
            key,
            is_regex_field: false,
            truth: condition.judge(facts),
        }
    }

    /// Whether it holds for certain.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.truth == Truth::True
    }
}

fn key_of(condition: &Condition) -> StatedKey {
    match condition {
        Condition::Header(name, _) => StatedKey::of_header(name),
        Condition::Query(name, _) => StatedKey::Query(String::from_utf8_lossy(name).into_owned()),
        Condition::SourceIp(_) => StatedKey::IpBlocks,
        Condition::RemoteIp(_) => StatedKey::RemoteIpBlocks,
        Condition::Namespace(_) => StatedKey::Namespaces,
        Condition::Principal(_) => StatedKey::Principals,
        Condition::ServiceAccount(_) => StatedKey::ServiceAccounts,
        Condition::TrustDomain(_) => StatedKey::TrustDomains,
        Condition::RequestPrincipal(_) => StatedKey::RequestPrincipals,
        Condition::Claim(path, _) => StatedKey::Claim(path.iter().map(ToString::to_string).collect()),
        Condition::DestinationIp(_) => StatedKey::DestinationIp,
        Condition::DestinationPort(_) => StatedKey::Ports,
        Condition::Sni(_) => StatedKey::Sni,
        Condition::Metadata(place, _) => StatedKey::Metadata {
            namespace: place.namespace.to_string(),
            key: place.key.to_string(),
        },
        Condition::DnsSan(_) => StatedKey::DnsSan,
        Condition::IssuerKeyId(_) => StatedKey::IssuerKeyId,
        Condition::RemainingSeconds(_) => StatedKey::RemainingSeconds,
    }
}
