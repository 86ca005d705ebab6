//! [`Asked`]: the truth of clauses, as the engine has it.
//!
//! Each clause becomes two policies that only watch: an AUDIT policy, which says whether the clause may hold, and a dry-run
//! ALLOW policy, which says whether it holds for certain. One request then has the truth of all clauses.

use std::collections::BTreeMap;

use spiffe_authz_policy::{ConfigErrors, Document, PolicyId, PolicySet, RequestDocument, Workload};

use crate::difference::Dimension;
use crate::difference::clause::{Clause, map, words};

const NAMESPACE: &str = "clauses";

/// The clauses of one configuration, compiled by its settings: all of them, and by the dimension that they look at.
pub(super) struct Asked {
    all: PolicySet,
    by_dimension: BTreeMap<Dimension, PolicySet>,
}

/// The clauses that hold, and those that may hold: their numbers, ascending.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Truths {
    pub(super) certain: Vec<usize>,
    pub(super) possible: Vec<usize>,
}

impl Asked {
    /// `settings` is the configuration without its resources and its workload.
    pub(super) fn new(
        settings: &[(String, Document)],
        root_namespace: &str,
        clauses: &[Clause],
    ) -> Result<Self, ConfigErrors> {
        let mut looking: BTreeMap<Dimension, Vec<usize>> = BTreeMap::new();
        for (index, clause) in clauses.iter().enumerate() {
            for dimension in clause.bound_dimensions().into_iter().chain([clause.dimension()]) {
                looking.entry(dimension).or_default().push(index);
            }
        }
        let compile = |numbers: &mut dyn Iterator<Item = usize>| {
            let chosen = numbers.filter_map(|number| Some((number, clauses.get(number)?)));
            compiled(settings, root_namespace, chosen)
        };
        let mut by_dimension = BTreeMap::new();
        for (dimension, numbers) in looking {
            by_dimension.insert(dimension, compile(&mut numbers.into_iter())?);
        }
        Ok(Self {
            all: compile(&mut (0..clauses.len()))?,
            by_dimension,
        })
    }

    /// The truth of those clauses that look at a dimension; of all where none is named.
    pub(super) fn truths(&self, request: &RequestDocument, dimension: Option<&Dimension>) -> Truths {
        let set = match dimension {
            None => &self.all,
            Some(dimension) => match self.by_dimension.get(dimension) {
                Some(set) => set,
                None => return Truths::default(),
            },
        };
        request.with_request(|request| {
            let observed = set.observe(request);
            let possible = observed.audited.iter().map(|rule| rule.policy);
            Truths {
                certain: numbers(observed.would_allow.iter().copied()),
                possible: numbers(possible),
            }
        })
    }
}

fn compiled<'c>(
    settings: &[(String, Document)],
    root_namespace: &str,
    clauses: impl Iterator<Item = (usize, &'c Clause)>,
) -> Result<PolicySet, ConfigErrors> {
    let mut resources = vec![permissive(root_namespace), policy("none", "ALLOW", false, None)];
    for (index, clause) in clauses {
        let rule = clause.rule();
        resources.push(policy(&format!("a{index}"), "AUDIT", false, Some(rule.clone())));
        resources.push(policy(&format!("d{index}"), "ALLOW", true, Some(rule)));
    }
    let mut document = settings.to_vec();
    document.push(("resources".to_owned(), Document::List(resources)));
    let workload = Workload {
        namespace: NAMESPACE.to_owned(),
        labels: BTreeMap::new(),
        waypoint: None,
    };
    PolicySet::from_document(&Document::Map(document), Some(workload))
}

fn numbers<'p>(policies: impl Iterator<Item = &'p PolicyId>) -> Vec<usize> {
    let number = |id: &PolicyId| id.name.get(1..)?.parse::<usize>().ok();
    let mut numbers: Vec<usize> = policies.filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

fn permissive(root_namespace: &str) -> Document {
    let spec = map([("mtls", map([("mode", words("PERMISSIVE"))]))]);
    map([
        ("apiVersion", words("security.istio.io/v1")),
        ("kind", words("PeerAuthentication")),
        (
            "metadata",
            map([("name", words("all")), ("namespace", words(root_namespace))]),
        ),
        ("spec", spec),
    ])
}

fn policy(name: &str, action: &str, is_dry_run: bool, rule: Option<Document>) -> Document {
    let mut metadata = vec![
        ("name".to_owned(), words(name)),
        ("namespace".to_owned(), words(NAMESPACE)),
    ];
    if is_dry_run {
        let annotation = map([("istio.io/dry-run", words("true"))]);
        metadata.push(("annotations".to_owned(), annotation));
    }
    let mut spec = vec![("action".to_owned(), words(action))];
    if let Some(rule) = rule {
        spec.push(("rules".to_owned(), Document::List(vec![rule])));
    }
    map([
        ("apiVersion", words("security.istio.io/v1")),
        ("kind", words("AuthorizationPolicy")),
        ("metadata", Document::Map(metadata)),
        ("spec", Document::Map(spec)),
    ])
}
