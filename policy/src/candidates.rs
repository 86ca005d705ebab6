//! [`Candidates`]: how much of a policy set the index leaves to be judged, for tests and benchmarks.

use std::collections::BTreeSet;

use crate::attached::Attached;
use crate::decision::RuleRef;
use crate::index::Wanted;
use crate::layer::Layer;
use crate::policy_set::PolicySet;
use crate::request::Request;
use crate::rule::Rule;
use crate::rule::facts::Facts;
use crate::truth::Truth;

/// What the index finds for one request, layer by layer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidates<'p> {
    /// The DENY policies.
    pub deny: LayerCandidates<'p>,
    /// The ALLOW policies.
    pub allow: LayerCandidates<'p>,
    /// The AUDIT policies.
    pub audit: LayerCandidates<'p>,
    /// The DENY policies that are not in force.
    pub dry_run_deny: LayerCandidates<'p>,
    /// The ALLOW policies that are not in force.
    pub dry_run_allow: LayerCandidates<'p>,
}

/// What the index of one layer finds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LayerCandidates<'p> {
    /// How many rules the layer has.
    pub rules: usize,
    /// How many of them are filed nowhere, so that every request is judged by them.
    pub residual: usize,
    /// How many are found where only those are wanted that match for certain.
    pub certain: usize,
    /// How many are found where those are wanted too of which it cannot be told.
    pub possible: usize,
    /// Rules that a judgement finds wanted and the index does not give: there is none, or the index is at fault.
    pub missed: Vec<RuleRef<'p>>,
}

impl Candidates<'_> {
    /// All layers.
    pub fn layers(&self) -> impl Iterator<Item = &LayerCandidates<'_>> {
        let Self {
            deny,
            allow,
            audit,
            dry_run_deny,
            dry_run_allow,
        } = self;
        [deny, allow, audit, dry_run_deny, dry_run_allow].into_iter()
    }
}

impl PolicySet {
    /// What the index finds for a request, whatever decides it; `None` where the request gets to no rule.
    #[must_use]
    pub fn candidates(&self, request: &Request<'_>) -> Option<Candidates<'_>> {
        let facts = self.establish(request).ok()?;
        Some(Candidates {
            deny: of_layer(&self.attached.deny, &facts),
            allow: of_layer(&self.attached.allow, &facts),
            audit: of_layer(&self.attached.audit, &facts),
            dry_run_deny: of_layer(&self.attached.dry_run.deny, &facts),
            dry_run_allow: of_layer(&self.attached.dry_run.allow, &facts),
        })
    }
}

impl PolicySet {
    /// How many bytes the indexes take.
    #[must_use]
    pub fn index_bytes(&self) -> usize {
        let Attached {
            deny,
            allow,
            audit,
            dry_run,
        } = &self.attached;
        let layers = [deny, allow, audit, &dry_run.deny, &dry_run.allow];
        layers.into_iter().map(|layer| layer.index().bytes()).sum()
    }
}

fn of_layer<'p>(layer: &'p Layer, facts: &Facts<'_>) -> LayerCandidates<'p> {
    let certain = found(layer, facts, Wanted::Certain);
    let possible = found(layer, facts, Wanted::Possible);
    let missed = numbered(layer).filter(|(number, _, rule)| {
        // A rule that reads HTTP never allows a TCP connection (S-10).
        let is_certain = rule.is_whole_on(facts.protocol()) && rule.judge(facts) == Truth::True;
        let is_possible = rule.judge(facts) != Truth::False;
        is_certain && !certain.contains(number) || is_possible && !possible.contains(number)
    });
    LayerCandidates {
        rules: numbered(layer).count(),
        residual: layer.index().residual_count(),
        certain: certain.len(),
        possible: possible.len(),
        missed: missed.map(|(_, rule, _)| rule).collect(),
    }
}

/// Every rule with its number.
fn numbered(layer: &Layer) -> impl Iterator<Item = (u32, RuleRef<'_>, &Rule)> {
    let rules = layer.policies().iter().flat_map(|policy| {
        let named = move |(index, rule)| {
            let policy = &policy.id;
            (RuleRef { policy, index }, rule)
        };
        policy.rules.iter().enumerate().map(named)
    });
    (0..)
        .zip(rules)
        .map(|(number, (name, rule))| (number, name, rule))
}

/// Every rule that is found.
fn found(layer: &Layer, facts: &Facts<'_>, wanted: Wanted) -> BTreeSet<u32> {
    let (mut found, mut start) = (BTreeSet::new(), Some(0));
    while let Some(from) = start {
        let batch = layer.index().search(facts, wanted, from, u32::MAX);
        found.extend(batch.rules());
        start = batch.next_start();
    }
    found
}
