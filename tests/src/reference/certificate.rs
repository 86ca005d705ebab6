//! E-9: conditions on the certificate.

use serde_json::Value;
use time::OffsetDateTime;

use super::compare::{Several, VALUES, inputs, unknown};
use super::configuration::{Profile, View};
use super::documents::text;
use super::leaf::{Leaf, bare};
use super::numbers::{NUMBERS, compare_number};
use super::peer::Peer;
use super::strings;
use super::truth::Answer;

/// "`source.certificate.dnsSan`: any DNS SAN of the peer's leaf certificate; the generic forms, case-insensitive".
pub(super) fn dns_san(view: &View<'_>, condition: &Value) -> Answer {
    let Some(sans) = of_leaf(view, |leaf| leaf.dns_sans)? else {
        return unknown(condition, VALUES);
    };
    let sans: Vec<String> = sans.iter().map(|san| san.to_ascii_lowercase()).collect();
    inputs(condition, VALUES, Several::Any, &sans, |value, san| {
        let value = text(value)?.to_ascii_lowercase();
        Ok(strings::matches(value.as_bytes(), san.as_bytes()))
    })
}

/// "`source.certificate.issuerKeyId`: hexadecimal digits, colons between bytes allowed, compared whole; or `*`".
pub(super) fn issuer_key_id(view: &View<'_>, condition: &Value) -> Answer {
    let Some(id) = of_leaf(view, |leaf| leaf.issuer_key_id)? else {
        return unknown(condition, VALUES);
    };
    let ids: Vec<String> = id.into_iter().collect();
    inputs(condition, VALUES, Several::Any, &ids, |value, id| {
        let value = text(value)?;
        Ok(value == "*" || bare(value) == *id)
    })
}

/// "`source.certificate.remainingSeconds`: seconds from now until not-after; negative once it is past".
pub(super) fn remaining_seconds(view: &View<'_>, condition: &Value) -> Answer {
    let Some(not_after) = of_leaf(view, |leaf| leaf.not_after)? else {
        return unknown(condition, NUMBERS);
    };
    match (not_after, view.time()?) {
        // "A certificate that does not say has an absent attribute."
        (None, _) => compare_number(condition, None),
        (Some(not_after), Some(now)) => compare_number(condition, Some(seconds(now, not_after))),
        // Without the time, how long it lasts cannot be told.
        (Some(_), None) => unknown(condition, NUMBERS),
    }
}

fn seconds(now: OffsetDateTime, not_after: OffsetDateTime) -> f64 {
    (not_after - now).as_seconds_f64()
}

/// "Of a peer without a certificate all three are absent in profile `istio` and *unknown* in profile `zero-trust`." Of one that
/// is handed on they cannot be told. `None` is unknown.
fn of_leaf<T: Default>(view: &View<'_>, part: impl FnOnce(Leaf<'_>) -> T) -> Result<Option<T>, String> {
    Ok(match (view.peer()?, view.profile) {
        (Peer::Certificate(leaf), _) => Some(part(*leaf)),
        (Peer::Plaintext, Profile::Istio) => Some(T::default()),
        (Peer::Plaintext, Profile::ZeroTrust) | (Peer::HandedOn(_), _) => None,
    })
}
