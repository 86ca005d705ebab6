//! What a VM holds of memory and of tables, against what it may.

use wasmtime::ResourceLimiter;

use crate::limits::Limits;
use crate::vm::trap::TrapCause;

/// All memories of a VM together, and all its tables together.
#[derive(Debug)]
pub(crate) struct Holdings {
    memory: Held,
    tables: Held,
    refused: Option<TrapCause>,
}

impl Holdings {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            memory: Held::new(limits.memory_bytes),
            tables: Held::new(limits.table_elements),
            refused: None,
        }
    }

    /// What was asked for last and not given: the reason why there is no instance, if its memories and tables are.
    pub(crate) fn refused(&self) -> Option<TrapCause> {
        self.refused.clone()
    }
}

impl ResourceLimiter for Holdings {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = self.memory.grow(current, desired, maximum);
        if !granted {
            self.refused = Some(TrapCause::TooMuchMemory {
                limit: self.memory.limit,
            });
        }
        Ok(granted)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = self.tables.grow(current, desired, maximum);
        if !granted {
            self.refused = Some(TrapCause::TooManyTableElements {
                limit: self.tables.limit,
            });
        }
        Ok(granted)
    }

    fn instances(&self) -> usize {
        1
    }
}

#[derive(Debug)]
struct Held {
    limit: usize,
    total: usize,
}

impl Held {
    const fn new(limit: usize) -> Self {
        Self { limit, total: 0 }
    }

    /// Growth that the machine then fails to give stays counted: such a VM gets less than its limit, never more.
    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        let total = self.total.saturating_sub(current).saturating_add(desired);
        let granted = total <= self.limit && maximum.is_none_or(|maximum| desired <= maximum);
        if granted {
            self.total = total;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_memories_hold_adds_up() {
        let mut held = Held::new(10);
        assert!(held.grow(0, 4, None));
        assert!(held.grow(0, 4, None));
        assert!(!held.grow(4, 7, None), "eleven in all");
        assert!(held.grow(4, 6, None));
        assert!(!held.grow(6, 7, None));
    }

    #[test]
    fn growth_beyond_a_memorys_own_maximum_is_not_counted() {
        let mut held = Held::new(10);
        assert!(!held.grow(0, 4, Some(3)));
        assert!(held.grow(0, 10, None));
    }
}
