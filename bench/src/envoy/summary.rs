//! [`Summary`]: what the slices of one load say together.

use crate::envoy::load::Slice;
use crate::figures::median;

/// Medians over the quieter half of the slices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many requests were answered in all slices together.
    pub requests: u64,
    /// Microseconds of CPU a request.
    pub cpu: f64,
    /// Median latency in microseconds.
    pub p50: f64,
    /// The latency in microseconds that one request of a hundred exceeds.
    pub p99: f64,
}

impl Summary {
    /// Of the slices of a load.
    #[must_use]
    pub fn new(slices: &[Slice]) -> Self {
        let quiet = quieter_half(slices);
        let of = |number: fn(&Slice) -> f64| {
            let figures: Vec<f64> = quiet.iter().map(number).collect();
            median(&figures).unwrap_or(f64::NAN)
        };
        Self {
            requests: slices.iter().map(|slice| slice.requests).sum(),
            cpu: of(|slice| slice.cpu),
            p50: of(|slice| slice.p50),
            p99: of(|slice| slice.p99),
        }
    }

    /// The CPU of this load through that of the plain one.
    #[must_use]
    pub fn ratio(&self, plain: &Self) -> f64 {
        self.cpu / plain.cpu
    }

    /// Microseconds of CPU a request more than the plain load.
    #[must_use]
    pub fn added(&self, plain: &Self) -> f64 {
        self.cpu - plain.cpu
    }
}

/// Those in which Envoy waited least for a CPU. What waits also comes back to cold caches, and pays for that with CPU of
/// its own; on a machine that does nothing else both halves are alike.
fn quieter_half(slices: &[Slice]) -> Vec<Slice> {
    let mut sorted = slices.to_vec();
    sorted.sort_by(|one, other| one.waited.total_cmp(&other.waited));
    sorted.truncate(slices.len().div_ceil(2));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(cpu: f64, waited: f64) -> Slice {
        Slice {
            requests: 10,
            cpu,
            waited,
            p50: 2.0 * cpu,
            p99: 3.0 * cpu,
        }
    }

    #[test]
    fn the_slices_in_which_envoy_waited_most_do_not_count() {
        let slices = [
            slice(10.0, 0.1),
            slice(99.0, 0.4),
            slice(12.0, 0.2),
            slice(14.0, 0.3),
            slice(77.0, 9.9),
        ];
        let summary = Summary::new(&slices);
        assert_eq!((summary.cpu, summary.p50, summary.p99), (12.0, 24.0, 36.0));
        assert_eq!(summary.requests, 50);
    }

    #[test]
    fn what_is_added_and_the_ratio_are_those_to_the_plain_load() {
        let plain = Summary::new(&[slice(10.0, 0.0)]);
        let summary = Summary::new(&[slice(15.0, 0.0)]);
        assert_eq!((summary.added(&plain), summary.ratio(&plain)), (5.0, 1.5));
    }
}
