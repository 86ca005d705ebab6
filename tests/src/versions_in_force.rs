//! [`VersionsInForce`]: which of several configurations may judge a request, while they replace each other.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after it took a configuration a proxy may still judge by the one before: its threads take it over one by one.
const HANDOVER: Duration = Duration::from_millis(500);

/// Configurations, numbered upwards, on their way into a proxy.
#[derive(Debug)]
pub struct VersionsInForce(Mutex<Vec<Span>>);

/// When a configuration was in force at most.
#[derive(Clone, Copy, Debug)]
struct Span {
    version: usize,
    from: Instant,
    until: Option<Instant>,
}

impl VersionsInForce {
    /// Nothing but this one is in force.
    #[must_use]
    pub fn new(version: usize) -> Self {
        let first = Span {
            version,
            from: Instant::now(),
            until: None,
        };
        Self(Mutex::new(vec![first]))
    }

    /// This one is about to be sent.
    pub fn sending(&self, version: usize) {
        let span = Span {
            version,
            from: Instant::now(),
            until: None,
        };
        self.lock().push(span);
    }

    /// This one was taken: those before it leave.
    pub fn taken(&self, version: usize) {
        let until = Instant::now() + HANDOVER;
        for span in self.lock().iter_mut().filter(|span| span.version < version) {
            span.until.get_or_insert(until);
        }
    }

    /// This one was refused: it never came in force.
    pub fn refused(&self, version: usize) {
        self.lock().retain(|span| span.version != version);
    }

    /// Those that may have judged a request that was sent then and answered now.
    #[must_use]
    pub fn since(&self, sent: Instant) -> Vec<usize> {
        let now = Instant::now();
        let spans = self.lock();
        let may = spans
            .iter()
            .filter(|span| span.from <= now && span.until.is_none_or(|until| until >= sent));
        may.map(|span| span.version).collect()
    }

    /// Waits until one alone is in force.
    pub async fn settled(&self) {
        tokio::time::sleep(HANDOVER + Duration::from_millis(10)).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Span>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_leaves_some_time_after_the_next_was_taken() {
        let versions = VersionsInForce::new(0);
        versions.sending(1);
        assert_eq!(versions.since(Instant::now()), [0, 1]);
        versions.taken(1);
        assert_eq!(versions.since(Instant::now()), [0, 1]);
        assert_eq!(versions.since(Instant::now() + HANDOVER * 2), [1]);
    }

    #[test]
    fn a_refused_version_is_never_in_force() {
        let versions = VersionsInForce::new(0);
        versions.sending(1);
        versions.refused(1);
        assert_eq!(versions.since(Instant::now()), [0]);
    }
}
