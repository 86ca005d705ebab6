//! The smallest case on which both sides still disagree.

use std::sync::Arc;

use serde_json::Value;

use crate::native_rbac::batch::{Outcome, run};
use crate::native_rbac::connection::HttpVersion;
use crate::native_rbac::round::Round;

/// How many smaller cases are tried on one Envoy.
const TRIED_AT_ONCE: usize = 60;

/// Leaves out whatever can be left out, a part at a time, as long as the sides disagree.
///
/// # Errors
/// When no Envoy serves.
pub async fn shrink(configuration: &Value, outcome: &Outcome) -> Result<(Value, Outcome), String> {
    let mut smallest = (configuration.clone(), outcome.clone());
    while let Some(smaller) = smaller(&smallest).await? {
        smallest = smaller;
    }
    Ok(smallest)
}

async fn smaller((configuration, outcome): &(Value, Outcome)) -> Result<Option<(Value, Outcome)>, String> {
    let candidates = candidates(configuration, &outcome.sent.document, outcome.sent.version);
    for rounds in candidates.chunks(TRIED_AT_ONCE) {
        let found = run(rounds)
            .await?
            .into_iter()
            .find(|outcome| outcome.answers.disagree());
        if let Some(outcome) = found {
            return Ok(Some((rounds[outcome.round].configuration.clone(), outcome)));
        }
    }
    Ok(None)
}

/// Every case with one part less that both sides understand, those with much less first.
fn candidates(configuration: &Value, request: &Value, version: HttpVersion) -> Vec<Arc<Round>> {
    let configurations = with_one_part_less(configuration)
        .into_iter()
        .map(|smaller| (smaller, request.clone()));
    let requests = with_one_part_less(request)
        .into_iter()
        .map(|smaller| (configuration.clone(), smaller));
    let mut cases: Vec<(Value, Value)> = configurations
        .chain(requests)
        .filter(|(_, request)| is_sendable(request))
        .collect();
    cases.sort_by_key(|(configuration, request)| configuration.to_string().len() + request.to_string().len());
    let rounds = cases.iter().filter_map(|(configuration, request)| {
        Round::of(configuration, &[(request.clone(), version)])
            .ok()
            .map(Arc::new)
    });
    rounds.collect()
}

/// Without these a request is none.
fn is_sendable(request: &Value) -> bool {
    ["method", "host", "path"]
        .iter()
        .all(|field| request[field].is_string())
}

/// The document without one element of a list or one field of a map, at any depth.
fn with_one_part_less(document: &Value) -> Vec<Value> {
    match document {
        Value::Array(items) => (0..items.len())
            .flat_map(|index| {
                let without = [Value::Array(
                    items
                        .iter()
                        .enumerate()
                        .filter(|(other, _)| *other != index)
                        .map(|(_, item)| item.clone())
                        .collect(),
                )];
                let inside = with_one_part_less(&items[index]).into_iter().map(move |smaller| {
                    let mut items = items.clone();
                    items[index] = smaller;
                    Value::Array(items)
                });
                without.into_iter().chain(inside)
            })
            .collect(),
        Value::Object(fields) => fields
            .keys()
            .flat_map(|name| {
                let mut without = fields.clone();
                without.remove(name);
                let inside = with_one_part_less(&fields[name]).into_iter().map(move |smaller| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), smaller);
                    Value::Object(fields)
                });
                [Value::Object(without)].into_iter().chain(inside)
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_part_is_left_out_at_every_depth() {
        let smaller = with_one_part_less(&json!({"a": [1, {"b": 2}], "c": 3}));
        assert_eq!(
            smaller,
            [
                json!({"c": 3}),
                json!({"a": [{"b": 2}], "c": 3}),
                json!({"a": [1], "c": 3}),
                json!({"a": [1, {}], "c": 3}),
                json!({"a": [1, {"b": 2}]}),
            ]
        );
    }
}
