//! What is looked for among the values of a clause.

mod absent_passes;
mod denied_peer;
mod repeated;

use crate::lint::Lint;
use crate::lint::context::Context;

/// Looks at every clause.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    for clause in context.clauses() {
        repeated::look(context, clause, lints);
        lints.extend(absent_passes::look(clause));
        lints.extend(denied_peer::look(context, clause));
    }
}
