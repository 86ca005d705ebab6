//! `from[].source`.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::pools::*;

/// A value of `principals`.
pub(super) fn principal(dice: &mut Dice) -> String {
    let (td, ns, sa) = (
        dice.text(&TRUST_DOMAINS),
        dice.text(&NAMESPACES),
        dice.text(&SERVICE_ACCOUNTS),
    );
    match dice.weighted(&[30, 8, 8, 8, 8, 8, 6, 4, 4, 4, 4, 3]) {
        0 => format!("{td}/ns/{ns}/sa/{sa}"),
        1 => format!("{td}/ns/{ns}/*"),
        2 => format!("{td}/ns/{ns}/sa/*"),
        3 => format!("*/sa/{sa}"),
        4 => format!("*/ns/{ns}/sa/{sa}"),
        5 => "*".to_owned(),
        6 => format!("*-td/ns/{ns}/sa/{sa}"),
        7 => format!("{td}/*"),
        8 => format!("spiffe://{td}/ns/{ns}/sa/{sa}"),
        9 => format!("*{sa}*"),
        10 => format!("*.example/ns/{ns}/sa/{sa}"),
        _ => format!("new.*/ns/{ns}/sa/{sa}"),
    }
}

fn service_account(dice: &mut Dice) -> String {
    let (ns, sa) = (dice.text(&NAMESPACES), dice.text(&SERVICE_ACCOUNTS));
    if dice.chance(50) {
        format!("{ns}/{sa}")
    } else {
        (*sa).to_owned()
    }
}

/// One value of a field, or of the condition that compares the same.
pub(super) fn value(dice: &mut Dice, field: &str) -> String {
    match field {
        "principals" => principal(dice),
        "serviceAccounts" => service_account(dice),
        "namespaces" => dice.text(&NAMESPACE_VALUES).to_owned(),
        "trustDomains" => dice.text(&TRUST_DOMAIN_VALUES).to_owned(),
        "requestPrincipals" => dice.text(&REQUEST_PRINCIPALS).to_owned(),
        _ => dice.text(&BLOCKS).to_owned(),
    }
}

/// The name of the `not` form.
pub(super) fn not_form(field: &str) -> String {
    let (first, rest) = field.split_at(1);
    format!("not{}{rest}", first.to_uppercase())
}

/// Adds a field in its positive form, its `not` form or both.
pub(super) fn add_field(
    dice: &mut Dice,
    owner: &mut Map<String, Value>,
    field: &str,
    mut value: impl FnMut(&mut Dice) -> Value,
) {
    let (positive, negative) = *dice.pick(&[
        (true, false),
        (true, false),
        (true, false),
        (false, true),
        (true, true),
    ]);
    for (wanted, name) in [(positive, field.to_owned()), (negative, not_form(field))] {
        if wanted {
            let count = 1 + dice.weighted(&[6, 3, 1]);
            let values: Vec<Value> = (0..count).map(|_| value(dice)).collect();
            owner.insert(name, values.into());
        }
    }
}

const FIELDS: [&str; 7] = [
    "principals",
    "namespaces",
    "serviceAccounts",
    "trustDomains",
    "ipBlocks",
    "remoteIpBlocks",
    "requestPrincipals",
];

pub(super) fn source(dice: &mut Dice) -> Value {
    let mut source = Map::new();
    for _ in 0..1 + dice.weighted(&[6, 3, 1]) {
        let field = *dice.pick(&FIELDS);
        if !excluded(&source, field) {
            add_field(dice, &mut source, field, |dice| json!(value(dice, field)));
        }
    }
    json!({"source": source})
}

/// S-12: service accounts stand not together with principals or namespaces in one source.
pub(super) fn excluded(source: &Map<String, Value>, field: &str) -> bool {
    let has = |field: &str| source.contains_key(field) || source.contains_key(&not_form(field));
    match field {
        "serviceAccounts" => has("principals") || has("namespaces"),
        "principals" | "namespaces" => has("serviceAccounts"),
        _ => false,
    }
}
