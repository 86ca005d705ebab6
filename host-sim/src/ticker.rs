//! The clock behind [`Limits::time_per_callback`](crate::Limits::time_per_callback): a thread that moves an engine's epoch on.

use std::io;
use std::thread;
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// How many ticks a limit is cut into, and between which bounds a tick stays.
const TICKS: u32 = 8;
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(50);

/// How long a tick is where a callback may take this long.
fn period(limit: Duration) -> Duration {
    let share = limit.checked_div(TICKS).unwrap_or(SHORTEST);
    share.max(SHORTEST).min(LONGEST)
}

/// After how many ticks a callback is over its limit: never before it, and at most two ticks after.
pub(crate) fn ticks(limit: Duration) -> u64 {
    let whole = limit.as_nanos().checked_div(period(limit).as_nanos());
    // The tick that is under way may end at once.
    let ticks = whole.and_then(|whole| whole.checked_add(2));
    ticks
        .and_then(|ticks| u64::try_from(ticks).ok())
        .unwrap_or(u64::MAX)
}

/// Starts the thread; it ends when the engine is gone.
///
/// # Errors
/// The machine's, where there can be no thread.
pub(crate) fn start(engine: &Engine, limit: Duration) -> io::Result<()> {
    let (engine, period) = (engine.weak(), period(limit));
    let thread = thread::Builder::new().name("host-sim-ticker".to_owned());
    thread.spawn(move || tick(&engine, period)).map(drop)
}

fn tick(engine: &EngineWeak, period: Duration) {
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        thread::sleep(period);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_always_gets_the_whole_of_its_time() {
        for limit in [0, 1, 7, 8, 100, 10_000, u64::MAX].map(Duration::from_millis) {
            let full_ticks = ticks(limit) - 1;
            let time = u128::from(full_ticks) * period(limit).as_nanos();
            assert!(time >= limit.as_nanos() || ticks(limit) == u64::MAX, "{limit:?}");
        }
    }
}
