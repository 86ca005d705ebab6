//! [`Target`]: the workloads that two policy sets are compared for.

use std::collections::{BTreeMap, BTreeSet};

use spiffe_authz_policy::{ServiceKind, StatedConfiguration, Waypoint, WaypointService, Workload};

use crate::difference::side::Side;

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// How many workloads are looked at at most.
const MOST: usize = 500;

/// A workload, and what it stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// The workload.
    pub workload: Workload,
    /// What it stands for, such as `namespace shop, app=orders`.
    pub label: String,
}

impl Target {
    /// A workload that is named.
    #[must_use]
    pub fn of(workload: &Workload) -> Self {
        let mut target = sidecar(&workload.namespace, workload.labels.clone());
        target.workload = workload.clone();
        if workload.labels.is_empty() {
            target.label = format!("namespace {}", workload.namespace);
        }
        target
    }
}

type Labels = BTreeMap<String, String>;

/// The workloads that the sets name by selectors, and one for all others of each namespace, and of another namespace.
/// Second: whether some were left out.
#[must_use]
pub fn targets(old: &Side, new: &Side) -> (Vec<Target>, bool) {
    let sides = [&old.stated, &new.stated];
    let mut namespaces: BTreeSet<String> = BTreeSet::new();
    for side in sides {
        namespaces.extend(side.policies.iter().map(|policy| policy.id.namespace.clone()));
        namespaces.extend(
            side.peer_authentications
                .iter()
                .map(|one| one.id.namespace.clone()),
        );
    }
    let mut targets = Vec::new();
    for namespace in &namespaces {
        for labels in selected(sides, namespace) {
            targets.push(sidecar(namespace, labels));
        }
        targets.extend(gateways(sides, namespace));
    }
    let mut other = "other".to_owned();
    while namespaces.contains(&other) {
        other.push('x');
    }
    for labels in selected(sides, &other) {
        let mut target = sidecar(&other, labels);
        target.label = target
            .label
            .replace(&format!("namespace {other}"), "any other namespace");
        targets.push(target);
    }
    let is_bounded = targets.len() > MOST;
    targets.truncate(MOST);
    (targets, is_bounded)
}

/// The labels that selectors ask for in a namespace, two selectors together, and none.
fn selected(sides: [&StatedConfiguration; 2], namespace: &str) -> BTreeSet<Labels> {
    let mut selectors: BTreeSet<Labels> = BTreeSet::new();
    for side in sides {
        let applies = |own: &str| own == namespace || own == side.root_namespace;
        let policies = side
            .policies
            .iter()
            .filter(|policy| applies(&policy.id.namespace));
        selectors.extend(policies.filter_map(|policy| policy.selector.clone()));
        let authentications = side
            .peer_authentications
            .iter()
            .filter(|one| one.id.namespace == namespace);
        selectors.extend(authentications.filter_map(|one| one.selector.clone()));
    }
    let together: Vec<Labels> = selectors
        .iter()
        .flat_map(|one| selectors.iter().filter_map(|other| joined(one, other)))
        .take(MOST)
        .collect();
    selectors.extend(together);
    selectors.insert(Labels::new());
    selectors
}

/// The labels of both, unless they contradict each other.
fn joined(one: &Labels, other: &Labels) -> Option<Labels> {
    let agree = one
        .iter()
        .all(|(key, value)| other.get(key).is_none_or(|own| own == value));
    agree.then(|| {
        one.iter()
            .chain(other)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    })
}

fn sidecar(namespace: &str, labels: Labels) -> Target {
    let shown: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let label = if shown.is_empty() {
        format!("namespace {namespace}, any other workload")
    } else {
        format!("namespace {namespace}, {}", shown.join(","))
    };
    Target {
        workload: Workload {
            namespace: namespace.to_owned(),
            labels,
            waypoint: None,
        },
        label,
    }
}

/// The gateways and the services behind waypoints that policies are attached to.
fn gateways(sides: [&StatedConfiguration; 2], namespace: &str) -> Vec<Target> {
    let policies = sides.into_iter().flat_map(|side| &side.policies);
    let refs: BTreeSet<(&str, &str)> = policies
        .filter(|policy| policy.id.namespace == namespace)
        .flat_map(|policy| {
            policy
                .targets
                .iter()
                .map(|target| (target.kind, target.name.as_str()))
        })
        .collect();
    refs.into_iter()
        .map(|(kind, name)| gateway(namespace, kind, name))
        .collect()
}

fn gateway(namespace: &str, kind: &str, name: &str) -> Target {
    let service = |kind| Waypoint {
        services: vec![WaypointService {
            kind,
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        }],
    };
    let (gateway, waypoint) = match kind {
        "Service" => ("waypoint", Some(service(ServiceKind::Service))),
        "ServiceEntry" => ("waypoint", Some(service(ServiceKind::ServiceEntry))),
        "GatewayClass" => ("waypoint", Some(Waypoint::default())),
        _ => (name, None),
    };
    Target {
        workload: Workload {
            namespace: namespace.to_owned(),
            labels: Labels::from([(GATEWAY_NAME.to_owned(), gateway.to_owned())]),
            waypoint,
        },
        label: format!("namespace {namespace}, {kind} {name}"),
    }
}
