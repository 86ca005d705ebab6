//! What a callback cost.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::vm::callback::Callback;

/// One callback that ran, to its end or to a trap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRun {
    /// The callback.
    pub callback: Callback,
    /// The fuel that it used, the guest's allocator within hostcalls included; in wasmtime's units. The same
    /// plugin doing the same uses the same fuel.
    pub fuel: u64,
    /// How often it made each hostcall, WASI functions included.
    pub hostcalls: BTreeMap<&'static str, u64>,
    /// How long it took by the host's clock; never the same twice.
    pub time: Duration,
    /// Bytes of the guest's linear memory after it.
    pub memory_bytes: usize,
    /// By how many bytes it made the guest's linear memory grow.
    pub memory_growth: usize,
}

/// Fuel of every run of one callback.
pub(crate) fn fuel_of(runs: &[CallbackRun], callback: Callback) -> u64 {
    let of_callback = runs.iter().filter(|run| run.callback == callback);
    of_callback.fold(0, |sum, run| sum.saturating_add(run.fuel))
}

/// Hostcalls of every run, added up by name.
pub(crate) fn hostcalls_of(runs: &[CallbackRun]) -> BTreeMap<&'static str, u64> {
    let mut sums = BTreeMap::new();
    for (hostcall, count) in runs.iter().flat_map(|run| &run.hostcalls) {
        let sum: &mut u64 = sums.entry(*hostcall).or_default();
        *sum = sum.saturating_add(*count);
    }
    sums
}
