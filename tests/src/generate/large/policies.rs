//! Policies of many rules.

use serde_json::{Map, Value, json};

use crate::generate::dice::Dice;
use crate::generate::extensions;
use crate::generate::policies::{attach, dry_run};

use super::clauses::{condition, operation, source};
use super::scale::{Scale, Theme};

/// S-12.
const MOST_RULES: usize = 512;

struct Head {
    name: String,
    namespace: &'static str,
    action: &'static str,
    rules: usize,
}

/// Policies with so many rules together as the scale says.
pub(super) fn policies(dice: &mut Dice, scale: &Scale, root: &'static str, gateway: bool) -> Vec<Value> {
    let heads = heads(dice, scale.rules, root);
    let policies = heads
        .iter()
        .map(|head| policy(dice, scale, (head, &heads), root, gateway));
    policies.collect()
}

fn heads(dice: &mut Dice, rules: usize, root: &'static str) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::new();
    let most = MOST_RULES.min(rules / *dice.pick(&[1, 3, 6]));
    let mut left = rules;
    while left > 0 {
        let count = if dice.chance(60) {
            most
        } else {
            1 + dice.below(most)
        };
        let rules = count.min(left);
        left -= rules;
        // Without an ALLOW policy nothing but DENY is looked at.
        let action = if heads.is_empty() && dice.chance(80) {
            "ALLOW"
        } else {
            ["ALLOW", "DENY", "AUDIT"][dice.weighted(&[45, 40, 15])]
        };
        heads.push(Head {
            name: format!("p{}", (heads.len() * 7 + 3) % 100),
            namespace: ["shop", root][dice.weighted(&[75, 25])],
            action,
            rules,
        });
    }
    heads
}

fn policy(
    dice: &mut Dice,
    scale: &Scale,
    (head, heads): (&Head, &[Head]),
    root: &str,
    gateway: bool,
) -> Value {
    let mut metadata = Map::from_iter([
        ("name".to_owned(), json!(head.name)),
        ("namespace".to_owned(), json!(head.namespace)),
    ]);
    if dice.chance(30) {
        let created = dice.pick(&["2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"]);
        metadata.insert("creationTimestamp".to_owned(), json!(created));
    }
    let mut spec = Map::from_iter([
        ("action".to_owned(), json!(head.action)),
        ("rules".to_owned(), rules(dice, scale, head.rules)),
    ]);
    attach(dice, &mut spec, gateway);
    match head.action {
        "ALLOW" => allow_extras(dice, (&mut metadata, &mut spec), &liftable(heads, head, root)),
        "DENY" => deny_extras(dice, &mut metadata, &mut spec),
        _ => {}
    }
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec})
}

fn liftable(heads: &[Head], head: &Head, root: &str) -> Vec<String> {
    let reach = |other: &&Head| {
        other.action == "DENY" && (head.namespace == root || head.namespace == other.namespace)
    };
    let others = heads.iter().filter(reach);
    others
        .map(|other| format!("{}/{}", other.namespace, other.name))
        .collect()
}

fn allow_extras(
    dice: &mut Dice,
    (metadata, spec): (&mut Map<String, Value>, &mut Map<String, Value>),
    lifts: &[String],
) {
    if dice.one_in(3)
        && let Some(exception) = extensions::exception(dice, lifts)
    {
        spec.insert("exception".to_owned(), exception);
    } else if dice.one_in(5) {
        dry_run(dice, metadata);
    }
}

fn deny_extras(dice: &mut Dice, metadata: &mut Map<String, Value>, spec: &mut Map<String, Value>) {
    if dice.one_in(5) {
        spec.insert("denyResponse".to_owned(), extensions::deny_response(dice));
    }
    if dice.one_in(4) {
        dry_run(dice, metadata);
    }
}

fn rules(dice: &mut Dice, scale: &Scale, count: usize) -> Value {
    let mut rules: Vec<Value> = Vec::with_capacity(count);
    while rules.len() < count {
        let again = rules.len() > 3 && dice.one_in(20);
        let rule = if again {
            dice.pick(&rules).clone()
        } else {
            rule(dice, scale)
        };
        rules.push(rule);
    }
    rules.into()
}

fn rule(dice: &mut Dice, scale: &Scale) -> Value {
    let (from, to, when) = match scale.theme {
        Theme::Products => return product(dice, scale),
        Theme::Mixed => (
            dice.weighted(&[3, 5, 1]),
            dice.weighted(&[3, 5, 1]),
            dice.weighted(&[4, 3, 1]),
        ),
        Theme::Sources => (
            1 + dice.weighted(&[8, 1]),
            dice.weighted(&[8, 1]),
            dice.weighted(&[8, 1]),
        ),
        Theme::Operations => (
            dice.weighted(&[8, 1]),
            1 + dice.weighted(&[8, 1]),
            dice.weighted(&[8, 1]),
        ),
        Theme::Conditions => (
            dice.weighted(&[8, 1]),
            dice.weighted(&[8, 1]),
            1 + dice.weighted(&[8, 2]),
        ),
    };
    let is_empty = from + to + when == 0 && !scale.is_broad(dice);
    let mut rule = Map::new();
    let mut insert = |name: &str, entries: Vec<Value>| {
        if !entries.is_empty() {
            rule.insert(name.to_owned(), entries.into());
        }
    };
    insert("from", (0..from).map(|_| source(dice, scale)).collect());
    insert(
        "to",
        (0..to + usize::from(is_empty))
            .map(|_| operation(dice, scale))
            .collect(),
    );
    insert("when", (0..when).map(|_| condition(dice, scale)).collect());
    rule.into()
}

/// Few principals, each with many paths, and now and then a condition that parts them further.
fn product(dice: &mut Dice, scale: &Scale) -> Value {
    let (ns, path) = (scale.few(dice), scale.path(dice));
    let principal = format!("cluster.local/ns/n{ns}/sa/s{}", scale.few(dice));
    let mut rule = json!({
        "from": [{"source": {"principals": [principal]}}],
        "to": [{"operation": {"paths": [path]}}],
    });
    if dice.one_in(8) {
        rule["when"] = json!([condition(dice, scale)]);
    }
    rule
}
