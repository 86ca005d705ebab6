//! Matchers of the peer's identity (S-5, S-6, S-11).

use serde_json::{Value, json};

use crate::compile::Context;
use crate::compile::principal::spellings;
use crate::config::field_values::FieldValues;
use crate::rbac::clause::Side;
use crate::rbac::place::Place;
use crate::rbac::string::{Case, exact, prefix, quoted, regex};
use crate::workload::Workload;

const SCHEME: &str = "spiffe://";
/// Where a waypoint finds the identity of a peer, whose mTLS ended on another listener.
const WAYPOINT_PRINCIPAL: &str = "io.istio.peer_principal";

/// What shows who the peer is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PeerSource {
    /// The peer's certificate.
    Certificate,
    /// Filter state.
    FilterState,
}

impl PeerSource {
    pub(super) fn of(workload: &Workload) -> Self {
        match workload.waypoint {
            Some(_) => Self::FilterState,
            None => Self::Certificate,
        }
    }

    fn principal(self, name: Value) -> Value {
        match self {
            Self::Certificate => json!({"authenticated": {"principal_name": name}}),
            Self::FilterState => json!({"filter_state": {"key": WAYPOINT_PRINCIPAL, "string_match": name}}),
        }
    }
}

/// `principals`, `source.principal`
pub(super) fn principals(values: &FieldValues, place: Place<'_>) -> Option<Vec<Value>> {
    Side::Principal.whole(values, |values| {
        let spellings = values.iter().flat_map(|value| spellings(value, place.mesh));
        Some(any_peer(place, spellings.map(|value| principal(&value))))
    })
}

/// `namespaces`, `source.namespace`
pub(super) fn namespaces(values: &FieldValues, place: Place<'_>) -> Option<Vec<Value>> {
    Side::Principal.each(values, |value| {
        Some(place.peer_source.principal(namespace(value)))
    })
}

/// `serviceAccounts`, `source.serviceAccount`
pub(super) fn service_accounts(values: &FieldValues, place: Place<'_>) -> Option<Vec<Value>> {
    Side::Principal.each(values, |value| {
        Some(
            place
                .peer_source
                .principal(service_account(value, place.namespace)),
        )
    })
}

/// `trustDomains`, `source.trustDomain`
pub(super) fn trust_domains(values: &FieldValues, place: Place<'_>) -> Option<Vec<Value>> {
    Side::Principal.whole(values, |values| {
        let expanded = expanded(values, place.mesh);
        Some(any_peer(place, expanded.into_iter().map(trust_domain)))
    })
}

fn any_peer(place: Place<'_>, names: impl Iterator<Item = Value>) -> Value {
    Side::Principal.any(names.map(|name| place.peer_source.principal(name)).collect())
}

fn principal(value: &str) -> Value {
    match (value, value.strip_prefix('*'), value.strip_suffix('*')) {
        ("*", _, _) => regex(".+"),
        (_, Some(tail), _) => regex(&format!("{SCHEME}.*{}", quoted(tail))),
        (_, None, Some(head)) => prefix(&format!("{SCHEME}{head}"), Case::Sensitive),
        (_, None, None) => exact(&format!("{SCHEME}{value}"), Case::Sensitive),
    }
}

/// Every star of the value stands for anything.
fn namespace(value: &str) -> Value {
    let literals: Vec<String> = value.split('*').map(quoted).collect();
    regex(&format!(".*/ns/{}/.*", literals.join(".*")))
}

/// `NAMESPACE/NAME`, or a name in the policy's own namespace.
fn service_account(value: &str, own_namespace: &str) -> Value {
    let (namespace, name) = value.split_once('/').unwrap_or((own_namespace, value));
    let (namespace, name) = (quoted(namespace), quoted(name));
    regex(&format!("{SCHEME}.+/ns/{namespace}/(.+/|)sa/{name}(/.+)?"))
}

fn trust_domain(value: &str) -> Value {
    match value.split_once('*') {
        None => prefix(&format!("{SCHEME}{value}/"), Case::Sensitive),
        Some(("", "")) => prefix(SCHEME, Case::Sensitive),
        Some((head, tail)) => regex(&format!("{SCHEME}{}[^/]*{}/.*", quoted(head), quoted(tail))),
    }
}

/// A trust domain of the mesh stands for all of them; each is named once.
fn expanded<'v>(values: &[&'v str], mesh: &'v Context) -> Vec<&'v str> {
    let own = mesh
        .trust_domains
        .iter()
        .map(crate::trust_domain::TrustDomain::as_str);
    let mut expanded: Vec<&str> = Vec::new();
    for value in values {
        let meant: Vec<&str> = if own.clone().any(|own| own == *value) {
            own.clone().collect()
        } else {
            vec![value]
        };
        for trust_domain in meant {
            if !expanded.contains(&trust_domain) {
                expanded.push(trust_domain);
            }
        }
    }
    expanded
}
