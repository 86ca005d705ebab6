//! Which policies apply to the workload (S-1).

use crate::config::metadata::Metadata;
use crate::config::selector::Selector;
use crate::workload::Workload;

/// Whether an AuthorizationPolicy applies: it lies in the root namespace or in the workload's, and its
/// selector, if it has one, selects the workload's labels.
pub(crate) fn applies(
    metadata: &Metadata,
    selector: Option<&Selector>,
    root_namespace: &str,
    workload: &Workload,
) -> bool {
    let namespace = metadata.id.namespace.as_str();
    (namespace == root_namespace || namespace == workload.namespace)
        && selector.is_none_or(|selector| selector.selects(&workload.labels))
}
