//! What an inventory does not know.

mod nearest;

use std::collections::BTreeSet;

use spiffe_authz_policy::{StatedKey, StatedPolicy, ValueForm};

use super::context::{Context, PlacedValue};
use super::pattern::service_account;
use super::scope::labels;
use super::{Lint, LintCode};
use crate::inventory::Inventory;
use nearest::nearest;

/// Looks at every name that the inventory could know.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    let Some(inventory) = context.inventory else {
        return;
    };
    for value in context.values() {
        let is_exact = value.value.form == ValueForm::Text && !value.text().contains('*');
        if is_exact {
            lints.extend(unknown(context, inventory, &value));
        }
    }
    for policy in &context.configuration.policies {
        lints.extend(own_namespace(inventory, policy));
        lints.extend(selects_nobody(context, inventory, policy));
    }
}

fn unknown(context: &Context<'_>, inventory: &Inventory, value: &PlacedValue<'_>) -> Option<Lint> {
    let text = value.text();
    if *value.key() == StatedKey::Namespaces {
        let known = inventory.namespaces.as_ref()?;
        return missing(known, &[text.to_owned()], LintCode::UnknownNamespace, value);
    }
    if *value.key() == StatedKey::ServiceAccounts {
        let (namespace, name) = service_account(&value.policy.id.namespace, text);
        let full = format!("{namespace}/{name}");
        let known = inventory.service_accounts.as_ref()?;
        return missing(known, &[full], LintCode::UnknownServiceAccount, value);
    }
    if *value.key() == StatedKey::Principals {
        return unknown_identity(context, inventory.spiffe_ids.as_ref()?, value);
    }
    None
}

/// A principal is known under any name of the mesh.
fn unknown_identity(
    context: &Context<'_>,
    known: &BTreeSet<String>,
    value: &PlacedValue<'_>,
) -> Option<Lint> {
    let spellings = context.configuration.spellings(value.text()).into_iter();
    let ids: Vec<String> = spellings.map(|spelling| format!("spiffe://{spelling}")).collect();
    let found = missing(known, &ids, LintCode::UnknownIdentity, value)?;
    // In a policy it is written without its scheme.
    let help = found.help.map(|help| help.replace("spiffe://", ""));
    Some(Lint { help, ..found })
}

/// None of the names that the value stands for is known.
fn missing(
    known: &BTreeSet<String>,
    names: &[String],
    code: LintCode,
    value: &PlacedValue<'_>,
) -> Option<Lint> {
    if names.iter().any(|name| known.contains(name)) {
        return None;
    }
    let message = format!("`{}` is not in the inventory", value.text());
    Some(Lint::new(code, &value.value.at, message).help(suggestion(known, names)))
}

fn suggestion(known: &BTreeSet<String>, names: &[String]) -> String {
    names.iter().find_map(|name| nearest(known, name)).map_or_else(
        || "correct it, or add it to the inventory".to_owned(),
        |near| format!("write `{near}` if that is meant, or add it to the inventory"),
    )
}

fn own_namespace(inventory: &Inventory, policy: &StatedPolicy) -> Option<Lint> {
    let known = inventory.namespaces.as_ref()?;
    let own = &policy.id.namespace;
    if known.contains(own) {
        return None;
    }
    let at = format!("{}.metadata.namespace", policy.at);
    let message = format!(
        "namespace `{own}` is not in the inventory: {} is for nobody",
        policy.id
    );
    Some(
        Lint::new(LintCode::UnknownNamespace, &at, message)
            .help(suggestion(known, std::slice::from_ref(own))),
    )
}

fn selects_nobody(context: &Context<'_>, inventory: &Inventory, policy: &StatedPolicy) -> Option<Lint> {
    let workloads = inventory.workloads.as_ref()?;
    let wanted = labels(policy)?;
    let is_root = policy.id.namespace == context.configuration.root_namespace;
    let is_selected = workloads.iter().any(|workload| {
        (is_root || workload.namespace == policy.id.namespace)
            && wanted
                .iter()
                .all(|(key, value)| workload.labels.get(key) == Some(value))
    });
    if is_selected {
        return None;
    }
    let at = format!("{}.spec.selector", policy.at);
    let message = format!("{} selects none of the workloads of the inventory", policy.id);
    let lint = Lint::new(LintCode::SelectsNobody, &at, message);
    Some(lint.help("correct the labels, or add the workload to the inventory"))
}
