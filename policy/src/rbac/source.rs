//! `from[].source`

use serde_json::{Value, json};

use crate::config::authorization_policy::source::RawSource;
use crate::config::field_values::FieldValues;
use crate::rbac::address::cidr_range;
use crate::rbac::clause::Side;
use crate::rbac::place::{Chain, Place};
use crate::rbac::{peer, request_principal};

/// The parts that all have to hold; `None` after a value that is no address.
pub(super) fn parts(source: &RawSource, place: Place<'_>) -> Option<Vec<Value>> {
    let RawSource {
        principals,
        request_principals: tokens,
        namespaces,
        service_accounts,
        trust_domains,
        ip_blocks,
        remote_ip_blocks,
    } = source;
    let parts = [
        peer::principals(principals, place)?,
        request_principals(tokens, place)?,
        peer::service_accounts(service_accounts, place)?,
        peer::trust_domains(trust_domains, place)?,
        peer::namespaces(namespaces, place)?,
        remote_ips(remote_ip_blocks)?,
        direct_ips(ip_blocks)?,
    ];
    Some(parts.into_iter().flatten().collect())
}

/// Whether it asks for something that only HTTP has (S-10).
pub(super) fn reads_http(source: &RawSource) -> bool {
    !source.request_principals.is_empty()
}

/// `requestPrincipals`, `request.auth.principal`
pub(super) fn request_principals(values: &FieldValues, place: Place<'_>) -> Option<Vec<Value>> {
    match place.chain {
        Chain::Http => Side::Principal.whole(values, |values| Some(request_principal::any_of(values))),
        Chain::Tcp => Some(Vec::new()),
    }
}

/// `ipBlocks`, `source.ip`: the address at the other end of the TCP connection.
pub(super) fn direct_ips(values: &FieldValues) -> Option<Vec<Value>> {
    Side::Principal.each(values, |value| {
        Some(json!({"direct_remote_ip": cidr_range(value)?}))
    })
}

/// `remoteIpBlocks`, `remote.ip`
pub(super) fn remote_ips(values: &FieldValues) -> Option<Vec<Value>> {
    Side::Principal.each(values, |value| Some(json!({"remote_ip": cidr_range(value)?})))
}
