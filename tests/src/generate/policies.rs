//! AuthorizationPolicy documents.

use serde_json::{Map, Value, json};

use super::Mode;
use super::conditions::condition;
use super::dice::Dice;
use super::extensions;
use super::operations::operation;
use super::sources::source;

/// Name, namespace and action of a policy, which others may refer to.
struct Head {
    name: String,
    namespace: &'static str,
    action: &'static str,
}

/// What all policies of a configuration have in common.
struct Plan {
    mode: Mode,
    root: &'static str,
    gateway: bool,
    /// Whether rules ask for little, so that many policies speak about one request.
    loose: bool,
    /// Whether every ALLOW policy is an exception, if it can be.
    lifted: bool,
    heads: Vec<Head>,
}

/// One to six policies.
pub(super) fn policies(dice: &mut Dice, mode: Mode, root: &'static str, gateway: bool) -> Vec<Value> {
    let loose = dice.one_in(6);
    let lifted = mode == Mode::Everything && loose && dice.one_in(3);
    let count = if lifted {
        6
    } else {
        1 + dice.weighted(&[4, 4, 3, 2, 1, 1])
    };
    let plan = Plan {
        mode,
        root,
        gateway,
        loose,
        lifted,
        heads: (0..count).map(|index| head(dice, mode, root, index)).collect(),
    };
    plan.heads.iter().map(|head| policy(dice, &plan, head)).collect()
}

fn head(dice: &mut Dice, mode: Mode, root: &'static str, index: usize) -> Head {
    let action = match mode {
        Mode::Everything => ["ALLOW", "DENY", "AUDIT", "CUSTOM"][dice.weighted(&[50, 35, 10, 2])],
        Mode::IstioRbac => ["ALLOW", "DENY", "AUDIT"][dice.weighted(&[58, 38, 4])],
    };
    Head {
        name: format!("p{}", (index * 7 + 3) % 10),
        namespace: ["shop", root, "billing"][dice.weighted(&[75, 20, 5])],
        action,
    }
}

fn policy(dice: &mut Dice, plan: &Plan, head: &Head) -> Value {
    let Head {
        name,
        namespace,
        action,
    } = head;
    let mut metadata = Map::from_iter([
        ("name".to_owned(), json!(name)),
        ("namespace".to_owned(), json!(namespace)),
    ]);
    if dice.chance(30) {
        let created = dice.pick(&[
            "2025-01-01T00:00:00Z",
            "2025-01-02T00:00:00Z",
            "2025-01-01T00:00:00.5Z",
        ]);
        metadata.insert("creationTimestamp".to_owned(), json!(created));
    }
    let mut spec = Map::from_iter([("rules".to_owned(), rules(dice, plan, action))]);
    if *action != "ALLOW" || dice.chance(30) {
        spec.insert("action".to_owned(), json!(action));
    }
    attach(dice, &mut spec, plan.gateway);
    match (plan.mode, *action) {
        (Mode::IstioRbac, "ALLOW" | "DENY") if dice.one_in(8) => dry_run(dice, &mut metadata),
        (Mode::IstioRbac, _) => {}
        (Mode::Everything, "ALLOW") => allow_extras(
            dice,
            &mut metadata,
            &mut spec,
            (plan.lifted, &liftable(plan, head)),
        ),
        (Mode::Everything, "DENY") => deny_extras(dice, &mut metadata, &mut spec),
        (Mode::Everything, "CUSTOM") => {
            spec.insert("provider".to_owned(), json!({"name": "ext-authz"}));
        }
        (Mode::Everything, _) => {}
    }
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec})
}

pub(super) fn attach(dice: &mut Dice, spec: &mut Map<String, Value>, gateway: bool) {
    let targets = [
        json!([{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}]),
        json!([{"kind": "Service", "name": "orders"}]),
        json!([{"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "istio-waypoint"}]),
        json!([{"group": "networking.istio.io", "kind": "ServiceEntry", "name": "outside"}, {"group": "core", "kind": "Service", "name": "orders"}]),
    ];
    let selectors = [json!({"app": "orders"}), json!({}), json!({"app": "payments"})];
    if dice.chance(if gateway { 60 } else { 3 }) {
        spec.insert("targetRefs".to_owned(), dice.pick(&targets).clone());
    } else if dice.chance(30) {
        let labels = &selectors[dice.weighted(&[80, 10, 10])];
        spec.insert("selector".to_owned(), json!({"matchLabels": labels}));
    }
}

pub(super) fn dry_run(dice: &mut Dice, metadata: &mut Map<String, Value>) {
    let value = dice.pick(&["true", "1", "T", "false"]);
    metadata.insert("annotations".to_owned(), json!({"istio.io/dry-run": value}));
}

/// The DENY policies that an exception may lift, as `namespace/name`.
fn liftable(plan: &Plan, head: &Head) -> Vec<String> {
    let liftable = |other: &&Head| {
        other.action == "DENY" && (head.namespace == plan.root || head.namespace == other.namespace)
    };
    let others = plan.heads.iter().filter(liftable);
    others
        .map(|other| format!("{}/{}", other.namespace, other.name))
        .collect()
}

fn allow_extras(
    dice: &mut Dice,
    metadata: &mut Map<String, Value>,
    spec: &mut Map<String, Value>,
    (always, lifts): (bool, &[String]),
) {
    if (always || dice.one_in(3))
        && let Some(exception) = extensions::exception(dice, lifts)
    {
        spec.insert("exception".to_owned(), exception);
    } else if dice.one_in(6) {
        dry_run(dice, metadata);
    }
}

fn deny_extras(dice: &mut Dice, metadata: &mut Map<String, Value>, spec: &mut Map<String, Value>) {
    if dice.one_in(10) {
        spec.insert("denyResponse".to_owned(), extensions::deny_response(dice));
    }
    if dice.one_in(5) {
        dry_run(dice, metadata);
    }
}

fn rules(dice: &mut Dice, plan: &Plan, action: &str) -> Value {
    let count = dice.weighted(&[1, 10, 5, 2]);
    (0..count)
        .map(|_| match action {
            // What an external authorizer is asked about may not name identities; the policy is passed over anyway.
            "CUSTOM" => json!({"to": [{"operation": {"paths": ["/admin/*"]}}]}),
            _ if plan.loose && dice.chance(60) => loose_rule(dice, plan.mode),
            _ => rule(dice, plan.mode, action),
        })
        .collect()
}

/// A rule of one clause or none.
fn loose_rule(dice: &mut Dice, mode: Mode) -> Value {
    match dice.below(4) {
        0 => json!({"from": [source(dice)]}),
        1 => json!({"to": [operation(dice, mode)]}),
        2 => json!({"when": [condition(dice, mode)]}),
        _ => json!({}),
    }
}

/// A DENY rule asks for more, or hardly any request would get past it.
fn rule(dice: &mut Dice, mode: Mode, action: &str) -> Value {
    let least = usize::from(action == "DENY" && dice.chance(80));
    let mut rule = Map::new();
    let from = least + dice.weighted(&[4, 5, 1]);
    let to = dice.weighted(&[3, 6, 2]);
    let when = dice.weighted(&[5, 3, 1, 1]);
    let mut insert = |name: &str, entries: Vec<Value>| {
        if !entries.is_empty() {
            rule.insert(name.to_owned(), entries.into());
        }
    };
    insert("from", (0..from).map(|_| source(dice)).collect());
    insert("to", (0..to).map(|_| operation(dice, mode)).collect());
    insert("when", (0..when).map(|_| condition(dice, mode)).collect());
    rule.into()
}
