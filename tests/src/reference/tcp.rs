//! S-10: what a rule means for a TCP connection.

use serde_json::{Map, Value};

use super::condition;
use super::documents::{field, list};

/// "HTTP-only inputs: hosts, methods, paths, request.headers, requestPrincipals, request.auth.*", and E-1, E-2, E-4, E-6.
const HTTP_ONLY: [&str; 14] = [
    "requestPrincipals",
    "notRequestPrincipals",
    "hosts",
    "notHosts",
    "hostRegexes",
    "notHostRegexes",
    "methods",
    "notMethods",
    "paths",
    "notPaths",
    "pathRegexes",
    "notPathRegexes",
    "ignoreCase",
    "bindings",
];

/// Whether a rule has an HTTP-only field: "HTTP-only field on a TCP chain, ALLOW: whole rule dropped".
pub(super) fn has_http_only(rule: &Value) -> Result<bool, String> {
    for (clauses, clause) in [("from", "source"), ("to", "operation")] {
        for entry in list(rule, clauses)? {
            let fields = field(entry, clause).and_then(Value::as_object);
            if fields.is_some_and(|fields| fields.keys().any(|name| is_http_only(name))) {
                return Ok(true);
            }
        }
    }
    for entry in list(rule, "when")? {
        if is_http_only_key(condition::key(entry)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rule without them: "DENY, AUDIT, CUSTOM: that field dropped, rest kept; nothing left: matches **all**".
pub(super) fn without_http_only(rule: &Value) -> Result<Value, String> {
    let mut kept = Map::new();
    for (clauses, clause) in [("from", "source"), ("to", "operation")] {
        let entries = list(rule, clauses)?
            .iter()
            .map(|entry| without_fields(entry, clause));
        kept.insert(clauses.to_owned(), entries.collect());
    }
    let mut conditions = Vec::new();
    for entry in list(rule, "when")? {
        if !is_http_only_key(condition::key(entry)?) {
            conditions.push(entry.clone());
        }
    }
    kept.insert("when".to_owned(), conditions.into());
    Ok(kept.into())
}

fn without_fields(entry: &Value, clause: &str) -> Value {
    let fields = field(entry, clause).and_then(Value::as_object);
    let kept: Map<String, Value> = fields
        .into_iter()
        .flatten()
        .filter(|(name, _)| !is_http_only(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(Map::from_iter([(clause.to_owned(), kept.into())]))
}

fn is_http_only(name: &str) -> bool {
    HTTP_ONLY.contains(&name)
}

fn is_http_only_key(key: &str) -> bool {
    key.starts_with("request.")
}
