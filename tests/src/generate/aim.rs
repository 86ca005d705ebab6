//! Requests that a rule matches, or nearly does.

use serde_json::{Value, json};

use super::attributes::{add_query, headers, set_claim, set_header, set_identity, workload_id};
use super::concrete;
use super::conditions::SOURCE_KEYS;
use super::dice::Dice;
use super::expressions;
use super::extensions::example;
use super::pools::*;

/// What requests are aimed at: the configuration and one of its policies.
pub(super) struct Target<'c> {
    pub(super) configuration: &'c Value,
    pub(super) namespace: &'c str,
}

impl Target<'_> {
    /// One of the mesh's trust domains, or another.
    fn trust_domain(&self, dice: &mut Dice) -> String {
        let mesh = &self.configuration["mesh"];
        let alias = mesh["trustDomainAliases"]
            .as_array()
            .and_then(|aliases| dice.pick_any(aliases));
        let own = mesh["trustDomain"].as_str().unwrap_or("cluster.local");
        let td = match dice.weighted(&[6, 2, 2]) {
            0 => own,
            1 => alias.and_then(Value::as_str).unwrap_or(own),
            _ => dice.text(&TRUST_DOMAINS),
        };
        td.to_owned()
    }

    /// Changes the request so that the rule may match it.
    pub(super) fn aim(&self, dice: &mut Dice, request: &mut Value, rule: &Value) {
        if let Some(from) = rule["from"].as_array().and_then(|from| dice.pick_any(from)) {
            for (name, value) in chosen(dice, &from["source"]) {
                self.aim_source(dice, request, &name, &value);
            }
        }
        if let Some(to) = rule["to"].as_array().and_then(|to| dice.pick_any(to)) {
            for (name, value) in chosen(dice, &to["operation"]) {
                self.aim_operation(dice, request, &to["operation"], (&name, &value));
            }
        }
        for condition in rule["when"].as_array().into_iter().flatten() {
            for (_, value) in chosen(dice, condition) {
                self.aim_condition(
                    dice,
                    request,
                    condition["key"].as_str().unwrap_or_default(),
                    &value,
                );
            }
        }
    }

    fn aim_source(&self, dice: &mut Dice, request: &mut Value, field: &str, value: &Value) {
        let value = value.as_str().unwrap_or_default();
        let td = self.trust_domain(dice);
        match field {
            "principals" => set_identity(request, &self.identity(dice, value, &td)),
            "namespaces" => {
                let namespace = concrete::text(dice, value);
                set_identity(request, &workload_id(dice, &td, Some(&namespace), None));
            }
            "serviceAccounts" => {
                let (namespace, name) = value.split_once('/').unwrap_or((self.namespace, value));
                set_identity(request, &workload_id(dice, &td, Some(namespace), Some(name)));
            }
            "trustDomains" => {
                let meant = concrete::text(dice, value);
                let id = workload_id(dice, &meant, None, None);
                // Where the trust domain stands elsewhere, it is none.
                let elsewhere = id.replacen("spiffe://", &format!("spiffe://{td}/"), 1);
                set_identity(request, if dice.one_in(5) { &elsewhere } else { &id });
            }
            "ipBlocks" => request["source"]["ip"] = json!(address(value)),
            "remoteIpBlocks" => request["source"]["remoteIp"] = json!(address(value)),
            _ => request_principal(dice, request, value),
        }
    }

    fn identity(&self, dice: &mut Dice, value: &str, td: &str) -> String {
        let value = value.strip_prefix("spiffe://").unwrap_or(value);
        let filled = match value.strip_prefix('*') {
            Some("") => return workload_id(dice, td, None, None),
            Some(rest) if rest.starts_with('/') && dice.chance(70) => {
                let full = if rest.starts_with("/sa/") { "/ns/shop" } else { "" };
                format!("{td}{full}{rest}")
            }
            _ => concrete::text(dice, value),
        };
        match filled.split_once('/') {
            Some((_, rest)) if dice.one_in(3) => format!("spiffe://{td}/{rest}"),
            _ => format!("spiffe://{filled}"),
        }
    }

    fn aim_operation(
        &self,
        dice: &mut Dice,
        request: &mut Value,
        operation: &Value,
        (field, value): (&str, &Value),
    ) {
        let Some(value) = value.as_str() else { return };
        match field {
            "methods" => request["method"] = json!(concrete::text(dice, value)),
            "hosts" => request["host"] = json!(concrete::text(dice, value)),
            "ports" => request["destination"]["port"] = json!(port(dice, value)),
            "pathRegexes" => request["path"] = json!(matching(dice, value)),
            "hostRegexes" => request["host"] = json!(matching(dice, value)),
            "paths" => {
                let mut bound = |dice: &mut Dice, name: &str| {
                    let segment = dice.text(&["shop", "orders", "admins", "x", "cluster.local"]);
                    self.bind(
                        dice,
                        request,
                        operation["bindings"][name].as_str().unwrap_or_default(),
                        segment,
                    );
                    segment.to_owned()
                };
                let path = concrete::path(dice, value, &mut bound);
                request["path"] = json!(path);
            }
            _ => {}
        }
    }

    /// E-6: gives the attribute the text of the segment, most of the time.
    fn bind(&self, dice: &mut Dice, request: &mut Value, attribute: &str, segment: &str) {
        let td = self.trust_domain(dice);
        match attribute {
            "source.namespace" => set_identity(request, &workload_id(dice, &td, Some(segment), None)),
            "source.serviceAccount" => set_identity(request, &workload_id(dice, &td, None, Some(segment))),
            "source.trustDomain" => set_identity(request, &workload_id(dice, segment, None, None)),
            "request.headers[X-Team]" => {
                set_header(request, "x-team", segment);
                if dice.one_in(3) {
                    headers(request).push(json!(["x-team", dice.text(&["shop", "x", "orders"])]));
                }
            }
            claim => {
                let path = claim.strip_prefix("request.auth.claims").unwrap_or("[role]");
                let claim = if dice.chance(50) {
                    json!(segment)
                } else {
                    json!(["users", segment, 3])
                };
                set_claim(request, path, claim);
            }
        }
    }

    fn aim_condition(&self, dice: &mut Dice, request: &mut Value, key: &str, value: &Value) {
        if key == "destination.ip" {
            request["destination"]["ip"] = json!(address(value.as_str().unwrap_or_default()));
        } else if let Some((_, field)) = SOURCE_KEYS.iter().find(|(known, _)| *known == key) {
            self.aim_source(dice, request, field, value);
        } else if let Some(name) = bracketed(key, "request.headers[") {
            let value = filled_or_example(dice, value);
            set_header(request, name, &value);
        } else if let Some(name) = bracketed(key, "request.query[") {
            let value = filled_or_example(dice, value).replace(' ', "%20");
            add_query(request, name, Some(&value));
        } else if let Some(path) = key.strip_prefix("request.auth.claims") {
            set_claim(request, path, claim(dice, value));
        } else if let Some(name) = key.strip_prefix("experimental.") {
            metadata(dice, request, name, value.as_str().unwrap_or_default());
        } else {
            aim_other(dice, request, key, value);
        }
    }
}

fn aim_other(dice: &mut Dice, request: &mut Value, key: &str, value: &Value) {
    let text = value.as_str().unwrap_or_default();
    match key {
        "destination.port" => request["destination"]["port"] = json!(port(dice, text)),
        "connection.sni" => request["sni"] = json!(concrete::text(dice, text)),
        "request.auth.principal" => request_principal(dice, request, text),
        "request.auth.audiences" => set_claim(request, "[aud]", claim(dice, value)),
        "request.auth.presenter" => set_claim(request, "[azp]", claim(dice, value)),
        "source.certificate.dnsSan" if request["peer"].is_object() => {
            let san = concrete::text(dice, text);
            request["peer"]["dnsSans"] = json!(["x.example", san]);
        }
        "source.certificate.issuerKeyId" if request["peer"].is_object() => {
            let id = if text == "*" { "00ff" } else { text };
            request["peer"]["issuerKeyId"] = json!(id.replace(':', "").to_lowercase());
        }
        "source.certificate.remainingSeconds" if request["peer"].is_object() => {
            let ends = [
                "2026-01-01T00:00:00Z",
                "2026-01-01T01:00:00Z",
                "2026-01-01T00:59:59Z",
                "2025-12-31T23:59:59Z",
            ];
            request["peer"]["notAfter"] = json!(dice.pick(&ends));
        }
        _ => {}
    }
}

/// One value of each field, and seldom one of a `not` form, under the name of the positive form.
fn chosen(dice: &mut Dice, owner: &Value) -> Vec<(String, Value)> {
    let mut chosen = Vec::new();
    for (name, values) in owner.as_object().into_iter().flatten() {
        let Some(value) = values.as_array().and_then(|values| dice.pick_any(values)) else {
            continue;
        };
        match name.strip_prefix("not") {
            None => chosen.push((name.clone(), value.clone())),
            Some(positive) if dice.one_in(4) => {
                let (first, rest) = positive.split_at(1);
                chosen.push((format!("{}{rest}", first.to_lowercase()), value.clone()));
            }
            Some(_) => {}
        }
    }
    chosen
}

fn bracketed<'k>(key: &'k str, before: &str) -> Option<&'k str> {
    key.strip_prefix(before)?.strip_suffix(']')
}

fn filled_or_example(dice: &mut Dice, value: &Value) -> String {
    let value = value.as_str().unwrap_or_default();
    match example(dice, value) {
        Some(example) => example.to_owned(),
        None if is_expression(value) => matching(dice, value),
        None => concrete::text(dice, value),
    }
}

/// Whether a value of a condition is one of its `regexes`.
fn is_expression(value: &str) -> bool {
    ["(", "\\", "{", ".*", "[0-9", "[a-z", "|"]
        .iter()
        .any(|part| value.contains(part))
}

/// Text for an expression: the example that is known, or one that is made.
fn matching(dice: &mut Dice, expression: &str) -> String {
    match example(dice, expression) {
        Some(example) => example.to_owned(),
        None => expressions::text(dice, expression).unwrap_or_default(),
    }
}

/// The address of a block.
fn address(block: &str) -> &str {
    block.split('/').next().unwrap_or(block)
}

/// A port in a range, or next to it.
fn port(dice: &mut Dice, value: &str) -> u16 {
    let (first, last) = value.split_once('-').unwrap_or((value, value));
    let read = |text: &str| text.parse::<u16>().unwrap_or_default();
    *dice.pick(&[
        read(first),
        read(last),
        read(first),
        read(first).saturating_sub(1),
        read(last).saturating_add(1),
    ])
}

fn request_principal(dice: &mut Dice, request: &mut Value, value: &str) {
    let (iss, sub) = match value.rsplit_once('/') {
        Some((iss, sub)) if dice.chance(60) => (iss, sub),
        _ => (value, ""),
    };
    let iss = if iss.is_empty() || iss == "*" || dice.one_in(4) {
        dice.text(&ISSUERS).to_owned()
    } else {
        concrete::text(dice, iss)
    };
    let sub = if sub.is_empty() || dice.one_in(4) {
        dice.text(&SUBJECTS).to_owned()
    } else {
        concrete::text(dice, sub)
    };
    set_claim(request, "[iss]", json!(iss));
    set_claim(request, "[sub]", json!(sub));
}

fn claim(dice: &mut Dice, value: &Value) -> Value {
    let Some(text) = value.as_str() else {
        return value.clone();
    };
    if text.starts_with(['<', '>', '-']) || text.contains("..") || text.contains("1e") {
        return dice
            .pick(&[
                json!(3),
                json!(-0.5),
                json!(10),
                json!(1000),
                json!(2.999),
                json!(10.5),
            ])
            .clone();
    }
    let text = concrete::text(dice, text);
    match dice.below(4) {
        0 => json!([text, "users"]),
        1 => json!(format!("users {text}")),
        _ => json!(text),
    }
}

fn metadata(dice: &mut Dice, request: &mut Value, name: &str, value: &str) {
    let Some((namespace, key)) = name.split_once('[') else {
        return;
    };
    let key = key.strip_suffix(']').unwrap_or(key);
    let inner = value.trim_start_matches('[').trim_end_matches(']');
    let text = concrete::text(dice, inner);
    let value = if dice.chance(50) {
        json!(text)
    } else {
        json!([1, text])
    };
    request["metadata"][namespace][key] = value;
}
