//! `from[].source`: S-3 "source = AND(fields)".

use serde_json::Value;

use super::addresses;
use super::compare::{Names, field};
use super::configuration::View;
use super::documents::text;
use super::policy::Policy;
use super::request_principals;
use super::spiffe_fields;
use super::truth::{Answer, all};

const PRINCIPALS: Names = ("principals", "notPrincipals");
const REQUEST_PRINCIPALS: Names = ("requestPrincipals", "notRequestPrincipals");
const NAMESPACES: Names = ("namespaces", "notNamespaces");
const SERVICE_ACCOUNTS: Names = ("serviceAccounts", "notServiceAccounts");
const TRUST_DOMAINS: Names = ("trustDomains", "notTrustDomains");
const IP_BLOCKS: Names = ("ipBlocks", "notIpBlocks");
const REMOTE_IP_BLOCKS: Names = ("remoteIpBlocks", "notRemoteIpBlocks");

type Compare = fn(&View<'_>, &Policy<'_>, &Value) -> Answer;

const FIELDS: [Compare; 7] = [
    |view, policy, source| by_identity(view, policy, source, PRINCIPALS, spiffe_fields::principal),
    |view, policy, source| by_identity(view, policy, source, NAMESPACES, spiffe_fields::namespace),
    |view, policy, source| {
        by_identity(
            view,
            policy,
            source,
            SERVICE_ACCOUNTS,
            spiffe_fields::service_account,
        )
    },
    |view, policy, source| by_identity(view, policy, source, TRUST_DOMAINS, spiffe_fields::trust_domain),
    |view, _, source| request_principals::compare(view, source, REQUEST_PRINCIPALS),
    |view, _, source| addresses::compare(source, IP_BLOCKS, view.source_ip()?),
    |view, _, source| addresses::compare(source, REMOTE_IP_BLOCKS, view.remote_ip()?),
];

pub(super) fn holds(view: &View<'_>, policy: &Policy<'_>, source: &Value) -> Answer {
    all(FIELDS.iter().map(|compare| compare(view, policy, source)))
}

/// How one value of a field is compared with the peer's identity.
type ByIdentity = fn(&View<'_>, &Policy<'_>, &str) -> Answer;

pub(super) fn by_identity(
    view: &View<'_>,
    policy: &Policy<'_>,
    owner: &Value,
    names: Names,
    matches: ByIdentity,
) -> Answer {
    field(owner, names, |value| matches(view, policy, text(value)?))
}
