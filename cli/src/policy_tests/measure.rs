//! [`Measures`]: what all files together try of each configuration.

use std::path::PathBuf;

use spiffe_authz_analysis::coverage::{Coverage, Meter};
use spiffe_authz_policy::{Decision, Document, Request};

use crate::failure::Failure;
use crate::policy_tests::run::{Choice, Gauged};
use crate::policy_tests::suite::Suite;
use crate::policy_tests::workloads::GuardedWorkload;

/// A meter for each configuration.
#[derive(Default)]
pub(super) struct Measures(Vec<Measure>);

struct Measure {
    /// What the policies were read from.
    origins: Vec<PathBuf>,
    /// The configuration without its workload: several workloads of one configuration are counted together.
    configuration: Document,
    meter: Meter,
}

/// What was tried of one configuration.
pub(super) struct Measured {
    /// What the policies were read from.
    pub(super) name: String,
    pub(super) coverage: Coverage,
}

impl Measures {
    /// A gauge for each workload of the file; none where nothing is measured.
    pub(super) fn prepare(&mut self, suite: &Suite, choice: Choice<'_>) -> Result<Vec<Gauged>, Failure> {
        if !choice.measures {
            return Ok(Vec::new());
        }
        let workloads = suite.workloads.0.iter();
        workloads.map(|workload| self.gauge(suite, workload)).collect()
    }

    fn gauge(&mut self, suite: &Suite, workload: &GuardedWorkload) -> Result<Gauged, Failure> {
        let loaded = &workload.configuration;
        let configuration = without_workload(loaded.document());
        let origins = match suite.source.paths() {
            [] => std::slice::from_ref(&suite.path),
            paths => paths,
        };
        let is_same =
            |measure: &Measure| measure.origins == origins && measure.configuration == configuration;
        if let Some((number, measure)) = self
            .0
            .iter_mut()
            .enumerate()
            .find(|(_, measure)| is_same(measure))
        {
            let gauge = measure.meter.gauge(&workload.policies);
            return Ok((number, gauge.map_err(|errors| loaded.invalid(&errors))?));
        }
        let mut meter = Meter::new(loaded.document(), loaded.stated()?);
        let gauge = meter.gauge(&workload.policies);
        let gauge = gauge.map_err(|errors| loaded.invalid(&errors))?;
        self.0.push(Measure {
            origins: origins.to_vec(),
            configuration,
            meter,
        });
        Ok((self.0.len().saturating_sub(1), gauge))
    }

    pub(super) fn record(
        &mut self,
        (number, gauge): &Gauged,
        request: &Request<'_>,
        decision: &Decision<'_>,
    ) {
        if let Some(measure) = self.0.get_mut(*number) {
            measure.meter.record(gauge, request, decision);
        }
    }

    pub(super) fn finish(self) -> Vec<Measured> {
        let measured = |measure: Measure| Measured {
            name: name(&measure.origins),
            coverage: measure.meter.coverage(),
        };
        self.0.into_iter().map(measured).collect()
    }
}

fn name(origins: &[PathBuf]) -> String {
    let names: Vec<String> = origins.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

fn without_workload(configuration: &Document) -> Document {
    match configuration {
        Document::Map(fields) => {
            let kept = fields.iter().filter(|(name, _)| name != "workload");
            Document::Map(kept.cloned().collect())
        }
        other @ (Document::Null
        | Document::Bool(_)
        | Document::Number(_)
        | Document::String(_)
        | Document::List(_)) => other.clone(),
    }
}
