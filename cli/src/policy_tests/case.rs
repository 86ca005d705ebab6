//! [`Case`]: one test.

use spiffe_authz_policy::RequestDocument;

use crate::policy_tests::draft::Draft;
use crate::policy_tests::expectation::Expectation;
use crate::policy_tests::fixtures::Fixtures;
use crate::policy_tests::node::Node;
use crate::policy_tests::problem::Problems;
use crate::policy_tests::workloads::Workloads;

/// One request, and what is expected of the decision on it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// A sentence that says what holds.
    pub(super) name: String,
    /// The place of the expectation, such as `cases[0]` or `tables[0].rows[1].cells[2]`.
    pub(super) at: String,
    /// The index of the workload that is asked.
    pub(super) workload: usize,
    pub(super) request: RequestDocument,
    pub(super) expectation: Expectation,
}

/// What the cases of a file share.
#[derive(Clone, Copy)]
pub(super) struct Shared<'s, 'd> {
    pub(super) fixtures: &'s Fixtures<'d>,
    pub(super) workloads: &'s Workloads,
    /// What every request has, unless it says otherwise.
    pub(super) base: &'s Draft,
}

impl Case {
    pub(super) fn read(node: &Node<'_>, shared: Shared<'_, '_>, problems: &mut Problems) -> Option<Self> {
        let fields = node.fields(&["name", "workload", "request", "expect"], problems)?;
        let name = fields.required("name", "a sentence that says what holds", problems);
        let name = name.and_then(|node| node.text(problems).map(str::to_owned));
        let workload = shared
            .workloads
            .chosen(&[fields.optional("workload")], &node.at, problems);
        let mut draft = shared.base.clone();
        let request = fields.required("request", "the request that is asked about", problems);
        if let Some(request) = &request {
            shared.fixtures.add(&mut draft, request, problems);
        }
        let expectation = fields.required(
            "expect",
            "`allow`, `deny`, a cause, or more of the decision",
            problems,
        );
        let expectation = expectation.and_then(|node| Expectation::read(&node, problems));
        let request = draft.finish(&request?.at, problems);
        Some(Self {
            name: name?,
            at: node.at.clone(),
            workload: workload?,
            request: request?,
            expectation: expectation?,
        })
    }
}
