//! `svid.denied`: "exact, prefix*, *suffix" SPIFFE IDs, serial numbers "any issuer", digests.

use super::configuration::View;
use super::documents::{field, list, text};
use super::leaf::{Leaf, bare, without_leading_zeros};
use super::peer::Peer;

/// Whether the peer is on a list. "Plaintext peers pass."
pub(super) fn is_denied(view: &View<'_>, peer: &Peer<'_>) -> Result<bool, String> {
    match peer {
        Peer::Plaintext => Ok(false),
        Peer::HandedOn(text) => {
            // Several URI SANs stand there with commas between.
            let parts = text.split(|byte| *byte == b',');
            any(view, "spiffeIds", |value| {
                parts.clone().any(|part| names(value, part)) || names(value, text)
            })
        }
        Peer::Certificate(leaf) => is_denied_certificate(view, leaf),
    }
}

/// "Over ALL URI SANs known".
fn is_denied_certificate(view: &View<'_>, leaf: &Leaf<'_>) -> Result<bool, String> {
    let is_number = |value: &str, number: &Option<String>| {
        number.as_deref() == Some(without_leading_zeros(&bare(value)).as_str())
    };
    Ok(any(view, "spiffeIds", |value| {
        leaf.uri_sans.iter().any(|san| names(value, san))
    })? || any(view, "serialNumbers", |value| {
        is_number(value, &leaf.serial_number)
    })? || any(view, "sha256Digests", |value| {
        is_number(value, &leaf.sha256_digest)
    })?)
}

fn any(view: &View<'_>, name: &str, is_it: impl Fn(&str) -> bool) -> Result<bool, String> {
    let Some(denied) = field(view.svid(), "denied") else {
        return Ok(false);
    };
    for value in list(denied, name)? {
        if is_it(text(value)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn names(value: &str, san: &[u8]) -> bool {
    if let Some(suffix) = value.strip_prefix('*') {
        return san.ends_with(suffix.as_bytes());
    }
    match value.strip_suffix('*') {
        Some(prefix) => san.starts_with(prefix.as_bytes()),
        None => san == value.as_bytes(),
    }
}
