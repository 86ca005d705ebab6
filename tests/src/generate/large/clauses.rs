//! Sources, operations and conditions on numbered values.

use serde_json::{Map, Value, json};

use crate::generate::conditions::{SOURCE_KEYS, number};
use crate::generate::dice::Dice;
use crate::generate::extensions::{BOUND_TO, ignore_case};
use crate::generate::sources::{excluded, not_form};

use super::scale::Scale;

/// Adds a field in its positive form, seldom with its `not` form, and hardly ever in that alone.
fn add_field(
    dice: &mut Dice,
    scale: &Scale,
    owner: &mut Map<String, Value>,
    field: &str,
    mut value: impl FnMut(&mut Dice) -> Value,
) {
    let only_not = scale.is_broad(dice);
    let has_not = only_not || dice.one_in(8);
    for (wanted, name) in [(!only_not, field.to_owned()), (has_not, not_form(field))] {
        if wanted {
            let count = 1 + dice.weighted(&[60, 20, 10, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1]);
            let values: Vec<Value> = (0..count).map(|_| value(dice)).collect();
            owner.insert(name, values.into());
        }
    }
}

const SOURCE_FIELDS: [&str; 7] = [
    "principals",
    "namespaces",
    "serviceAccounts",
    "trustDomains",
    "ipBlocks",
    "remoteIpBlocks",
    "requestPrincipals",
];

pub(super) fn source(dice: &mut Dice, scale: &Scale) -> Value {
    let mut source = Map::new();
    for _ in 0..1 + dice.weighted(&[8, 2]) {
        let field = SOURCE_FIELDS[dice.weighted(&[8, 3, 3, 1, 3, 3, 3])];
        if !excluded(&source, field) {
            add_field(dice, scale, &mut source, field, |dice| {
                json!(scale.of_source(dice, field))
            });
        }
    }
    json!({"source": source})
}

pub(super) fn operation(dice: &mut Dice, scale: &Scale) -> Value {
    let mut operation = Map::new();
    if dice.one_in(10) {
        bound_paths(dice, scale, &mut operation);
    }
    while operation.is_empty() || dice.one_in(4) {
        match dice.weighted(&[1, 4, 2, 8, 3, 2]) {
            0 => add_field(dice, scale, &mut operation, "methods", |dice| {
                json!(scale.method(dice))
            }),
            1 => add_field(dice, scale, &mut operation, "hosts", |dice| {
                json!(scale.host(dice))
            }),
            2 => add_field(dice, scale, &mut operation, "ports", |dice| {
                json!(scale.port(dice))
            }),
            3 if operation.contains_key("bindings") => {}
            3 => add_field(dice, scale, &mut operation, "paths", |dice| {
                json!(scale.path(dice))
            }),
            4 => add_field(dice, scale, &mut operation, "pathRegexes", |dice| {
                json!(scale.path_regex(dice))
            }),
            _ => add_field(dice, scale, &mut operation, "hostRegexes", |dice| {
                json!(scale.host_regex(dice))
            }),
        }
    }
    ignore_case(dice, &mut operation);
    json!({"operation": operation})
}

/// E-6: every name is bound and every binding is used.
fn bound_paths(dice: &mut Dice, scale: &Scale, operation: &mut Map<String, Value>) {
    add_field(dice, scale, operation, "paths", |dice| {
        json!(scale.bound_path(dice))
    });
    let paths = json!(operation).to_string();
    let bindings: Map<String, Value> = ["a", "b"]
        .into_iter()
        .filter(|name| paths.contains(&format!("{{{name}}}")))
        .map(|name| (name.to_owned(), json!(dice.text(&BOUND_TO))))
        .collect();
    if !bindings.is_empty() {
        operation.insert("bindings".to_owned(), bindings.into());
    }
}

pub(super) fn condition(dice: &mut Dice, scale: &Scale) -> Value {
    let mut condition = Map::new();
    let key = match dice.weighted(&[6, 2, 8, 4, 4, 8, 3, 3, 3, 1]) {
        0 => {
            let (key, field) = *dice.pick(&SOURCE_KEYS);
            add_field(dice, scale, &mut condition, "values", |dice| {
                json!(scale.of_source(dice, field))
            });
            key.to_owned()
        }
        1 => {
            add_field(dice, scale, &mut condition, "values", |dice| {
                json!(scale.port(dice))
            });
            "destination.port".to_owned()
        }
        2 => texts(dice, scale, &mut condition, "request.headers", "v"),
        3 => texts(dice, scale, &mut condition, "request.query", "q"),
        4 => pseudo_header(dice, scale, &mut condition),
        5 => claim(dice, scale, &mut condition),
        6 => values(dice, scale, &mut condition, "connection.sni", "sni"),
        7 => metadata(dice, scale, &mut condition),
        8 => certificate(dice, scale, &mut condition),
        _ => remaining(dice, scale, &mut condition),
    };
    condition.insert("key".to_owned(), json!(key));
    condition.into()
}

fn values(
    dice: &mut Dice,
    scale: &Scale,
    condition: &mut Map<String, Value>,
    key: &str,
    name: &str,
) -> String {
    add_field(dice, scale, condition, "values", |dice| {
        json!(scale.text(dice, name))
    });
    key.to_owned()
}

/// A header or query parameter of a few, compared with values, expressions or both.
fn texts(dice: &mut Dice, scale: &Scale, condition: &mut Map<String, Value>, of: &str, name: &str) -> String {
    let key = format!("{of}[x-{}]", scale.few(dice));
    let kind = dice.weighted(&[7, 3, 1]);
    if kind > 0 {
        add_field(dice, scale, condition, "regexes", |dice| {
            json!(scale.text_regex(dice, name))
        });
    }
    if kind != 1 {
        values(dice, scale, condition, &key, name);
    }
    key
}

fn pseudo_header(dice: &mut Dice, scale: &Scale, condition: &mut Map<String, Value>) -> String {
    let name = *dice.pick(&[":path", ":method", ":authority", "host"]);
    add_field(dice, scale, condition, "values", |dice| {
        json!(match name {
            ":path" => scale.path(dice).replace(['{', '}'], ""),
            ":method" => scale.method(dice),
            _ => scale.host(dice),
        })
    });
    format!("request.headers[{name}]")
}

fn claim(dice: &mut Dice, scale: &Scale, condition: &mut Map<String, Value>) -> String {
    match dice.weighted(&[1, 1, 6, 2, 1]) {
        0 => return values(dice, scale, condition, "request.auth.audiences", "aud"),
        1 => return values(dice, scale, condition, "request.auth.presenter", "azp"),
        2 => _ = values(dice, scale, condition, "", "g"),
        3 => add_field(dice, scale, condition, "numbers", |dice| {
            json!(scale.number(dice))
        }),
        _ => {
            add_field(dice, scale, condition, "numbers", number);
            values(dice, scale, condition, "", "g");
        }
    }
    let path = ["[groups]", "[role]", "[org][team]", "[org][a][b]"][dice.below(4)];
    format!("request.auth.claims{path}")
}

fn metadata(dice: &mut Dice, scale: &Scale, condition: &mut Map<String, Value>) -> String {
    add_field(dice, scale, condition, "values", |dice| {
        let text = scale.text(dice, "m");
        json!(if dice.one_in(3) { format!("[{text}]") } else { text })
    });
    format!("experimental.envoy.filters.http.foo[key{}]", scale.few(dice))
}

fn certificate(dice: &mut Dice, scale: &Scale, condition: &mut Map<String, Value>) -> String {
    if dice.chance(50) {
        return values(dice, scale, condition, "source.certificate.dnsSan", "san");
    }
    add_field(dice, scale, condition, "values", |dice| {
        json!(format!(
            "1A:{:02X}:{:02x}",
            scale.number(dice) % 256,
            scale.few(dice)
        ))
    });
    "source.certificate.issuerKeyId".to_owned()
}

/// E-9: no index can file a bound on a number.
fn remaining(dice: &mut Dice, scale: &Scale, condition: &mut Map<String, Value>) -> String {
    add_field(dice, scale, condition, "numbers", |dice| {
        json!(if scale.is_broad(dice) {
            ">=0".to_owned()
        } else {
            format!("<-{}", dice.below(9))
        })
    });
    "source.certificate.remainingSeconds".to_owned()
}
