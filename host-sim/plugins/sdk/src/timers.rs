//! Timers: logs at every tick, and stops after the third. The configuration is the period in milliseconds.

use std::time::{Duration, UNIX_EPOCH};

use proxy_wasm::traits::{Context, RootContext};

pub(crate) struct Root {
    period: Option<Duration>,
    ticks: u32,
}

impl Root {
    pub(crate) fn new(period: &str) -> Self {
        let period = period.parse().ok().map(Duration::from_millis);
        Self { period, ticks: 0 }
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        match self.period {
            Some(period) => self.set_tick_period(period),
            None => log::error!("no period in milliseconds"),
        }
        self.period.is_some()
    }

    fn on_tick(&mut self) {
        self.ticks += 1;
        let now = self.get_current_time().duration_since(UNIX_EPOCH);
        log::info!(
            "tick {} at {} ms",
            self.ticks,
            now.unwrap_or_default().as_millis()
        );
        if self.ticks == 3 {
            self.set_tick_period(Duration::ZERO);
        }
    }
}
