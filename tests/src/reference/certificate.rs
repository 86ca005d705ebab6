//! E-9: conditions on the certificate.

use serde_json::Value;
use time::OffsetDateTime;

use super::compare::{Several, VALUES, inputs, unknown};
use super::configuration::{Profile, View};
use super::documents::{list, text, text_field};
use super::numbers::{NUMBERS, compare_number};
use super::request::read_time;
use super::strings;
use super::truth::Answer;

/// "`source.certificate.dnsSan`: any DNS SAN of the peer's leaf certificate; the generic forms, case-insensitive".
pub(super) fn dns_san(view: &View<'_>, condition: &Value) -> Answer {
    let Some(leaf) = leaf(view)? else {
        return unknown(condition, VALUES);
    };
    let sans: Vec<String> = list(leaf, "dnsSans")?
        .iter()
        .map(|san| Ok(text(san)?.to_ascii_lowercase()))
        .collect::<Result<_, String>>()?;
    inputs(condition, VALUES, Several::Any, &sans, |value, san| {
        let value = text(value)?.to_ascii_lowercase();
        Ok(strings::matches(value.as_bytes(), san.as_bytes()))
    })
}

/// "`source.certificate.issuerKeyId`: hexadecimal digits, colons between bytes allowed, compared whole; or `*`".
pub(super) fn issuer_key_id(view: &View<'_>, condition: &Value) -> Answer {
    let Some(leaf) = leaf(view)? else {
        return unknown(condition, VALUES);
    };
    let ids: Vec<String> = text_field(leaf, "issuerKeyId")?.map(digits).into_iter().collect();
    inputs(condition, VALUES, Several::Any, &ids, |value, id| {
        let value = text(value)?;
        Ok(value == "*" || digits(value) == *id)
    })
}

fn digits(hexadecimal: &str) -> String {
    hexadecimal.replace(':', "").to_ascii_lowercase()
}

/// "`source.certificate.remainingSeconds`: seconds from now until not-after; negative once it is past".
pub(super) fn remaining_seconds(view: &View<'_>, condition: &Value) -> Answer {
    let Some(leaf) = leaf(view)? else {
        return unknown(condition, NUMBERS);
    };
    let not_after = text_field(leaf, "notAfter")?.map(read_time).transpose()?;
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

/// "Of a peer without a certificate all three are absent in profile `istio` and *unknown* in profile `zero-trust`."
/// `None` is unknown; JSON null says nothing.
fn leaf<'d>(view: &View<'d>) -> Result<Option<&'d Value>, String> {
    Ok(match (view.certificate()?, view.profile) {
        (Some(leaf), _) => Some(leaf),
        (None, Profile::Istio) => Some(&Value::Null),
        (None, Profile::ZeroTrust) => None,
    })
}
