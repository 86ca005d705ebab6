//! The metrics that a plugin defines, with Envoy's rules about who may do what to which.

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

/// Every metric of a VM, by name and kind.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Metrics {
    values: Vec<MetricValue>,
    places: BTreeMap<MetricKey, usize>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The two lowest bits of a metric's id tell its kind, the rest its place, as in Envoy.
const KIND_BITS: u32 = 2;
const KIND_MASK: u32 = 0b11;

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

    /// Gives the metric of this name and kind its id; the same name and kind has the same id for ever.
    pub(crate) fn define(&mut self, kind: MetricKind, name: Vec<u8>) -> Result<u32, Status> {
        let next = self.values.len();
        let place = *self.places.entry((kind, name)).or_insert(next);
        if place == next {
            self.values.push(MetricValue::new(kind));
        }
        id(kind, place)
    }

    /// Adds to a counter or a gauge; a counter takes only what is above zero.
    pub(crate) fn increment(&mut self, id: u32, offset: i64) -> Result<(), Status> {
        match self.at(id)? {
            MetricValue::Counter(_) if offset <= 0 => Err(Status::BadArgument),
            MetricValue::Counter(value) | MetricValue::Gauge(value) => {
                *value = value.wrapping_add_signed(offset);
                Ok(())
            }
            MetricValue::Histogram(_) => Err(Status::BadArgument),
        }
    }

    /// Adds to a counter, sets a gauge, gives a histogram a sample.
    pub(crate) fn record(&mut self, id: u32, value: u64) -> Result<(), Status> {
        match self.at(id).map_err(|_| Status::NotFound)? {
            MetricValue::Counter(sum) => *sum = sum.wrapping_add(value),
            MetricValue::Gauge(gauge) => *gauge = value,
            MetricValue::Histogram(samples) => samples.push(value),
        }
        Ok(())
    }

    /// Reads a counter or a gauge; a histogram has no one value.
    pub(crate) fn value(&mut self, id: u32) -> Result<u64, Status> {
        match self.at(id)? {
            MetricValue::Counter(value) | MetricValue::Gauge(value) => Ok(*value),
            MetricValue::Histogram(_) => Err(Status::BadArgument),
        }
    }

    fn find(&self, kind: MetricKind, name: &[u8]) -> Option<&MetricValue> {
        let place = self.places.get(&(kind, name.to_vec()))?;
        self.values.get(*place)
    }

    /// The metric of an id; one whose kind bits name no kind is a bad argument, as in Envoy.
    fn at(&mut self, id: u32) -> Result<&mut MetricValue, Status> {
        let kind = MetricKind::try_from(id & KIND_MASK).map_err(|_| Status::BadArgument)?;
        let place = usize::try_from(id >> KIND_BITS).map_err(|_| Status::NotFound)?;
        let value = self.values.get_mut(place).ok_or(unknown(kind))?;
        if kind_of(value) == kind {
            Ok(value)
        } else {
            Err(unknown(kind))
        }
    }
}

const fn kind_of(value: &MetricValue) -> MetricKind {
    match value {
        MetricValue::Counter(_) => MetricKind::Counter,
        MetricValue::Gauge(_) => MetricKind::Gauge,
        MetricValue::Histogram(_) => MetricKind::Histogram,
    }
}

/// Envoy looks the id up only for the kinds that can be incremented and read.
const fn unknown(kind: MetricKind) -> Status {
    match kind {
        MetricKind::Counter | MetricKind::Gauge => Status::NotFound,
        MetricKind::Histogram => Status::BadArgument,
    }
}

fn id(kind: MetricKind, place: usize) -> Result<u32, Status> {
    let place = u32::try_from(place).map_err(|_| Status::InternalFailure)?;
    let shifted = place.checked_mul(1 << KIND_BITS).ok_or(Status::InternalFailure)?;
    Ok(shifted | kind.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn define(metrics: &mut Metrics, kind: MetricKind) -> u32 {
        metrics.define(kind, b"requests".to_vec()).unwrap()
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

    #[test]
    fn an_id_that_was_never_given_is_unknown() {
        let mut metrics = Metrics::default();
        let counter = define(&mut metrics, MetricKind::Counter);
        for id in [counter + 1, counter + 4, u32::MAX - 3] {
            assert_eq!(metrics.record(id, 1), Err(Status::NotFound), "{id}");
        }
        assert_eq!(metrics.increment(counter + 1, 1), Err(Status::NotFound));
        assert_eq!(metrics.value(3), Err(Status::BadArgument), "3 is no kind");
    }
}
