//! [`Workloads`]: the workloads that a file asks.

use spiffe_authz_policy::PolicySet;

use crate::policies::Loaded;
use crate::policy_tests::node::{Node, quoted};
use crate::policy_tests::problem::Problems;

/// The workloads of one file; never empty.
#[derive(Clone, Debug)]
pub(super) struct Workloads(pub(super) Vec<GuardedWorkload>);

/// One workload with its policies.
#[derive(Clone, Debug)]
pub(super) struct GuardedWorkload {
    /// Its name in the file; `None` is the one that the policies name themselves.
    pub(super) name: Option<String>,
    /// The plugin configuration.
    pub(super) configuration: Loaded,
    pub(super) policies: PolicySet,
}

impl Workloads {
    /// The index of the workload that the first of these names; the only one where none does.
    pub(super) fn chosen(
        &self,
        named: &[Option<Node<'_>>],
        at: &str,
        problems: &mut Problems,
    ) -> Option<usize> {
        let Some(node) = named.iter().flatten().next() else {
            return self.only(at, problems);
        };
        let name = node.text(problems)?;
        let found = self
            .0
            .iter()
            .position(|workload| workload.name.as_deref() == Some(name));
        if found.is_none() {
            problems.add(
                &node.at,
                format!(
                    "no workload of the name `{name}` in `workloads`: {}",
                    self.known()
                ),
            );
        }
        found
    }

    fn only(&self, at: &str, problems: &mut Problems) -> Option<usize> {
        if self.0.len() == 1 {
            return Some(0);
        }
        problems.add(
            format!("{at}.workload"),
            format!("missing: which workload is asked; {}", self.known()),
        );
        None
    }

    fn known(&self) -> String {
        let names = self.0.iter().filter_map(|workload| workload.name.as_deref());
        match quoted(names) {
            none if none.is_empty() => "there are none".to_owned(),
            known => format!("there are {known}"),
        }
    }
}
