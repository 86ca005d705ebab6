//! What an inventory does not know.

mod nearest;

use std::collections::{BTreeSet, HashMap};

use spiffe_authz_policy::{StatedKey, StatedPolicy, ValueForm};

use super::context::{Context, PlacedValue};
use super::pattern::service_account;
use super::scope::labels;
use super::{Lint, LintCode};
use crate::inventory::{Inventory, InventoryWorkload};
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
    let workloads = inventory.workloads.as_deref().map(by_label);
    for policy in &context.configuration.policies {
        lints.extend(own_namespace(context, inventory, policy));
        lints.extend(
            workloads
                .as_ref()
                .and_then(|workloads| selects_nobody(context, workloads, policy)),
        );
    }
}

fn unknown(context: &Context<'_>, inventory: &Inventory, value: &PlacedValue<'_>) -> Option<Lint> {
    let text = value.text();
    if *value.key() == StatedKey::Namespaces {
        let known = inventory.namespaces.as_ref()?;
        return missing(
            context,
            known,
            &[text.to_owned()],
            LintCode::UnknownNamespace,
            value,
        );
    }
    if *value.key() == StatedKey::ServiceAccounts {
        let (namespace, name) = service_account(&value.policy.id.namespace, text);
        let full = format!("{namespace}/{name}");
        let known = inventory.service_accounts.as_ref()?;
        return missing(context, known, &[full], LintCode::UnknownServiceAccount, value);
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
    let found = missing(context, known, &ids, LintCode::UnknownIdentity, value)?;
    // In a policy it is written without its scheme.
    let help = found.help.map(|help| help.replace("spiffe://", ""));
    Some(Lint { help, ..found })
}

/// None of the names that the value stands for is known.
fn missing(
    context: &Context<'_>,
    known: &BTreeSet<String>,
    names: &[String],
    code: LintCode,
    value: &PlacedValue<'_>,
) -> Option<Lint> {
    if names.iter().any(|name| known.contains(name)) {
        return None;
    }
    let message = format!("`{}` is not in the inventory", value.text());
    Some(Lint::new(code, &value.value.at, message).help(suggestion(context, known, names)))
}

fn suggestion(context: &Context<'_>, known: &BTreeSet<String>, names: &[String]) -> String {
    let near = |name: &String| {
        let is_looked_for = context.names_left.spend(1);
        is_looked_for.then(|| nearest(known, name)).flatten()
    };
    names.iter().find_map(near).map_or_else(
        || "correct it, or add it to the inventory".to_owned(),
        |near| format!("write `{near}` if that is meant, or add it to the inventory"),
    )
}

fn own_namespace(context: &Context<'_>, inventory: &Inventory, policy: &StatedPolicy) -> Option<Lint> {
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
        Lint::new(LintCode::UnknownNamespace, &at, message).help(suggestion(
            context,
            known,
            std::slice::from_ref(own),
        )),
    )
}

/// The workloads by each of their labels.
type ByLabel<'i> = HashMap<(&'i str, &'i str), Vec<&'i InventoryWorkload>>;

fn by_label(workloads: &[InventoryWorkload]) -> ByLabel<'_> {
    let mut by_label: ByLabel<'_> = HashMap::new();
    for workload in workloads {
        for (key, value) in &workload.labels {
            by_label.entry((key, value)).or_default().push(workload);
        }
    }
    by_label
}

fn selects_nobody(context: &Context<'_>, workloads: &ByLabel<'_>, policy: &StatedPolicy) -> Option<Lint> {
    let wanted = labels(policy)?;
    // Those with the label that the fewest have.
    let found = wanted.iter().map(|label| {
        let (key, value) = label;
        workloads.get(&(key.as_str(), value.as_str()))
    });
    let few = found
        .map(|found| found.map_or(&[][..], Vec::as_slice))
        .min_by_key(|workloads| workloads.len())?;
    let is_root = policy.id.namespace == context.configuration.root_namespace;
    let is_selected = few.iter().any(|workload| {
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
