//! [`Answer`]: one line of the output.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spiffe_authz_host_sim::{LocalReply, MetricValue, Metrics};
use spiffe_authz_simulate::Played;

use crate::verdict::Verdict;

/// What `decide` answers, and beside it what was asked for.
#[derive(serde::Serialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    verdict: Verdict,
    #[serde(flatten)]
    details: Option<Details>,
    /// The events, each an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<Value>>,
}

/// What the proxy saw.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Details {
    /// The answer in the application's place; null where the request went on.
    local_reply: Option<Value>,
    /// What the filter left for the interlock and the access log.
    filter_state: BTreeMap<String, String>,
    /// By how much counters grew, what gauges were set to, and the new samples of histograms.
    metrics: BTreeMap<String, Value>,
    /// Of each callback, in wasmtime's units.
    fuel: BTreeMap<String, u64>,
}

impl Answer {
    pub(crate) fn new(played: &Played) -> Self {
        Self {
            verdict: played.verdict.clone().into(),
            details: None,
            trace: None,
        }
    }

    pub(crate) fn with_details(mut self, played: &Played, before: &Metrics, after: &Metrics) -> Self {
        self.details = Some(Details {
            local_reply: played.local_reply.as_ref().map(local_reply),
            filter_state: filter_state(played),
            metrics: growth(before, after),
            fuel: fuel(played),
        });
        self
    }

    pub(crate) fn with_trace(mut self, played: &Played) -> Self {
        let text = played.trace.to_json();
        let events = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into()));
        self.trace = Some(events.collect());
        self
    }
}

fn local_reply(reply: &LocalReply) -> Value {
    let headers = reply
        .headers
        .iter()
        .map(|(name, value)| json!([text(name), text(value)]));
    json!({
        "status": reply.status,
        "body": reply.body_text(),
        "details": reply.details_text(),
        "headers": headers.collect::<Vec<_>>(),
        "grpcStatus": reply.grpc_status,
    })
}

fn filter_state(played: &Played) -> BTreeMap<String, String> {
    let state = played.filter_state.iter();
    state.map(|(key, value)| (text(key), text(value))).collect()
}

/// Bytes that are not UTF-8 show as U+FFFD.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn fuel(played: &Played) -> BTreeMap<String, u64> {
    let mut fuel = BTreeMap::new();
    for run in &played.runs {
        let sum: &mut u64 = fuel.entry(run.callback.to_string()).or_default();
        *sum = sum.saturating_add(run.fuel);
    }
    fuel
}

/// What has changed, without what has not.
fn growth(before: &Metrics, after: &Metrics) -> BTreeMap<String, Value> {
    let changed = after.iter().filter_map(|(name, value)| {
        let change = change(&name, before, value)?;
        Some((name.into_owned(), change))
    });
    changed.collect()
}

fn change(name: &str, before: &Metrics, after: &MetricValue) -> Option<Value> {
    match after {
        MetricValue::Counter(after) => {
            let grown = after.saturating_sub(before.counter(name).unwrap_or_default());
            (grown > 0).then(|| grown.into())
        }
        MetricValue::Gauge(after) => (before.gauge(name) != Some(*after)).then(|| (*after).into()),
        MetricValue::Histogram(after) => {
            let known = before.histogram(name).map_or(0, <[u64]>::len);
            let new = after.get(known..).filter(|new| !new.is_empty());
            new.map(|new| new.to_vec().into())
        }
    }
}
