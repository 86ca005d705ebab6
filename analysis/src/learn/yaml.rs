//! A policy as Istio's YAML.

use core::fmt::{self, Write};
use std::collections::BTreeSet;

use crate::learn::resource::{principal, resources};
use crate::learn::{LearnedPeer, LearnedPolicy, LearnedRule, OperationBox, Target};

impl LearnedPolicy {
    /// AuthorizationPolicies, one document each: more than one where there are more than 512 rules, the most that Istio takes
    /// in one.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        for (name, rules) in resources(self) {
            // Writing to a string has no error to report.
            let _ = write_policy(&mut text, &name, &self.target, rules);
        }
        text
    }
}

fn write_policy(out: &mut String, name: &str, target: &Target, rules: &[LearnedRule]) -> fmt::Result {
    let Target {
        namespace, labels, ..
    } = target;
    writeln!(
        out,
        "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:"
    )?;
    writeln!(
        out,
        "  name: {}\n  namespace: {}\nspec:",
        text(name),
        text(namespace)
    )?;
    if !labels.is_empty() {
        writeln!(out, "  selector:\n    matchLabels:")?;
        for (key, value) in labels {
            writeln!(out, "      {}: {}", text(key), text(value))?;
        }
    }
    writeln!(out, "  action: ALLOW")?;
    match rules {
        [] => writeln!(out, "  rules: []"),
        rules => {
            writeln!(out, "  rules:")?;
            rules.iter().try_for_each(|rule| write_rule(out, rule))
        }
    }
}

fn write_rule(out: &mut String, rule: &LearnedRule) -> fmt::Result {
    let (mut ids, mut addresses) = (Vec::new(), Vec::new());
    for peer in &rule.peers {
        match peer {
            LearnedPeer::SpiffeId(id) => ids.push(text(principal(id))),
            LearnedPeer::Address(address) => addresses.push(text(&address.to_string())),
        }
    }
    writeln!(out, "    - from:")?;
    for (field, values) in [("principals", ids), ("ipBlocks", addresses)] {
        if !values.is_empty() {
            writeln!(out, "        - source:")?;
            write_list(out, field, &values)?;
        }
    }
    writeln!(out, "      to:")?;
    rule.operations
        .iter()
        .try_for_each(|operation| write_operation(out, operation))
}

fn write_operation(out: &mut String, operation: &OperationBox) -> fmt::Result {
    let texts = |set: &BTreeSet<String>| set.iter().map(|value| text(value)).collect::<Vec<_>>();
    let ports = operation.ports.iter().map(|port| format!("\"{port}\"")).collect();
    writeln!(out, "        - operation:")?;
    for (field, values) in [
        ("ports", ports),
        ("methods", texts(&operation.methods)),
        ("paths", texts(&operation.paths)),
    ] {
        if !values.is_empty() {
            write_list(out, field, &values)?;
        }
    }
    Ok(())
}

fn write_list(out: &mut String, field: &str, values: &[String]) -> fmt::Result {
    writeln!(out, "            {field}:")?;
    values
        .iter()
        .try_for_each(|value| writeln!(out, "              - {value}"))
}

/// Text in double quotes, as JSON and YAML both read it. A word that can be nothing but text goes without.
fn text(value: &str) -> String {
    let starts_as_word = value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let means_more = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_plain = starts_as_word
        && value.bytes().all(is_word)
        && !means_more.contains(&value.to_ascii_lowercase().as_str());
    if is_plain {
        value.to_owned()
    } else {
        serde_json::Value::from(value).to_string()
    }
}
