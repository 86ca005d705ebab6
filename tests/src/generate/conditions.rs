//! `when[]`.

use serde_json::{Map, Value, json};

use super::Mode;
use super::dice::Dice;
use super::extensions::HEADER_REGEXES;
use super::operations::port;
use super::pools::*;
use super::sources::{add_field, value};

/// Keys that compare what a field of a source compares.
pub(super) const SOURCE_KEYS: [(&str, &str); 7] = [
    ("source.principal", "principals"),
    ("source.namespace", "namespaces"),
    ("source.serviceAccount", "serviceAccounts"),
    ("source.trustDomain", "trustDomains"),
    ("source.ip", "ipBlocks"),
    ("remote.ip", "remoteIpBlocks"),
    ("destination.ip", "ipBlocks"),
];

pub(super) fn condition(dice: &mut Dice, mode: Mode) -> Value {
    let weights = match mode {
        Mode::Everything => [8, 3, 10, 3, 6, 10, 3, 3, 5],
        Mode::IstioRbac => [8, 3, 10, 3, 0, 8, 3, 4, 0],
    };
    let mut condition = Map::new();
    let key = match dice.weighted(&weights) {
        0 => source(dice, &mut condition),
        1 => values(dice, &mut condition, "destination.port", |dice| {
            json!(port(dice, mode))
        }),
        2 => header(dice, mode, &mut condition),
        3 => values(dice, &mut condition, "connection.sni", |dice| {
            json!(dice.text(&SNI_VALUES))
        }),
        4 => query(dice, &mut condition),
        5 => claim(dice, mode, &mut condition),
        6 => values(dice, &mut condition, "request.auth.principal", |dice| {
            json!(dice.text(&REQUEST_PRINCIPALS))
        }),
        7 => metadata(dice, &mut condition),
        _ => certificate(dice, &mut condition),
    };
    condition.insert("key".to_owned(), json!(key));
    condition.into()
}

fn values(
    dice: &mut Dice,
    condition: &mut Map<String, Value>,
    key: &str,
    value: impl FnMut(&mut Dice) -> Value,
) -> String {
    add_field(dice, condition, "values", value);
    key.to_owned()
}

fn source(dice: &mut Dice, condition: &mut Map<String, Value>) -> String {
    let (key, field) = *dice.pick(&SOURCE_KEYS);
    values(dice, condition, key, |dice| json!(value(dice, field)))
}

fn header(dice: &mut Dice, mode: Mode, condition: &mut Map<String, Value>) -> String {
    let pseudo = dice.one_in(5);
    let name = if pseudo {
        dice.text(&PSEUDO_HEADERS)
    } else {
        dice.text(&HEADER_NAMES)
    };
    let key = format!("request.headers[{name}]");
    if mode == Mode::Everything && dice.one_in(4) {
        add_field(dice, condition, "regexes", |dice| {
            json!(non_empty(dice.pick(&HEADER_REGEXES).0))
        });
        if dice.chance(70) {
            return key;
        }
    }
    let pool: &[&str] = match name {
        ":path" => &PATH_VALUES,
        ":method" => &METHOD_VALUES,
        ":authority" | "host" => &HOST_VALUES,
        _ => &HEADER_VALUES,
    };
    values(dice, condition, &key, |dice| json!(dice.pick(pool)))
}

/// An empty value is refused.
fn non_empty(expression: &'static str) -> &'static str {
    if expression.is_empty() { "x*" } else { expression }
}

fn query(dice: &mut Dice, condition: &mut Map<String, Value>) -> String {
    let key = format!("request.query[{}]", dice.text(&QUERY_NAMES));
    if dice.one_in(4) {
        add_field(dice, condition, "regexes", |dice| {
            json!(non_empty(dice.pick(&HEADER_REGEXES).0))
        });
        return key;
    }
    values(dice, condition, &key, |dice| json!(dice.text(&QUERY_VALUES)))
}

const NUMBERS: [&str; 9] = [
    "3",
    "\">=3\"",
    "\"<3\"",
    "\"3..10\"",
    "\"-0.5\"",
    "\"1e3\"",
    "0",
    "\">10\"",
    "\"<=-0.5\"",
];

/// A number, bound or range of E-5.
pub(super) fn number(dice: &mut Dice) -> Value {
    serde_json::from_str(dice.text(&NUMBERS)).unwrap_or_default()
}

fn claim(dice: &mut Dice, mode: Mode, condition: &mut Map<String, Value>) -> String {
    let key = match dice.weighted(&[2, 1, 10]) {
        0 => {
            return values(dice, condition, "request.auth.audiences", |dice| {
                json!(dice.text(&CLAIM_VALUES))
            });
        }
        1 => {
            return values(dice, condition, "request.auth.presenter", |dice| {
                json!(dice.text(&CLAIM_VALUES))
            });
        }
        _ => format!("request.auth.claims{}", dice.text(&CLAIM_PATHS)),
    };
    let weights = match mode {
        Mode::Everything => [6, 3, 1, 1],
        Mode::IstioRbac => [1, 0, 0, 0],
    };
    match dice.weighted(&weights) {
        0 => add_field(dice, condition, "values", |dice| json!(dice.text(&CLAIM_VALUES))),
        1 => add_field(dice, condition, "numbers", number),
        2 => add_field(dice, condition, "booleans", |dice| json!(dice.chance(50))),
        _ => {
            add_field(dice, condition, "numbers", number);
            add_field(dice, condition, "values", |dice| json!(dice.text(&CLAIM_VALUES)));
        }
    }
    key
}

fn metadata(dice: &mut Dice, condition: &mut Map<String, Value>) -> String {
    let (namespace, key) = dice.pick(&METADATA_KEYS);
    let key = format!("experimental.{namespace}[{key}]");
    values(dice, condition, &key, |dice| json!(dice.text(&METADATA_VALUES)))
}

const DNS_SAN_VALUES: [&str; 5] = ["orders.shop", "*.shop", "ORDERS*", "*", "*.Example"];
const KEY_ID_VALUES: [&str; 4] = ["1A:2B:3C", "1a2b3c", "*", "1a2b3d"];
const REMAINING: [&str; 5] = ["<3600", ">=3600", "0..3600", "<0", "0"];

fn certificate(dice: &mut Dice, condition: &mut Map<String, Value>) -> String {
    match dice.below(3) {
        0 => values(dice, condition, "source.certificate.dnsSan", |dice| {
            json!(dice.text(&DNS_SAN_VALUES))
        }),
        1 => values(dice, condition, "source.certificate.issuerKeyId", |dice| {
            json!(dice.text(&KEY_ID_VALUES))
        }),
        _ => {
            add_field(dice, condition, "numbers", |dice| json!(dice.text(&REMAINING)));
            "source.certificate.remainingSeconds".to_owned()
        }
    }
}
