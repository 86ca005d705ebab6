//! Whether an entry of a filter list is in force.

use crate::weak_points::cursor::Cursor;
use crate::weak_points::{Findings, WeakPoint};

/// Whether the filter is left out of the chain by its own entry.
pub(super) fn look_at_presence(filter: &Cursor<'_>, findings: &mut Findings) {
    for name in ["disabled", "is_optional"] {
        if filter.has_true(name) {
            findings.add(WeakPoint::Disabled, filter);
        }
    }
}
