//! [`Described`]: classes of one dimension in the words of the policies.

use std::collections::BTreeSet;

use spiffe_authz_policy::StatedKey;

use crate::difference::Dimension;
use crate::difference::clause::{Clause, Form, Literal};
use crate::difference::fragment::Fragment;
use crate::difference::side::Attached;
use crate::difference::space::{Axis, Held, Space};

/// Which values of a dimension.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Described {
    /// The dimension.
    pub dimension: Dimension,
    /// Whether it is every value but these.
    pub is_all_but: bool,
    /// The values that policies name, and examples of those that none names.
    pub values: Vec<String>,
    /// How many classes they are.
    pub classes: usize,
}

/// A value of a policy, and the classes that it holds of.
struct Named {
    label: String,
    classes: BTreeSet<usize>,
}

/// The words of both policy sets for one scene.
pub(super) struct Words {
    by_axis: Vec<Vec<Named>>,
}

impl Words {
    pub(super) fn new(space: &Space, attached: [&Attached; 2]) -> Self {
        let mut by_axis: Vec<Vec<Named>> = space.axes.iter().map(|_| Vec::new()).collect();
        for (judged, attached) in space.sides.iter().zip(attached) {
            for (held, clause) in judged.clauses.iter().zip(&attached.clauses) {
                if let (Held::On { axis, certain, .. }, Some(label)) = (held, label(clause)) {
                    let classes: BTreeSet<usize> = certain.iter().collect();
                    if let Some(named) = by_axis.get_mut(*axis)
                        && !classes.is_empty()
                    {
                        named.push(Named { label, classes });
                    }
                }
            }
        }
        for named in &mut by_axis {
            named.sort_by(|one, other| {
                other
                    .classes
                    .len()
                    .cmp(&one.classes.len())
                    .then_with(|| one.label.cmp(&other.label))
            });
        }
        Self { by_axis }
    }

    pub(super) fn describe(&self, index: usize, axis: &Axis, classes: &[usize]) -> Described {
        let named = self.by_axis.get(index).map(Vec::as_slice).unwrap_or_default();
        let inside: BTreeSet<usize> = classes.iter().copied().collect();
        let outside: BTreeSet<usize> = (0..axis.classes.len())
            .filter(|class| !inside.contains(class))
            .collect();
        let (values, rest) = covered(named, &inside);
        let (others, other_rest) = covered(named, &outside);
        let is_all_but = other_rest.is_empty() && !rest.is_empty();
        let mut values = if is_all_but { others } else { values };
        if !is_all_but {
            values.extend(rest.iter().filter_map(|class| example(named, axis, *class)));
        }
        Described {
            dimension: axis.dimension.clone(),
            is_all_but,
            values,
            classes: inside.len(),
        }
    }
}

/// The fewest values that hold of these classes and of no other, as far as there are some, and the classes that are left.
fn covered(named: &[Named], classes: &BTreeSet<usize>) -> (Vec<String>, BTreeSet<usize>) {
    let mut left = classes.clone();
    let mut values = Vec::new();
    for one in named {
        if one.classes.is_subset(classes) && !one.classes.is_disjoint(&left) {
            left.retain(|class| !one.classes.contains(class));
            values.push(one.label.clone());
        }
    }
    (values, left)
}

/// A value of a class that no value of a policy names alone.
fn example(named: &[Named], axis: &Axis, class: usize) -> Option<String> {
    let fragment = axis.classes.get(class)?.fragments.first()?;
    let smallest = named.iter().rev().find(|one| one.classes.contains(&class));
    Some(match (fragment, smallest) {
        (Fragment::Absent, _) => "none".to_owned(),
        (Fragment::Instant(_), _) => format!("from {fragment}"),
        (fragment, Some(within)) => format!("{} such as {fragment}", within.label),
        (fragment, None) => format!("others such as {fragment}"),
    })
}

/// How people name a clause of one value.
fn label(clause: &Clause) -> Option<String> {
    let ([literal], []) = (clause.any_of.as_slice(), clause.none_of.as_slice()) else {
        return None;
    };
    let Literal { form, text } = literal;
    let case = if clause.ignore_case { " in any case" } else { "" };
    let text = match form {
        Form::Regex => format!("/{text}/"),
        Form::Text | Form::Number | Form::Boolean => text.clone(),
    };
    let kinds = [
        (StatedKey::Namespaces, "namespace "),
        (StatedKey::ServiceAccounts, "service account "),
        (StatedKey::TrustDomains, "trust domain "),
    ];
    let kind = kinds
        .iter()
        .find(|(key, _)| *key == clause.key)
        .map_or("", |(_, kind)| kind);
    Some(format!("{kind}{text}{case}"))
}
