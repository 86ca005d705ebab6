//! The metrics that the plugins of a process define, with Envoy's rules about who may do what to which.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::abi::{MetricKind, Status};

/// What a metric holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricValue {
    /// Sum of all increments and records.
    Counter(u64),
    /// The value set last, or the sum of increments since.
    Gauge(u64),
    /// Every recorded sample in order.
    Histogram(Vec<u64>),
}

impl MetricValue {
    const fn new(kind: MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter(0),
            MetricKind::Gauge => Self::Gauge(0),
            MetricKind::Histogram => Self::Histogram(Vec::new()),
        }
    }
}

/// A name together with a kind: metrics of different kinds may share a name.
type MetricKey = (MetricKind, Vec<u8>);

/// Every metric of a process, by name and kind; shown as a table, one a line.
#[derive(Clone, Default)]
pub struct Metrics {
    values: Vec<MetricValue>,
    places: BTreeMap<MetricKey, usize>,
}

/// The order in which metrics were defined makes no difference.
impl PartialEq for Metrics {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Metrics {}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Metrics {
    /// The value of a counter; `None` where none of this name is defined.
    #[must_use]
    pub fn counter(&self, name: impl AsRef<[u8]>) -> Option<u64> {
        match self.find(MetricKind::Counter, name.as_ref())? {
            MetricValue::Counter(value) => Some(*value),
            MetricValue::Gauge(_) | MetricValue::Histogram(_) => None,
        }
    }

    /// The value of a gauge; `None` where none of this name is defined.
    #[must_use]
    pub fn gauge(&self, name: impl AsRef<[u8]>) -> Option<u64> {
        match self.find(MetricKind::Gauge, name.as_ref())? {
            MetricValue::Gauge(value) => Some(*value),
            MetricValue::Counter(_) | MetricValue::Histogram(_) => None,
        }
    }

    /// The samples of a histogram in order; `None` where none of this name is defined.
    #[must_use]
    pub fn histogram(&self, name: impl AsRef<[u8]>) -> Option<&[u64]> {
        match self.find(MetricKind::Histogram, name.as_ref())? {
            MetricValue::Histogram(samples) => Some(samples),
            MetricValue::Counter(_) | MetricValue::Gauge(_) => None,
        }
    }

    /// Every metric, counters first, then by name; bytes of a name that are not UTF-8 show as U+FFFD.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, &MetricValue)> {
        self.places.iter().filter_map(|((_, name), place)| {
            self.values
                .get(*place)
                .map(|value| (String::from_utf8_lossy(name), value))
        })
    }

    /// The place of the metric of this name and kind, which is made if it is not there.
    pub(crate) fn define(&mut self, kind: MetricKind, name: Vec<u8>) -> Place {
        let next = self.values.len();
        let place = *self.places.entry((kind, name)).or_insert(next);
        if place == next {
            self.values.push(MetricValue::new(kind));
        }
        Place(place)
    }

    /// Adds to a counter or a gauge; a counter takes only what is above zero.
    pub(crate) fn increment(&mut self, place: Place, offset: i64) -> Result<(), Status> {
        match self.at(place)? {
            MetricValue::Counter(_) if offset <= 0 => Err(Status::BadArgument),
            MetricValue::Counter(value) | MetricValue::Gauge(value) => {
                *value = value.wrapping_add_signed(offset);
                Ok(())
            }
            MetricValue::Histogram(_) => Err(Status::BadArgument),
        }
    }

    /// Adds to a counter, sets a gauge, gives a histogram a sample.
    pub(crate) fn record(&mut self, place: Place, value: u64) -> Result<(), Status> {
        match self.at(place)? {
            MetricValue::Counter(sum) => *sum = sum.wrapping_add(value),
            MetricValue::Gauge(gauge) => *gauge = value,
            MetricValue::Histogram(samples) => samples.push(value),
        }
        Ok(())
    }

    /// Reads a counter or a gauge; a histogram has no one value.
    pub(crate) fn value(&mut self, place: Place) -> Result<u64, Status> {
        match self.at(place)? {
            MetricValue::Counter(value) | MetricValue::Gauge(value) => Ok(*value),
            MetricValue::Histogram(_) => Err(Status::BadArgument),
        }
    }

    fn find(&self, kind: MetricKind, name: &[u8]) -> Option<&MetricValue> {
        let place = self.places.get(&(kind, name.to_vec()))?;
        self.values.get(*place)
    }

    fn at(&mut self, Place(place): Place) -> Result<&mut MetricValue, Status> {
        self.values.get_mut(place).ok_or(Status::NotFound)
    }
}

/// Where a metric is kept; metrics are never dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(usize);

#[cfg(test)]
mod tests {
    use super::*;

    fn define(metrics: &mut Metrics, kind: MetricKind) -> Place {
        metrics.define(kind, b"requests".to_vec())
    }

    #[test]
    fn the_same_name_and_kind_is_the_same_metric() {
        let mut metrics = Metrics::default();
        let first = define(&mut metrics, MetricKind::Counter);
        let again = define(&mut metrics, MetricKind::Counter);
        metrics.increment(first, 2).unwrap();
        metrics.record(again, 3).unwrap();
        assert_eq!((first, metrics.counter("requests")), (again, Some(5)));
    }

    #[test]
    fn the_order_of_definitions_makes_no_difference() {
        let [mut first, mut second] = [(); 2].map(|()| Metrics::default());
        define(&mut first, MetricKind::Counter);
        define(&mut first, MetricKind::Gauge);
        let gauge = define(&mut second, MetricKind::Gauge);
        define(&mut second, MetricKind::Counter);
        assert_eq!(first, second);
        second.record(gauge, 1).unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn a_gauge_and_a_counter_may_share_a_name() {
        let mut metrics = Metrics::default();
        let counter = define(&mut metrics, MetricKind::Counter);
        let gauge = define(&mut metrics, MetricKind::Gauge);
        metrics.increment(counter, 1).unwrap();
        metrics.record(gauge, 9).unwrap();
        assert_eq!(
            (metrics.counter("requests"), metrics.gauge("requests")),
            (Some(1), Some(9))
        );
        assert_eq!(metrics.iter().count(), 2);
    }

    #[test]
    fn a_counter_refuses_to_stand_still_or_go_down() {
        let mut metrics = Metrics::default();
        let counter = define(&mut metrics, MetricKind::Counter);
        for offset in [0, -1, i64::MIN] {
            assert_eq!(
                metrics.increment(counter, offset),
                Err(Status::BadArgument),
                "{offset}"
            );
        }
        assert_eq!(metrics.counter("requests"), Some(0));
    }

    #[test]
    fn a_gauge_goes_both_ways() {
        let mut metrics = Metrics::default();
        let gauge = define(&mut metrics, MetricKind::Gauge);
        metrics.record(gauge, 5).unwrap();
        metrics.increment(gauge, -3).unwrap();
        assert_eq!(metrics.value(gauge), Ok(2));
    }

    #[test]
    fn a_histogram_keeps_its_samples_and_has_no_single_value() {
        let mut metrics = Metrics::default();
        let histogram = define(&mut metrics, MetricKind::Histogram);
        metrics.record(histogram, 7).unwrap();
        metrics.record(histogram, 3).unwrap();
        assert_eq!(metrics.histogram("requests"), Some(&[7, 3][..]));
        assert_eq!(metrics.value(histogram), Err(Status::BadArgument));
        assert_eq!(metrics.increment(histogram, 1), Err(Status::BadArgument));
    }
}
