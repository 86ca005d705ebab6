//! Plugin configurations.

use serde_json::{Value, json};

use super::Mode;
use super::dice::Dice;
use super::peer_authentications::peer_authentications;
use super::policies::policies;
use super::pools::{PATH_CLASSES, TRUST_DOMAINS};
use super::svid;

pub(super) fn configuration(dice: &mut Dice, mode: Mode) -> Value {
    around(dice, mode, |dice, root, gateway| {
        policies(dice, mode, root, gateway)
    })
}

/// What stands around the policies, which are made for a root namespace and for a gateway or a sidecar.
pub(super) fn around(
    dice: &mut Dice,
    mode: Mode,
    policies: impl FnOnce(&mut Dice, &'static str, bool) -> Vec<Value>,
) -> Value {
    let root = if dice.one_in(6) { "root" } else { "istio-system" };
    let (workload, gateway) = workload(dice, mode);
    let mut resources = match mode {
        Mode::Everything => peer_authentications(dice, root),
        Mode::IstioRbac => Vec::new(),
    };
    resources.extend(policies(dice, root, gateway));
    let mut configuration = json!({
        "mesh": mesh(dice, root),
        "workload": workload,
        "resources": resources,
        "custom": "ignore",
    });
    let is_istio = mode == Mode::IstioRbac || dice.chance(50);
    if is_istio {
        configuration["profile"] = json!("istio");
    } else if dice.chance(40) {
        configuration["ambiguousPaths"] = json!({"allow": path_classes(dice)});
    }
    if mode == Mode::Everything
        && let Some(section) = svid::section(dice, is_istio, gateway)
    {
        configuration["svid"] = section;
    }
    configuration
}

/// All classes of ambiguous paths, or some.
fn path_classes(dice: &mut Dice) -> Vec<&'static str> {
    let all = dice.chance(50);
    let classes = PATH_CLASSES.into_iter();
    classes.filter(|_| all || dice.one_in(4)).collect()
}

fn mesh(dice: &mut Dice, root: &str) -> Value {
    let mut mesh = json!({"rootNamespace": root});
    if dice.chance(60) {
        mesh["trustDomain"] = json!(dice.text(&TRUST_DOMAINS));
        let own = mesh["trustDomain"].clone();
        let aliases: Vec<&&str> = TRUST_DOMAINS
            .iter()
            .filter(|td| own != **td && dice.one_in(4))
            .collect();
        mesh["trustDomainAliases"] = json!(aliases);
    }
    mesh
}

/// The workload, and whether it is a gateway or a waypoint.
fn workload(dice: &mut Dice, mode: Mode) -> (Value, bool) {
    let kind = match mode {
        Mode::Everything => dice.weighted(&[14, 1, 1]),
        Mode::IstioRbac => 0,
    };
    let mut workload = json!({"namespace": "shop", "labels": {"app": "orders", "tier": "backend"}});
    if kind > 0 {
        workload["labels"]["gateway.networking.k8s.io/gateway-name"] = json!("edge");
    }
    if kind > 1 {
        workload["waypoint"] = json!({"services": [
            {"kind": "Service", "name": "orders", "namespace": "shop"},
            {"kind": "ServiceEntry", "name": "outside", "namespace": "billing"},
        ]});
    }
    (workload, kind > 0)
}
