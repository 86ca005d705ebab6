//! [`Gauge`]: the probes of a configuration, compiled for one workload.

use std::collections::BTreeSet;

use spiffe_authz_policy::{
    Attribute, ConfigErrors, Document, PolicyId, PolicySet, Request, StatedAction, StatedConfiguration,
    Workload,
};

use crate::coverage::probe::{Probe, ProbeNumber, Probes, probe_number};
use crate::coverage::probe_document::{fields, map, text};

/// What is asked which probes apply to a request, as they are compiled for one workload.
#[derive(Clone, Debug)]
pub struct Gauge {
    set: PolicySet,
}

/// The parts of a configuration that all probes share, and the probes.
#[derive(Clone, Debug)]
pub(super) struct Instrument {
    /// Everything but resources and workload.
    settings: Vec<(String, Document)>,
    /// What is no AuthorizationPolicy, and policies that admit nothing.
    shared: Vec<Document>,
}

impl Instrument {
    pub(super) fn of(document: &Document, stated: &StatedConfiguration) -> Self {
        let settings = fields(document).unwrap_or_default().iter();
        let settings = settings.filter(|(name, _)| !matches!(name.as_str(), "resources" | "workload"));
        let resources = document.field("resources").and_then(Document::as_list);
        let mut shared: Vec<Document> = resources.unwrap_or_default().to_vec();
        shared.retain(|resource| resource.field("kind") != Some(&text(POLICY)));
        shared.extend(closed(document, stated));
        Self {
            settings: settings.cloned().collect(),
            shared,
        }
    }

    /// Compiles the probes. One that means nothing is left out, and joins those that are broken.
    ///
    /// # Errors
    /// What is wrong with the configuration, which the probes have from it.
    pub(super) fn gauge(
        &self,
        probes: &Probes,
        broken: &mut BTreeSet<ProbeNumber>,
        workload: &Workload,
    ) -> Result<Gauge, ConfigErrors> {
        loop {
            let numbers: Vec<ProbeNumber> = (0..probes.probes.len())
                .filter(|number| !broken.contains(number))
                .collect();
            let document = self.document(probes, &numbers);
            match PolicySet::from_document(&document, Some(workload.clone())) {
                Ok(set) => return Ok(Gauge { set }),
                Err(errors) => {
                    let found = self.probes_at_fault(&errors, &numbers);
                    if found.is_empty() {
                        return Err(errors);
                    }
                    broken.extend(found);
                }
            }
        }
    }

    fn document(&self, probes: &Probes, numbers: &[ProbeNumber]) -> Document {
        let probe = |number: &ProbeNumber| probes.probes.get(*number).map(|probe| probe.resource.clone());
        let resources = self.shared.iter().cloned();
        let resources = resources.chain(numbers.iter().filter_map(probe)).collect();
        let resources = ("resources".to_owned(), Document::List(resources));
        Document::Map(self.settings.iter().cloned().chain([resources]).collect())
    }

    fn probes_at_fault(&self, errors: &ConfigErrors, numbers: &[ProbeNumber]) -> Vec<ProbeNumber> {
        let resources = errors.iter().filter_map(|error| resource_of(&error.at));
        let probes = resources.filter_map(|index| index.checked_sub(self.shared.len()));
        probes.filter_map(|index| numbers.get(index).copied()).collect()
    }
}

impl Gauge {
    /// The probes that apply to a request, of those that the engine does not refuse before it comes to the rules.
    pub(super) fn applying(&self, probes: &[Probe], request: &Request<'_>) -> BTreeSet<ProbeNumber> {
        let observations = self.set.observe(request);
        let marked = observations.audited.iter().map(|rule| rule.policy);
        let admitting = observations.would_allow.iter().copied();
        let number = |policy: &PolicyId| probe_number(&policy.name);
        marked
            .chain(admitting)
            .filter_map(number)
            .filter(|number| probes.get(*number).is_some_and(|probe| probe.is_live(request)))
            .collect()
    }
}

impl Probe {
    /// An exception cannot be a dry run, so that its probe is none: its end is looked at here, as the engine does (E-7).
    fn is_live(&self, request: &Request<'_>) -> bool {
        match (self.until, request.time) {
            (None, _) => true,
            (Some(until), Attribute::Known(now)) => now < until,
            (Some(_), Attribute::Absent | Attribute::Unreadable) => false,
        }
    }
}

const POLICY: &str = "AuthorizationPolicy";

/// Policies that admit nothing, so that a request is denied and each dry run says whether it would admit it: one for all
/// workloads, and one for each waypoint or gateway that an ALLOW policy is attached to.
fn closed(document: &Document, stated: &StatedConfiguration) -> Vec<Document> {
    let everywhere = policy(&stated.root_namespace, "closed", map([]));
    let targeted = stated.policies.iter().filter_map(|stated| {
        if stated.action != StatedAction::Allow || stated.targets.is_empty() {
            return None;
        }
        let spec = document
            .field("resources")?
            .as_list()?
            .get(stated.index)?
            .field("spec")?;
        let targets = fields(spec)?
            .iter()
            .filter(|(name, _)| name.starts_with("targetRef"));
        let name = format!("closed-{}", stated.index);
        Some(policy(
            &stated.id.namespace,
            &name,
            Document::Map(targets.cloned().collect()),
        ))
    });
    [everywhere].into_iter().chain(targeted).collect()
}

fn policy(namespace: &str, name: &str, spec: Document) -> Document {
    map([
        ("apiVersion", text("security.istio.io/v1")),
        ("kind", text(POLICY)),
        (
            "metadata",
            map([("name", text(name)), ("namespace", text(namespace))]),
        ),
        ("spec", spec),
    ])
}

/// The index of the resource that a place is in.
fn resource_of(at: &str) -> Option<usize> {
    let (index, _) = at.strip_prefix("resources[")?.split_once(']')?;
    index.parse().ok()
}
