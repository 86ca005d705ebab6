//! What each callback has cost a VM so far.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::vm::callback::Callback;
use crate::vm::run::CallbackRun;

/// What all runs of one callback have cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// How often it ran.
    pub runs: u64,
    /// The fuel of all runs, in wasmtime's units.
    pub fuel: u64,
    /// The fuel of the dearest run.
    pub most_fuel: u64,
    /// How long all runs took by the host's clock; never the same twice.
    pub time: Duration,
    /// The hostcalls of all runs, WASI functions included.
    pub hostcalls: u64,
    /// By how many bytes all runs have made the guest's linear memory grow.
    pub memory_growth: usize,
}

/// What every callback of a VM has cost so far, those of streams that are gone included. Its `Display` is a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Costs {
    of: BTreeMap<Callback, Cost>,
    memory_bytes: usize,
}

impl Costs {
    /// What the runs of one callback have cost.
    #[must_use]
    pub fn of(&self, callback: Callback) -> Cost {
        self.of.get(&callback).copied().unwrap_or_default()
    }

    /// Every callback that ran, in the order of a stream's life.
    pub fn iter(&self) -> impl Iterator<Item = (Callback, Cost)> {
        self.of.iter().map(|(callback, cost)| (*callback, *cost))
    }

    /// The most bytes of linear memory that the guest has had.
    #[must_use]
    pub const fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    pub(crate) fn add(&mut self, run: &CallbackRun) {
        let cost = self.of.entry(run.callback).or_default();
        let hostcalls = run.hostcalls.values();
        cost.runs = cost.runs.saturating_add(1);
        cost.fuel = cost.fuel.saturating_add(run.fuel);
        cost.most_fuel = cost.most_fuel.max(run.fuel);
        cost.time = cost.time.saturating_add(run.time);
        cost.hostcalls = hostcalls.fold(cost.hostcalls, |sum, count| sum.saturating_add(*count));
        cost.memory_growth = cost.memory_growth.saturating_add(run.memory_growth);
        self.memory_bytes = self.memory_bytes.max(run.memory_bytes);
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<40} {:>8} {:>14} {:>12} {:>12} {:>10} {:>12}",
            "callback", "runs", "fuel", "most fuel", "time", "hostcalls", "memory"
        )?;
        for (callback, cost) in self.iter() {
            let Cost {
                runs,
                fuel,
                most_fuel,
                time,
                hostcalls,
                memory_growth,
            } = cost;
            let time = format!("{time:.1?}");
            writeln!(
                f,
                "{:<40} {runs:>8} {fuel:>14} {most_fuel:>12} {time:>12} {hostcalls:>10} {memory_growth:>+12}",
                callback.export()
            )?;
        }
        write!(f, "linear memory: {} B at most", self.memory_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(callback: Callback, fuel: u64, memory_growth: usize) -> CallbackRun {
        CallbackRun {
            callback,
            fuel,
            hostcalls: BTreeMap::from([("proxy_log", 2), ("fd_write", 1)]),
            memory_growth,
            memory_bytes: memory_growth.saturating_add(65_536),
            time: Duration::ZERO,
        }
    }

    #[test]
    fn runs_of_a_callback_are_added_up() {
        let mut costs = Costs::default();
        costs.add(&run(Callback::RequestHeaders, 10, 65_536));
        costs.add(&run(Callback::RequestHeaders, 30, 0));
        costs.add(&run(Callback::Tick, 1, 0));
        let cost = costs.of(Callback::RequestHeaders);
        assert_eq!(
            (cost.runs, cost.fuel, cost.most_fuel, cost.hostcalls),
            (2, 40, 30, 6)
        );
        assert_eq!((cost.memory_growth, costs.memory_bytes()), (65_536, 131_072));
        assert_eq!(costs.of(Callback::Log), Cost::default());
    }

    #[test]
    fn the_table_has_a_line_for_each_callback_that_ran() {
        let mut costs = Costs::default();
        costs.add(&run(Callback::RequestHeaders, 10, 0));
        let text = costs.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("proxy_on_request_headers "), "{text}");
        assert_eq!(lines[2], "linear memory: 65536 B at most");
    }
}
