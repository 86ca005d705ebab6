//! [`Run`]: the cases, judged by the engine.

use spiffe_authz_analysis::coverage::Gauge;

use crate::failure::Failure;
use crate::policy_tests::case::Case;
use crate::policy_tests::expectation::Comparison;
use crate::policy_tests::measure::{Measured, Measures};
use crate::policy_tests::nearest::nearest;
use crate::policy_tests::progress::Progress;
use crate::policy_tests::suite::Suite;
use crate::policy_tests::workloads::GuardedWorkload;
use crate::verdict::Verdict;

/// What became of every case.
pub(super) struct Run<'s> {
    pub(super) suites: Vec<SuiteRun<'s>>,
    /// What the requests tried of each configuration, where that was asked for.
    pub(super) coverage: Vec<Measured>,
}

/// What became of the cases of one file.
pub(super) struct SuiteRun<'s> {
    pub(super) suite: &'s Suite,
    /// In the order of [`Suite::all`], but those that were not chosen.
    pub(super) results: Vec<CaseResult<'s>>,
}

/// What became of one case.
pub(super) struct CaseResult<'s> {
    pub(super) case: &'s Case,
    pub(super) verdict: Verdict,
    pub(super) comparisons: Vec<Comparison>,
    /// Of a case that failed: the rule that came nearest to allowing what was denied.
    pub(super) nearest: Option<String>,
}

/// Which cases, and whether the requests are measured.
#[derive(Clone, Copy)]
pub(super) struct Choice<'c> {
    /// A text that the names of the cases have.
    pub(super) filter: Option<&'c str>,
    pub(super) measures: bool,
}

impl<'s> Run<'s> {
    /// Asks the engine about every case.
    ///
    /// # Errors
    /// Policies that compile and cannot be stated: there are none.
    pub(super) fn of(suites: &'s [Suite], choice: Choice<'_>, progress: &Progress) -> Result<Self, Failure> {
        let mut measures = Measures::default();
        let mut runs = Vec::new();
        for suite in suites {
            let gauges = measures.prepare(suite, choice)?;
            let chosen = suite.all().filter(|case| choice.takes(case));
            let results = chosen.filter_map(|case| {
                progress.step();
                judge(suite, case, &gauges, &mut measures)
            });
            runs.push(SuiteRun {
                suite,
                results: results.collect(),
            });
        }
        Ok(Self {
            suites: runs,
            coverage: measures.finish(),
        })
    }

    pub(super) fn results(&self) -> impl Iterator<Item = &CaseResult<'s>> {
        self.suites.iter().flat_map(|suite| &suite.results)
    }

    pub(super) fn passed(&self) -> usize {
        self.results().filter(|result| result.is_passed()).count()
    }

    pub(super) fn failed(&self) -> usize {
        self.results().filter(|result| !result.is_passed()).count()
    }
}

impl SuiteRun<'_> {
    /// The workload that a case asks.
    pub(super) fn workload(&self, case: &Case) -> Option<&GuardedWorkload> {
        self.suite.workloads.0.get(case.workload)
    }

    pub(super) fn path(&self) -> String {
        self.suite.path.display().to_string()
    }
}

impl CaseResult<'_> {
    pub(super) fn is_passed(&self) -> bool {
        self.comparisons.iter().all(Comparison::is_met)
    }
}

impl Choice<'_> {
    fn takes(self, case: &Case) -> bool {
        self.filter.is_none_or(|filter| case.name.contains(filter))
    }
}

/// Where the requests of a workload are counted: the number of the configuration, and what it is asked by.
pub(super) type Gauged = (usize, Gauge);

/// `None` for a case whose workload is not there: the reader refuses such a case.
fn judge<'s>(
    suite: &'s Suite,
    case: &'s Case,
    gauges: &[Gauged],
    measures: &mut Measures,
) -> Option<CaseResult<'s>> {
    let policies = &suite.workloads.0.get(case.workload)?.policies;
    let verdict = case.request.with_request(|request| {
        let decision = policies.decide(request);
        if let Some(gauged) = gauges.get(case.workload) {
            measures.record(gauged, request, &decision);
        }
        Verdict::of(&decision, &policies.observe(request))
    });
    let comparisons = case.expectation.compare(&verdict);
    let is_passed = comparisons.iter().all(Comparison::is_met);
    let nearest = || case.request.with_request(|request| nearest(policies, request));
    Some(CaseResult {
        case,
        verdict,
        nearest: (!is_passed).then(nearest).flatten(),
        comparisons,
    })
}
