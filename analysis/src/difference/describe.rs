//! [`Described`]: classes of one dimension in the words of the policies.

use bit_set::BitSet;
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
    /// Ascending.
    classes: Vec<usize>,
}

/// The words of both policy sets for one scene.
pub(super) struct Words {
    by_axis: Vec<AxisWords>,
}

/// The words for one axis.
#[derive(Default)]
struct AxisWords {
    /// Those that hold of the most classes first.
    named: Vec<Named>,
    /// For each class its places in `named`, ascending.
    of_class: Vec<Vec<usize>>,
}

impl Words {
    pub(super) fn new(space: &Space, attached: [&Attached; 2]) -> Self {
        let mut by_axis: Vec<Vec<Named>> = space.axes.iter().map(|_| Vec::new()).collect();
        for (judged, attached) in space.sides.iter().zip(attached) {
            for (held, clause) in judged.clauses.iter().zip(&attached.clauses) {
                if let (Held::On { axis, certain, .. }, Some(label)) = (held, label(clause)) {
                    let classes: Vec<usize> = certain.iter().collect();
                    if let Some(named) = by_axis.get_mut(*axis)
                        && !classes.is_empty()
                    {
                        named.push(Named { label, classes });
                    }
                }
            }
        }
        let words = by_axis.into_iter().zip(&space.axes);
        Self {
            by_axis: words.map(|(named, axis)| AxisWords::new(named, axis)).collect(),
        }
    }

    pub(super) fn describe(&self, index: usize, axis: &Axis, classes: &[usize]) -> Described {
        let none = AxisWords::default();
        let words = self.by_axis.get(index).unwrap_or(&none);
        let inside: BitSet = classes.iter().copied().collect();
        let (mut values, rest) = words.covered(&inside);
        let others = if rest.is_empty() {
            None
        } else {
            words.outside(&inside)
        };
        let is_all_but = others.is_some();
        match others {
            Some(others) => values = others,
            None => values.extend(rest.iter().filter_map(|class| words.example(axis, class))),
        }
        Described {
            dimension: axis.dimension.clone(),
            is_all_but,
            values,
            classes: inside.len(),
        }
    }
}

impl AxisWords {
    fn new(mut named: Vec<Named>, axis: &Axis) -> Self {
        named.sort_by(|one, other| {
            let sizes = other.classes.len().cmp(&one.classes.len());
            sizes.then_with(|| one.label.cmp(&other.label))
        });
        let mut of_class = vec![Vec::new(); axis.classes.len()];
        for (place, one) in named.iter().enumerate() {
            for class in &one.classes {
                of_class
                    .get_mut(*class)
                    .into_iter()
                    .for_each(|places: &mut Vec<usize>| places.push(place));
            }
        }
        Self { named, of_class }
    }

    /// The fewest values that hold of these classes and of no other, as far as there are some, and the classes that are
    /// left.
    fn covered(&self, classes: &BitSet) -> (Vec<String>, BitSet) {
        let places = classes.iter().filter_map(|class| self.of_class.get(class));
        let mut places: Vec<usize> = places.flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let (size, mut left, mut values) = (classes.len(), classes.clone(), Vec::new());
        for one in places.iter().filter_map(|place| self.named.get(*place)) {
            let is_inside =
                one.classes.len() <= size && one.classes.iter().all(|class| classes.contains(*class));
            if is_inside && one.classes.iter().any(|class| left.contains(*class)) {
                one.classes.iter().for_each(|class| {
                    left.remove(*class);
                });
                values.push(one.label.clone());
            }
        }
        (values, left)
    }

    /// The values that hold of every class but these, and of none of these; `None` where there are not such.
    fn outside(&self, inside: &BitSet) -> Option<Vec<String>> {
        let mut others = self.of_class.iter().enumerate();
        let is_nameless =
            |(class, places): (usize, &Vec<usize>)| places.is_empty() && !inside.contains(class);
        if others.any(is_nameless) {
            return None;
        }
        let outside = (0..self.of_class.len()).filter(|class| !inside.contains(*class));
        let (values, left) = self.covered(&outside.collect());
        left.is_empty().then_some(values)
    }

    /// A value of a class that no value of a policy names alone.
    fn example(&self, axis: &Axis, class: usize) -> Option<String> {
        let fragment = axis.classes.get(class)?.fragments.first()?;
        let smallest = self.of_class.get(class).and_then(|places| places.last());
        let smallest = smallest.and_then(|place| self.named.get(*place));
        Some(match (fragment, smallest) {
            (Fragment::Absent, _) => "none".to_owned(),
            (Fragment::Instant(_), _) => format!("from {fragment}"),
            (fragment, Some(within)) => format!("{} such as {fragment}", within.label),
            (fragment, None) => format!("others such as {fragment}"),
        })
    }
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
