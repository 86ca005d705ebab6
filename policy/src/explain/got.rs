//! [`Got`]: what a request has where a rule looks.

use crate::attribute::Attribute;
use crate::config::document::Document;
use crate::explain::printable::{printable, printable_parts};
use crate::jwt::text_claim;
use crate::leaf_facts::LeafFacts;
use crate::profile::Profile;
use crate::query::parameter;
use crate::request::Protocol;
use crate::rule::attribute_name::HeaderName;
use crate::rule::facts::Facts;
use crate::spiffe_id::SpiffeId;
use crate::stated::StatedKey;
use crate::workload_identity::WorkloadIdentity;

/// What a request has of an attribute. Text is printable: a byte that is not becomes an escape.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Got {
    /// Its values; several of a header, a query parameter, a list of claims or DNS SANs.
    Values(Vec<String>),
    /// There is none.
    Absent,
    /// It cannot be told: of a peer, because it presented no certificate.
    NotTold,
    /// It is not asked for, since no HTTP is spoken (S-10).
    NotAsked,
}

impl Got {
    pub(super) fn of(key: &StatedKey, facts: &Facts<'_>) -> Self {
        if facts.protocol() == Protocol::Tcp && key.speaks_http() {
            return Self::NotAsked;
        }
        let request = facts.request;
        match key {
            StatedKey::Principals => identity(facts, principal),
            StatedKey::Namespaces => identity(facts, |id| workload(id, |of| of.namespace().to_owned())),
            StatedKey::ServiceAccounts => identity(facts, |id| {
                workload(id, |of| format!("{}/{}", of.namespace(), of.service_account()))
            }),
            StatedKey::TrustDomains => identity(facts, trust_domain),
            StatedKey::IpBlocks => one(&request.source_ip, ToString::to_string),
            StatedKey::RemoteIpBlocks => one(&request.remote_ip, ToString::to_string),
            StatedKey::DestinationIp => one(&request.destination_ip, ToString::to_string),
            StatedKey::Ports => one(&request.destination_port, ToString::to_string),
            StatedKey::Methods => one(&request.method, |method| printable(method)),
            StatedKey::Hosts => one(&request.host, |host| printable(host)),
            StatedKey::Paths => one(&facts.path, |path| printable(path)),
            StatedKey::Sni => one(&request.sni, |sni| printable(sni)),
            StatedKey::Header(name) => header(name, facts),
            StatedKey::Query(name) => query(name, facts),
            StatedKey::RequestPrincipals => some(&request.metadata, |metadata| request_principal(metadata)),
            StatedKey::Claim(path) => claim(path, facts),
            StatedKey::Metadata { namespace, key } => some(&request.metadata, |metadata| {
                metadata.field(namespace)?.field(key).map(texts)
            }),
            StatedKey::DnsSan => some(&facts.leaf(), |leaf| Some(printable_parts(&leaf.dns_sans))),
            StatedKey::IssuerKeyId => some(&facts.leaf(), |leaf| {
                Some(vec![hex(leaf.issuer_key_id.as_ref()?)])
            }),
            StatedKey::RemainingSeconds => remaining_seconds(facts),
        }
    }
}

fn one<T>(attribute: &Attribute<T>, show: impl FnOnce(&T) -> String) -> Got {
    some(attribute, |value| Some(vec![show(value)]))
}

/// Where the known value has nothing to show, there is none of the attribute.
fn some<T>(attribute: &Attribute<T>, show: impl FnOnce(&T) -> Option<Vec<String>>) -> Got {
    match attribute {
        Attribute::Known(value) => show(value)
            .filter(|values| !values.is_empty())
            .map_or(Got::Absent, Got::Values),
        Attribute::Absent => Got::Absent,
        Attribute::Unreadable => Got::NotTold,
    }
}

fn identity(facts: &Facts<'_>, show: impl FnOnce(&[u8]) -> String) -> Got {
    one(&facts.identity, |identity| show(identity.text))
}

/// As policies write it.
fn principal(id: &[u8]) -> String {
    printable(id.strip_prefix(b"spiffe://").unwrap_or(id))
}

fn workload(id: &[u8], show: impl FnOnce(WorkloadIdentity<'_>) -> String) -> String {
    let parsed = SpiffeId::parse(id).ok();
    let workload = parsed.as_ref().and_then(WorkloadIdentity::of);
    workload.map_or_else(|| printable(id), show)
}

fn trust_domain(id: &[u8]) -> String {
    SpiffeId::parse(id).map_or_else(|_| printable(id), |id| id.trust_domain().as_str().to_owned())
}

fn header(name: &str, facts: &Facts<'_>) -> Got {
    let request = facts.request;
    match HeaderName::parse(name) {
        None => Got::Absent,
        Some(HeaderName::Method) => one(&request.method, |value| printable(value)),
        Some(HeaderName::Authority) => one(&request.host, |value| printable(value)),
        Some(HeaderName::Path) => one(&request.path, |value| printable(value)),
        Some(HeaderName::Listed(name)) => some(&facts.listed(&name), |values| {
            Some(printable_parts(values.clone()))
        }),
    }
}

fn query(name: &str, facts: &Facts<'_>) -> Got {
    let is_strict = match facts.profile {
        Profile::ZeroTrust => true,
        Profile::Istio => false,
    };
    match facts.request.path {
        Attribute::Known(path) => some(&parameter(path, name.as_bytes(), is_strict), |values| {
            Some(printable_parts(values.clone()))
        }),
        Attribute::Absent => Got::Absent,
        Attribute::Unreadable => Got::NotTold,
    }
}

fn request_principal(metadata: &Document) -> Option<Vec<String>> {
    let (iss, sub) = (text_claim(metadata, "iss")?, text_claim(metadata, "sub")?);
    Some(vec![printable(format!("{iss}/{sub}").as_bytes())])
}

fn claim(path: &[String], facts: &Facts<'_>) -> Got {
    let path = path.iter().map(|name| name.as_str().into()).collect();
    some(&facts.claim_at(&path), |claim| Some(texts(claim)))
}

/// The value, or each element of a list.
fn texts(document: &Document) -> Vec<String> {
    match document {
        Document::Null => vec!["null".to_owned()],
        Document::Bool(value) => vec![value.to_string()],
        Document::Number(number) => vec![printable(number.as_bytes())],
        Document::String(text) => vec![printable(text.as_bytes())],
        Document::List(items) => items.iter().flat_map(texts).collect(),
        Document::Map(_) => vec!["a map".to_owned()],
    }
}

fn hex(bytes: &impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn remaining_seconds(facts: &Facts<'_>) -> Got {
    let leaf = facts.leaf();
    let not_after = |leaf: &&LeafFacts| leaf.not_after;
    match leaf.known().map(not_after) {
        Some(None) => Got::Absent,
        Some(Some(end)) => facts
            .seconds_until(end)
            .map_or(Got::NotTold, |seconds| Got::Values(vec![seconds.to_string()])),
        None => some(&leaf, |_| None),
    }
}
