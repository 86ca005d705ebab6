//! [`Condition`]: what a rule of the measured documents asks, taken apart for translation.

use serde_json::Value;

/// A rule holds where all its conditions do.
pub type Rule = Vec<Condition>;

/// One thing that a rule asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// The peer has this SPIFFE ID, without `spiffe://`.
    Principal(String),
    /// The path is this one.
    Path(String),
    /// The path begins with this, up to a slash.
    PathPrefix(String),
    /// The path has this first segment, one that is not empty, this third one, and a slash after it.
    PathTemplate {
        /// The first segment.
        first: String,
        /// The third segment.
        third: String,
    },
    /// The host is this one.
    Host(String),
    /// The header of this name has this value.
    Header {
        /// In lower case.
        name: String,
        /// The whole value.
        value: String,
    },
    /// The claim of this name is this text.
    Claim {
        /// At the top of the token.
        name: String,
        /// The whole text.
        value: String,
    },
    /// The claim of this name is a number, and at least this.
    ClaimAtLeast {
        /// At the top of the token.
        name: String,
        /// A whole number.
        bound: i64,
    },
    /// The client's address lies in this block.
    RemoteIp(String),
}

/// The rules of a plugin configuration, in order.
///
/// # Errors
/// When it holds what no measured document holds: nothing is left out of a translation.
pub fn rules(configuration: &Value) -> Result<Vec<Rule>, String> {
    let policies = list(&configuration["resources"])?;
    let mut rules = Vec::new();
    for policy in policies {
        if policy["spec"]["action"] != "ALLOW" {
            return Err(format!("not an ALLOW policy: {policy}"));
        }
        for rule in list(&policy["spec"]["rules"])? {
            rules.push(read_rule(rule).ok_or_else(|| format!("no translation of {rule}"))?);
        }
    }
    Ok(rules)
}

fn read_rule(rule: &Value) -> Option<Rule> {
    let mut conditions = Vec::new();
    for (part, clauses) in rule.as_object()? {
        let clause = only(clauses)?;
        conditions.push(match part.as_str() {
            "from" => read_source(clause),
            "to" => read_operation(clause),
            "when" => read_condition(clause),
            _ => None,
        }?);
    }
    Some(conditions)
}

fn read_source(clause: &Value) -> Option<Condition> {
    let (field, value) = only_field(clause.get("source")?)?;
    match field {
        "principals" => Some(Condition::Principal(value)),
        "remoteIpBlocks" => Some(Condition::RemoteIp(value)),
        _ => None,
    }
}

fn read_operation(clause: &Value) -> Option<Condition> {
    let (field, value) = only_field(clause.get("operation")?)?;
    match field {
        "hosts" => Some(Condition::Host(value)),
        "paths" => read_path(value),
        _ => None,
    }
}

fn read_path(value: String) -> Option<Condition> {
    if let Some(segments) = value.strip_suffix("/{**}") {
        let (first, third) = segments.strip_prefix('/')?.split_once("/{*}/")?;
        let plain = |segment: &str| !segment.contains(['/', '{', '*']);
        return (plain(first) && plain(third)).then(|| Condition::PathTemplate {
            first: first.to_owned(),
            third: third.to_owned(),
        });
    }
    match value.strip_suffix('*') {
        Some(prefix) if prefix.ends_with('/') => Some(Condition::PathPrefix(prefix.to_owned())),
        Some(_) => None,
        None => Some(Condition::Path(value)),
    }
}

fn read_condition(clause: &Value) -> Option<Condition> {
    let key = clause.get("key")?.as_str()?;
    let (subject, name) = key.strip_suffix(']')?.split_once('[')?;
    let name = name.to_owned();
    let values = || only(clause.get("values")?)?.as_str().map(str::to_owned);
    match subject {
        "request.headers" => Some(Condition::Header {
            name,
            value: values()?,
        }),
        "request.auth.claims" if clause.get("values").is_some() => Some(Condition::Claim {
            name,
            value: values()?,
        }),
        "request.auth.claims" => {
            let number = only(clause.get("numbers")?)?.as_str()?;
            let bound = number.strip_prefix(">=")?.parse().ok()?;
            Some(Condition::ClaimAtLeast { name, bound })
        }
        _ => None,
    }
}

/// The one field of a source or operation, and its one value.
fn only_field(fields: &Value) -> Option<(&str, String)> {
    let fields = fields.as_object()?;
    let (field, values) = fields.iter().next().filter(|_| fields.len() == 1)?;
    Some((field, only(values)?.as_str()?.to_owned()))
}

/// The one element of a list.
fn only(list: &Value) -> Option<&Value> {
    match list.as_array()?.as_slice() {
        [element] => Some(element),
        _ => None,
    }
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("not a list: {value}"))
}

#[cfg(test)]
mod tests {
    use spiffe_authz_bench::documents::{Distribution, configuration};

    use super::*;

    #[test]
    fn every_rule_of_every_document_is_taken_apart() {
        for distribution in Distribution::ALL {
            let rules = rules(&configuration(distribution, "zero-trust", 1_000)).unwrap();
            assert_eq!(rules.len(), 1_000);
        }
    }

    #[test]
    fn a_rule_is_all_its_conditions() {
        let rules = rules(&configuration(Distribution::Paths, "istio", 2)).unwrap();
        assert_eq!(
            rules[1],
            [
                Condition::Principal("cluster.local/ns/shop/sa/frontend".to_owned()),
                Condition::Path("/api/v1/resource-000001".to_owned()),
            ]
        );
    }

    #[test]
    fn what_has_no_translation_is_an_error() {
        let mut configuration = configuration(Distribution::Hosts, "istio", 1);
        configuration["resources"][0]["spec"]["rules"][0]["to"][0]["operation"]["ports"] =
            serde_json::json!(["80"]);
        assert!(rules(&configuration).is_err());
    }
}
