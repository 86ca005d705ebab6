//! [`Budget`]: an upper bound of the work for comparisons, whatever a document holds.

use std::cell::Cell;

/// How many comparisons are left. Who finds too few left compares nothing: a lint may be missing then, and none is wrong.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn of(comparisons: usize) -> Self {
        Self(Cell::new(comparisons))
    }

    /// Takes as many, if there are.
    pub(super) fn spend(&self, comparisons: usize) -> bool {
        let left = self.0.get().checked_sub(comparisons);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone() {
        let budget = Budget::of(3);
        assert!(budget.spend(2));
        assert!(!budget.spend(2));
        assert!(!budget.spend(1));
        assert!(budget.spend(0));
    }
}
