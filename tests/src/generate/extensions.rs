//! E-1, E-4, E-6, E-7 and E-8: what an operation or a policy says beside Istio's fields.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::pools::*;
use super::sources::add_field;

/// Expressions, each with texts that it matches or nearly does.
pub(super) const PATH_REGEXES: [(&str, &[&str]); 6] = [
    (
        "/orders/[0-9]{1,9}(/lines)?",
        &["/orders/1", "/orders/12/lines", "/orders/x"],
    ),
    ("/.*", &["/", "/x", ""]),
    ("(?i)/ORDERS", &["/orders", "/Orders"]),
    ("/(a|ad)(d|dm)in", &["/adin", "/adddin", "/admin", "/addmin"]),
    ("/orders|/admin", &["/orders", "/admin", "/orders/1"]),
    ("(/[a-z]+)+", &["/orders/lines", "/orders/1"]),
];

pub(super) const HOST_REGEXES: [(&str, &[&str]); 5] = [
    (
        "orders-[a-z]+\\.shop",
        &["orders-a.shop", "ORDERS-A.shop", "orders-.shop"],
    ),
    (".*", &["orders.shop", "x"]),
    (
        "orders\\.shop(:8080)?",
        &["orders.shop", "orders.shop:8080", "orders.shop:80"],
    ),
    ("[a-z.]+", &["orders.shop", "orders-a.shop"]),
    ("ORDERS\\.shop", &["orders.shop"]),
];

pub(super) const HEADER_REGEXES: [(&str, &[&str]); 4] = [
    ("[0-9]+", &["42", "4x"]),
    ("user|admin", &["user", "admin", "users"]),
    ("", &["", "x"]),
    ("(?i)USER", &["user", "User"]),
];

/// A text for an expression of the pools.
pub(super) fn example(dice: &mut Dice, expression: &str) -> Option<&'static str> {
    let pools = PATH_REGEXES.iter().chain(&HOST_REGEXES).chain(&HEADER_REGEXES);
    let (_, examples) = pools.into_iter().find(|(known, _)| *known == expression)?;
    Some(dice.text(examples))
}

pub(super) fn regexes(dice: &mut Dice, operation: &mut Map<String, Value>) {
    if dice.one_in(8) {
        add_field(dice, operation, "pathRegexes", |dice| {
            json!(dice.pick(&PATH_REGEXES).0)
        });
    }
    if dice.one_in(12) {
        add_field(dice, operation, "hostRegexes", |dice| {
            json!(dice.pick(&HOST_REGEXES).0)
        });
    }
}

/// E-4: it needs a field of paths.
pub(super) fn ignore_case(dice: &mut Dice, operation: &mut Map<String, Value>) {
    let fields = ["paths", "notPaths", "pathRegexes", "notPathRegexes"];
    if dice.one_in(4) && fields.iter().any(|field| operation.contains_key(*field)) {
        operation.insert("ignoreCase".to_owned(), json!(dice.chance(80)));
    }
}

pub(super) const BOUND_TO: [&str; 8] = [
    "source.namespace",
    "source.namespace",
    "source.serviceAccount",
    "source.trustDomain",
    "request.auth.claims[role]",
    "request.auth.claims[groups]",
    "request.auth.claims[org][team]",
    "request.headers[X-Team]",
];

/// E-6: every name is bound and every binding is used.
pub(super) fn bound_paths(dice: &mut Dice, operation: &mut Map<String, Value>) {
    add_field(dice, operation, "paths", |dice| {
        let pool = if dice.one_in(5) {
            &PATH_VALUES[..]
        } else {
            &BOUND_TEMPLATES[..]
        };
        json!(dice.pick(pool))
    });
    let paths = json!(operation).to_string();
    let used = ["a", "b"]
        .into_iter()
        .filter(|name| paths.contains(&format!("{{{name}}}")));
    let bindings: Map<String, Value> = used
        .map(|name| (name.to_owned(), json!(dice.text(&BOUND_TO))))
        .collect();
    if !bindings.is_empty() {
        operation.insert("bindings".to_owned(), bindings.into());
    }
}

/// E-7: the exception lifts DENY policies of its own namespace; one in the root namespace lifts any.
pub(super) fn exception(dice: &mut Dice, lifts: &[String]) -> Option<Value> {
    let first = dice.pick_any(lifts)?;
    let mut lifted = vec![first];
    let second = dice.pick(lifts);
    if second != first {
        lifted.push(second);
    }
    let until = dice.pick(&[
        "2026-01-01T00:00:00Z",
        "2026-03-01T00:00:00Z",
        "2999-01-01T00:00:00Z",
    ]);
    Some(json!({"until": until, "lifts": lifted}))
}

/// E-8 changes no decision.
pub(super) fn deny_response(dice: &mut Dice) -> Value {
    let responses = [
        json!({"status": 404, "json": {"error": "not found"}}),
        json!({"text": "no"}),
        json!({"grpcStatus": 5}),
    ];
    dice.pick(&responses).clone()
}
