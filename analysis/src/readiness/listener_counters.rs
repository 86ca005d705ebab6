//! [`Metrics`]: what the counters of an Envoy say, read from Prometheus text.

use std::collections::BTreeMap;

/// The counters of one Envoy, since it started.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Metrics {
    /// The listeners by their port.
    pub listeners: BTreeMap<u16, ListenerCounters>,
    /// For how many seconds Envoy has run.
    pub uptime: Option<u64>,
    /// Requests and connections that the filter denied for want of mTLS, on all ports.
    pub denied_without_mtls: u64,
    /// Requests and connections that the filter judged, on all ports.
    pub judged: u64,
}

/// The counters of one listener.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ListenerCounters {
    /// Connections that were accepted.
    pub connections: u64,
    /// Handshakes that were done.
    pub handshakes: u64,
    /// Handshakes without a certificate of the peer.
    pub without_certificate: u64,
    /// Handshakes that failed.
    pub failed: u64,
}

/// Metrics that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CounterError {
    /// A line is no sample of the Prometheus text format.
    #[error("line {line}: `{text}` is no sample of the Prometheus text format, `name{{labels}} value`")]
    Sample {
        /// The line, from 1.
        line: usize,
        /// What it says.
        text: String,
    },
    /// No counter that says anything of listeners or of the filter.
    #[error(
        "no `envoy_listener_…` and no `spiffe_authz_…` counter in it: is it `/stats/prometheus` of the proxy?"
    )]
    Nothing,
}

impl ListenerCounters {
    /// Connections on which no certificate of the peer was seen: plaintext, TLS without one, and those that ended before
    /// they spoke. A connection in the middle of its handshake is among them.
    #[must_use]
    pub fn without_mtls(&self) -> u64 {
        let with = self
            .handshakes
            .saturating_sub(self.without_certificate)
            .saturating_add(self.failed);
        self.connections.saturating_sub(with)
    }

    /// Connections with a certificate of the peer.
    #[must_use]
    pub fn mtls(&self) -> u64 {
        self.handshakes.saturating_sub(self.without_certificate)
    }
}

impl Metrics {
    /// Reads the Prometheus text format.
    ///
    /// # Errors
    /// A line that is no sample, and a text without a counter that matters.
    pub fn read(text: &str) -> Result<Self, CounterError> {
        let mut metrics = Self::default();
        let mut has_any = false;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let sample = Sample::read(line).ok_or_else(|| CounterError::Sample {
                line: index.saturating_add(1),
                text: line.chars().take(120).collect(),
            })?;
            has_any |= metrics.take(&sample);
        }
        if has_any {
            Ok(metrics)
        } else {
            Err(CounterError::Nothing)
        }
    }

    /// Whether the sample is one that matters.
    fn take(&mut self, sample: &Sample<'_>) -> bool {
        match sample.name {
            "envoy_server_uptime" => self.uptime = Some(sample.value),
            "spiffe_authz_requests_total" => self.judge(sample),
            "envoy_listener_downstream_cx_total" => {
                return self.count(sample, |listener| &mut listener.connections);
            }
            "envoy_listener_ssl_handshake" => return self.count(sample, |listener| &mut listener.handshakes),
            "envoy_listener_ssl_no_certificate" => {
                return self.count(sample, |listener| &mut listener.without_certificate);
            }
            "envoy_listener_ssl_connection_error" => {
                return self.count(sample, |listener| &mut listener.failed);
            }
            _ => return false,
        }
        sample.name != "envoy_server_uptime"
    }

    fn judge(&mut self, sample: &Sample<'_>) {
        self.judged = self.judged.saturating_add(sample.value);
        if sample.label("cause") == Some("mtls-required") {
            self.denied_without_mtls = self.denied_without_mtls.saturating_add(sample.value);
        }
    }

    fn count(&mut self, sample: &Sample<'_>, field: impl Fn(&mut ListenerCounters) -> &mut u64) -> bool {
        let address = sample.label("envoy_listener_address");
        // `0.0.0.0_15006`, or `[__]_15006`; the listener of the admin page is named `admin`.
        let port = address.and_then(|address| address.rsplit_once('_')?.1.parse().ok());
        let Some(port) = port else { return false };
        let count = field(self.listeners.entry(port).or_default());
        *count = count.saturating_add(sample.value);
        true
    }
}

/// One line: `name{label="value",...} 12`.
struct Sample<'t> {
    name: &'t str,
    labels: &'t str,
    value: u64,
}

impl<'t> Sample<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let (name, rest) = match line.split_once('{') {
            Some((name, rest)) => (name, rest.rsplit_once('}')?),
            None => {
                let (name, value) = line.split_once(' ')?;
                (name, ("", value))
            }
        };
        let (labels, value) = rest;
        // A time may follow the value.
        let value = value.split_ascii_whitespace().next()?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
        (!name.is_empty() && name.bytes().all(is_name)).then_some(())?;
        Some(Self {
            name,
            labels,
            value: whole(value)?,
        })
    }

    /// The value of a label. No label that is asked for has a quote in its value.
    fn label(&self, name: &str) -> Option<&'t str> {
        let mut pairs = self.labels.split("\",");
        pairs.find_map(|pair| {
            let (key, value) = pair.split_once("=\"")?;
            (key.trim() == name).then(|| value.strip_suffix('"').unwrap_or(value))
        })
    }
}

/// A number without its fraction; what is below zero or no number (`NaN`, of an empty histogram) counts nothing.
fn whole(text: &str) -> Option<u64> {
    let number: f64 = text.parse().ok()?;
    if !number.is_finite() || number < 0.0 {
        return Some(0);
    }
    Some(format!("{:.0}", number.trunc()).parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
# TYPE envoy_listener_downstream_cx_total counter
envoy_listener_downstream_cx_total{envoy_listener_address="0.0.0.0_15006"} 120
envoy_listener_downstream_cx_total{envoy_listener_address="admin"} 7
envoy_listener_ssl_handshake{envoy_listener_address="0.0.0.0_15006"} 110
envoy_listener_ssl_no_certificate{envoy_listener_address="0.0.0.0_15006"} 3
envoy_listener_ssl_connection_error{envoy_listener_address="0.0.0.0_15006"} 4
envoy_server_uptime{} 90061
envoy_x_bucket{le="0.5"} 1 1700000000000
envoy_x{quantile="0.5"} NaN
spiffe_authz_requests_total{decision="deny",cause="mtls-required",policy=""} 6
spiffe_authz_requests_total{decision="allow",cause="matched-allow",policy="shop/orders"} 100
"#;

    #[test]
    fn connections_without_a_certificate_are_what_the_handshakes_leave() {
        let metrics = Metrics::read(TEXT).unwrap();
        let listener = metrics.listeners.get(&15006).unwrap();
        assert_eq!(
            (listener.mtls(), listener.without_mtls(), listener.failed),
            (107, 9, 4)
        );
        assert_eq!(metrics.listeners.len(), 1);
        assert_eq!(
            (metrics.uptime, metrics.judged, metrics.denied_without_mtls),
            (Some(90061), 106, 6)
        );
    }

    #[test]
    fn what_is_no_sample_or_says_nothing_is_an_error() {
        for text in ["hello", "a b", "a{b=\"c\"", "{} 1"] {
            assert!(
                matches!(Metrics::read(text), Err(CounterError::Sample { line: 1, .. })),
                "{text}"
            );
        }
        assert_eq!(Metrics::read("up 1\n"), Err(CounterError::Nothing));
        assert_eq!(
            Metrics::read("envoy_server_uptime{} 5"),
            Err(CounterError::Nothing)
        );
    }
}
