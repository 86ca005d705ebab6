//! Metrics as a table: one a line, with its kind, its name and its value.

use std::fmt::{self, Display, Formatter};

use crate::shared::metrics::{MetricValue, Metrics};

/// Wide enough for the longest kind.
const KIND_WIDTH: usize = "histogram".len();

impl Display for Metrics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let longest = self.iter().map(|(name, _)| name.chars().count()).max();
        let width = longest.unwrap_or(0);
        self.iter().try_for_each(|(name, value)| {
            let kind = kind_of(value);
            writeln!(f, "{kind:KIND_WIDTH$}  {name:width$}  {value}")
        })
    }
}

impl Display for MetricValue {
    /// A number; of a histogram all samples in order.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter(value) | Self::Gauge(value) => write!(f, "{value}"),
            Self::Histogram(samples) => samples_in_order(f, samples),
        }
    }
}

const fn kind_of(value: &MetricValue) -> &'static str {
    match value {
        MetricValue::Counter(_) => "counter",
        MetricValue::Gauge(_) => "gauge",
        MetricValue::Histogram(_) => "histogram",
    }
}

fn samples_in_order(f: &mut Formatter<'_>, samples: &[u64]) -> fmt::Result {
    let Some((first, others)) = samples.split_first() else {
        return f.write_str("no samples");
    };
    write!(f, "{first}")?;
    others.iter().try_for_each(|sample| write!(f, ", {sample}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::MetricKind;

    #[test]
    fn each_metric_has_a_line_in_columns() {
        let mut metrics = Metrics::default();
        let define = |metrics: &mut Metrics, kind, name: &str| metrics.define(kind, name.into());
        let times = define(&mut metrics, MetricKind::Histogram, "milliseconds");
        let open = define(&mut metrics, MetricKind::Gauge, "open");
        let requests = define(&mut metrics, MetricKind::Counter, "requests");
        define(&mut metrics, MetricKind::Histogram, "unused");
        metrics.record(times, 7).unwrap();
        metrics.record(times, 3).unwrap();
        metrics.record(open, 2).unwrap();
        metrics.increment(requests, 12).unwrap();
        let table = "counter    requests      12\n\
                     gauge      open          2\n\
                     histogram  milliseconds  7, 3\n\
                     histogram  unused        no samples\n";
        assert_eq!(metrics.to_string(), table);
    }

    #[test]
    fn no_metrics_are_no_lines() {
        assert_eq!(Metrics::default().to_string(), "");
    }
}
