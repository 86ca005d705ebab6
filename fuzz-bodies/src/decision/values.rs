//! Values of policies and requests that meet each other often; now and then any text.

use serde_json::Value;

use crate::draws::Draws;

/// What a template has, and no other value drawn here but any text.
pub(super) const TEMPLATE_START: &str = "{*";
/// How a SPIFFE ID begins.
pub(super) const SCHEME: &str = "spiffe:";

pub(super) const IDS: [&str; 7] = [
    "spiffe://cluster.local/ns/shop/sa/frontend",
    "spiffe://cluster.local/ns/shop/sa/orders",
    "spiffe://cluster.local/ns/evil/sa/frontend",
    "spiffe://partner.example/ns/shop/sa/frontend",
    "spiffe://cluster.local/gateway/ns/shop/sa/orders/x",
    "spiffe://cluster.local/shop",
    "spiffe://cluster.local",
];

/// Text of the input, at most 40 bytes of it.
pub(super) fn any_text(draws: &mut Draws<'_>) -> String {
    String::from_utf8_lossy(draws.bytes(40)).into_owned()
}

/// A value as it is, as a prefix, as a suffix, the star alone, or any text.
pub(super) fn pattern(draws: &mut Draws<'_>, literals: &[&str]) -> String {
    let literal = *draws.pick(literals);
    let form = draws.below(16);
    let cut = draws.below(40).clamp(1, literal.len());
    match form {
        0..=6 => literal.to_owned(),
        7..=9 => format!("{}*", &literal[..cut]),
        10..=12 => format!("*{}", &literal[literal.len() - cut..]),
        13 => "*".to_owned(),
        _ => any_text(draws),
    }
}

/// One or two of these values in one of their forms.
pub(super) fn patterns(draws: &mut Draws<'_>, literals: &[&str]) -> Value {
    let first = pattern(draws, literals);
    let mut values = draws.list(2, |draws| pattern(draws, literals));
    values.push(first);
    values.into()
}

/// One or two of these values as they are.
pub(super) fn exact(draws: &mut Draws<'_>, literals: &[&str]) -> Value {
    let first = *draws.pick(literals);
    let mut values = draws.list(2, |draws| *draws.pick(literals));
    values.push(first);
    values.into()
}

/// One of these, or now and then any text.
pub(super) fn text(draws: &mut Draws<'_>, literals: &[&str]) -> String {
    if draws.one_in(8) {
        any_text(draws)
    } else {
        (*draws.pick(literals)).to_owned()
    }
}
