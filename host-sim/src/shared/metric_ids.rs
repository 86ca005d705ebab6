//! The numbers under which one VM knows its metrics.

use crate::abi::{MetricKind, Status};
use crate::shared::metrics::Place;

/// The two lowest bits of a metric's id tell its kind, the rest its number among the VM's own of that kind, as in Envoy.
const KIND_BITS: u32 = 2;
const KIND_MASK: u32 = 0b11;

/// Which metric each id stands for: a definition has an id of its own, also where the metric was there before.
#[derive(Debug, Default)]
pub(crate) struct MetricIds {
    counters: Vec<Place>,
    gauges: Vec<Place>,
    histograms: Vec<Place>,
}

impl MetricIds {
    /// A new id for this metric; the first of a kind has number 1.
    pub(crate) fn give(&mut self, kind: MetricKind, place: Place) -> Result<u32, Status> {
        let places = match kind {
            MetricKind::Counter => &mut self.counters,
            MetricKind::Gauge => &mut self.gauges,
            MetricKind::Histogram => &mut self.histograms,
        };
        places.push(place);
        let number = u32::try_from(places.len()).map_err(|_| Status::InternalFailure)?;
        let shifted = number
            .checked_mul(1 << KIND_BITS)
            .ok_or(Status::InternalFailure)?;
        Ok(shifted | kind.number())
    }

    /// The counter or gauge of an id; an id of another kind is a bad argument, given or not, as in Envoy.
    pub(crate) fn of_one_value(&self, id: u32) -> Result<Place, Status> {
        match MetricKind::try_from(id & KIND_MASK) {
            Ok(MetricKind::Counter) => at(&self.counters, id),
            Ok(MetricKind::Gauge) => at(&self.gauges, id),
            Ok(MetricKind::Histogram) | Err(_) => Err(Status::BadArgument),
        }
    }

    /// The metric of an id; one that was not given is not found.
    pub(crate) fn of_any(&self, id: u32) -> Result<Place, Status> {
        match MetricKind::try_from(id & KIND_MASK) {
            Ok(MetricKind::Counter) => at(&self.counters, id),
            Ok(MetricKind::Gauge) => at(&self.gauges, id),
            Ok(MetricKind::Histogram) => at(&self.histograms, id),
            Err(_) => Err(Status::NotFound),
        }
    }
}

fn at(places: &[Place], id: u32) -> Result<Place, Status> {
    let number = usize::try_from(id >> KIND_BITS).map_err(|_| Status::NotFound)?;
    let index = number.checked_sub(1).ok_or(Status::NotFound)?;
    places.get(index).copied().ok_or(Status::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::metrics::Metrics;

    #[test]
    fn each_kind_counts_its_own_ids() {
        let place = Metrics::default().define(MetricKind::Counter, b"x".to_vec());
        let mut ids = MetricIds::default();
        let kinds = [MetricKind::Counter, MetricKind::Gauge, MetricKind::Histogram];
        let given = kinds.map(|kind| [(); 2].map(|()| ids.give(kind, place).unwrap()));
        assert_eq!(given, [[4, 8], [5, 9], [6, 10]]);
    }

    #[test]
    fn an_id_that_was_never_given_is_not_found_and_one_without_a_kind_a_bad_argument() {
        let ids = MetricIds::default();
        for id in [0, 4, 5, u32::MAX - 3] {
            assert_eq!(ids.of_one_value(id), Err(Status::NotFound), "{id}");
            assert_eq!(ids.of_any(id), Err(Status::NotFound), "{id}");
        }
        for id in [2, 3, 6, u32::MAX] {
            assert_eq!(ids.of_one_value(id), Err(Status::BadArgument), "{id}");
            assert_eq!(ids.of_any(id), Err(Status::NotFound), "{id}");
        }
    }
}
