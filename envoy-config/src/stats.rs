//! Statistics: how the labels in the filter's metric names become Prometheus labels, and the buckets of its histogram.

use serde_json::{Value, json};

/// The labels of the filter's metrics.
pub const LABELS: [&str; 8] = [
    "decision", "cause", "policy", "result", "action", "mtls", "port", "reason",
];

/// The bounds of the buckets of `spiffe_authz_peer_svid_remaining_seconds`, in seconds: from a minute to a year.
///
/// Without them Envoy's own bounds hold, which end at 41 days.
pub const SVID_REMAINING_BUCKETS: [u32; 15] = [
    60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800, 2_592_000,
    7_776_000, 31_536_000,
];

/// The bootstrap's `stats_config`.
///
/// The filter writes `spiffe_authz_requests_total.decision=.=deny;.;cause=.=no-svid;.;mtls=.=mutual;.;policy=.=;.;`, and
/// with these tags `/stats/prometheus` shows
/// `spiffe_authz_requests_total{decision="deny",cause="no-svid",policy="",mtls="mutual"}`.
#[must_use]
pub fn stats_config() -> Value {
    json!({
        "use_all_default_tags": true,
        "stats_tags": stats_tags(),
        "histogram_bucket_settings": [{
            "match": {"suffix": "spiffe_authz_peer_svid_remaining_seconds"},
            "buckets": SVID_REMAINING_BUCKETS,
        }],
    })
}

/// One tag a label.
#[must_use]
pub fn stats_tags() -> Vec<Value> {
    LABELS
        .iter()
        .map(|label| json!({"tag_name": label, "regex": format!(r"({label}=\.=(.*?);\.;)")}))
        .collect()
}
