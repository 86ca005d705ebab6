//! Statistics: how the labels in the filter's metric names become Prometheus labels.

use serde_json::{Value, json};

/// The labels of the filter's metrics.
pub const LABELS: [&str; 5] = ["decision", "cause", "policy", "result", "action"];

/// The bootstrap's `stats_config`.
///
/// The filter writes `spiffe_authz_requests_total.decision=.=deny;.;cause=.=no-svid;.;policy=.=;.;`, and with these
/// tags `/stats/prometheus` shows `spiffe_authz_requests_total{decision="deny",cause="no-svid",policy=""}`.
#[must_use]
pub fn stats_config() -> Value {
    json!({"use_all_default_tags": true, "stats_tags": stats_tags()})
}

/// One tag a label.
#[must_use]
pub fn stats_tags() -> Vec<Value> {
    LABELS
        .iter()
        .map(|label| json!({"tag_name": label, "regex": format!(r"({label}=\.=(.*?);\.;)")}))
        .collect()
}
