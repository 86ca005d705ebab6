//! `when[]`: the keys that Istio has (S-5).

use serde_json::{Value, json};

use crate::config::authorization_policy::condition::RawCondition;
use crate::rbac::address::cidr_range;
use crate::rbac::clause::Side;
use crate::rbac::header::header;
use crate::rbac::place::{Chain, Place};
use crate::rbac::string::{Case, generic};
use crate::rbac::{jwt, metadata, operation, peer, source};

/// What a condition is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Key<'k> {
    DestinationIp,
    DestinationPort,
    Sni,
    /// The metadata of a filter, and a key in it.
    Metadata(&'k str, &'k str),
    SourceIp,
    RemoteIp,
    Namespace,
    TrustDomain,
    ServiceAccount,
    Principal,
    RequestPrincipal,
    Claim(Vec<&'k str>),
    Header(&'k str),
}

impl<'k> Key<'k> {
    /// `None` for a key that Istio does not have.
    pub(super) fn parse(key: &'k str) -> Option<Self> {
        match key {
            "destination.ip" => Some(Self::DestinationIp),
            "destination.port" => Some(Self::DestinationPort),
            "connection.sni" => Some(Self::Sni),
            "source.ip" => Some(Self::SourceIp),
            "remote.ip" => Some(Self::RemoteIp),
            "source.namespace" => Some(Self::Namespace),
            "source.trustDomain" => Some(Self::TrustDomain),
            "source.serviceAccount" => Some(Self::ServiceAccount),
            "source.principal" => Some(Self::Principal),
            "request.auth.principal" => Some(Self::RequestPrincipal),
            "request.auth.audiences" => Some(Self::Claim(vec!["aud"])),
            "request.auth.presenter" => Some(Self::Claim(vec!["azp"])),
            _ => Self::parse_map_key(key),
        }
    }

    fn parse_map_key(key: &'k str) -> Option<Self> {
        if let Some(filter_and_key) = key.strip_prefix("experimental.") {
            let (filter, key) = filter_and_key.strip_suffix(']')?.split_once('[')?;
            return Some(Self::Metadata(filter, key));
        }
        if let Some(name) = key.strip_prefix("request.headers") {
            return in_brackets(name).map(Self::Header);
        }
        claim_path(key.strip_prefix("request.auth.claims")?).map(Self::Claim)
    }

    /// Whether only HTTP has it (S-10).
    pub(super) fn is_http(&self) -> bool {
        match self {
            Self::RequestPrincipal | Self::Claim(_) | Self::Header(_) => true,
            Self::DestinationIp
            | Self::DestinationPort
            | Self::Sni
            | Self::Metadata(..)
            | Self::SourceIp
            | Self::RemoteIp
            | Self::Namespace
            | Self::TrustDomain
            | Self::ServiceAccount
            | Self::Principal => false,
        }
    }

    fn side(&self) -> Side {
        match self {
            Self::DestinationIp | Self::DestinationPort | Self::Sni | Self::Metadata(..) => Side::Permission,
            Self::SourceIp
            | Self::RemoteIp
            | Self::Namespace
            | Self::TrustDomain
            | Self::ServiceAccount
            | Self::Principal
            | Self::RequestPrincipal
            | Self::Claim(_)
            | Self::Header(_) => Side::Principal,
        }
    }
}

/// The parts of a condition on its side of the policy, none on the other; `None` after a value or a key that means nothing.
pub(super) fn parts(condition: &RawCondition, side: Side, place: Place<'_>) -> Option<Vec<Value>> {
    let key = Key::parse(&condition.key)?;
    if key.side() != side || (place.chain == Chain::Tcp && key.is_http()) {
        return Some(Vec::new());
    }
    let values = &condition.values;
    match key {
        Key::DestinationIp => side.each(values, |value| {
            Some(json!({"destination_ip": cidr_range(value)?}))
        }),
        Key::DestinationPort => operation::ports(values),
        Key::Sni => side.each(values, |value| {
            Some(json!({"requested_server_name": generic(value)}))
        }),
        Key::Metadata(filter, key) => side.whole(values, |values| {
            Some(metadata::at(filter, &[key], metadata::any_of(values)))
        }),
        Key::SourceIp => source::direct_ips(values),
        Key::RemoteIp => source::remote_ips(values),
        Key::Namespace => peer::namespaces(values, place),
        Key::TrustDomain => peer::trust_domains(values, place),
        Key::ServiceAccount => peer::service_accounts(values, place),
        Key::Principal => peer::principals(values, place),
        Key::RequestPrincipal => source::request_principals(values, place),
        Key::Claim(path) => side.whole(values, |values| Some(jwt::claim(&path, values))),
        Key::Header(name) => side.each(values, |value| Some(header(name, value, Case::Sensitive))),
    }
}

fn in_brackets(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

/// The names between brackets in a row; what is no such row is one name, from the first bracket to the last.
fn claim_path(brackets: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = brackets;
    while !rest.is_empty() {
        let name = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        match name.filter(|(name, _)| !name.contains('[')) {
            Some((name, after)) => {
                names.push(name);
                rest = after;
            }
            None => return in_brackets(brackets).map(|name| vec![name]),
        }
    }
    Some(names)
}
