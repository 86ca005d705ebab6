//! [`Asked`]: the truth of clauses, as the engine has it.
//!
//! Each clause becomes two policies that only watch: an AUDIT policy, which says whether the clause may hold, and a dry-run
//! ALLOW policy, which says whether it holds for certain. One request then has the truth of all clauses.

use spiffe_authz_policy::{ConfigErrors, Document, PolicyId, PolicySet, RequestDocument, Workload};

use crate::difference::clause::{Clause, map, words};

const NAMESPACE: &str = "clauses";

/// The clauses of one configuration, compiled by its settings.
pub(super) struct Asked {
    set: PolicySet,
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
        let mut resources = vec![permissive(root_namespace), policy("none", "ALLOW", false, None)];
        for (index, clause) in clauses.iter().enumerate() {
            let rule = clause.rule();
            resources.push(policy(&format!("a{index}"), "AUDIT", false, Some(rule.clone())));
            resources.push(policy(&format!("d{index}"), "ALLOW", true, Some(rule)));
        }
        let mut document = settings.to_vec();
        document.push(("resources".to_owned(), Document::List(resources)));
        let workload = Workload {
            namespace: NAMESPACE.to_owned(),
            labels: std::collections::BTreeMap::new(),
            waypoint: None,
        };
        let set = PolicySet::from_document(&Document::Map(document), Some(workload))?;
        Ok(Self { set })
    }

    pub(super) fn truths(&self, request: &RequestDocument) -> Truths {
        request.with_request(|request| {
            let observed = self.set.observe(request);
            let possible = observed.audited.iter().map(|rule| rule.policy);
            Truths {
                certain: numbers(observed.would_allow.iter().copied()),
                possible: numbers(possible),
            }
        })
    }
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
        ("metadata", map([("name", words("all")), ("namespace", words(root_namespace))])),
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
