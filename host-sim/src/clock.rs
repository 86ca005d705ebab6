//! The time that a plugin is told.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the time of `proxy_get_current_time_nanoseconds` and `clock_time_get` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// The machine's clock, as in Envoy.
    #[default]
    System,
    /// Stands still at this time after the Unix epoch, until it is set again or [`advance`](crate::Plugin::advance) moves it.
    Fixed(Duration),
}

impl Clock {
    /// A clock that stands still at a time in whole seconds after the Unix epoch.
    #[must_use]
    pub const fn at_unix_seconds(seconds: u64) -> Self {
        Self::Fixed(Duration::from_secs(seconds))
    }

    /// The clock when this much time has passed; the system's needs no telling.
    pub(crate) const fn moved(self, by: Duration) -> Self {
        match self {
            Self::System => Self::System,
            Self::Fixed(time) => Self::Fixed(time.saturating_add(by)),
        }
    }

    /// The time after the Unix epoch; one before it reads 0.
    pub(crate) fn time(self) -> Duration {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or(Duration::ZERO),
            Self::Fixed(time) => time,
        }
    }

    /// Nanoseconds after the Unix epoch; a time after the year 2554 reads the largest number.
    pub(crate) fn nanoseconds(self) -> u64 {
        u64::try_from(self.time().as_nanos()).unwrap_or(u64::MAX)
    }
}
