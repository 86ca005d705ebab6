//! Making a case smaller while it still shows the same.

use serde_json::Value;

use super::Case;

/// Drops resources, rules, fields, values and characters for as long as `shows_it` holds.
#[must_use]
pub fn shrink(mut case: Case, shows_it: impl Fn(&Case) -> bool) -> Case {
    while let Some(smaller) = smaller(&case).into_iter().find(|case| shows_it(case)) {
        case = smaller;
    }
    case
}

/// Every case with one part less, large parts first.
fn smaller(case: &Case) -> Vec<Case> {
    let configurations = without_one(&case.configuration)
        .into_iter()
        .map(|configuration| Case {
            configuration,
            request: case.request.clone(),
        });
    let requests = without_one(&case.request).into_iter().map(|request| Case {
        configuration: case.configuration.clone(),
        request,
    });
    let mut cases: Vec<Case> = configurations.chain(requests).collect();
    cases.sort_by_key(|case| case.configuration.to_string().len() + case.request.to_string().len());
    cases
}

/// Every document with one part less, however deep.
fn without_one(document: &Value) -> Vec<Value> {
    match document {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| {
                let mut left = fields.clone();
                left.remove(name);
                let deeper = without_one(field).into_iter().map(|field| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), field);
                    Value::Object(fields)
                });
                std::iter::once(Value::Object(left))
                    .chain(deeper)
                    .collect::<Vec<_>>()
            })
            .collect(),
        Value::Array(elements) => (0..elements.len())
            .flat_map(|index| {
                let mut left = elements.clone();
                left.remove(index);
                let deeper = without_one(&elements[index]).into_iter().map(|element| {
                    let mut elements = elements.clone();
                    elements[index] = element;
                    Value::Array(elements)
                });
                std::iter::once(Value::Array(left))
                    .chain(deeper)
                    .collect::<Vec<_>>()
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_shows_it_stays() {
        let case = Case {
            configuration: json!({"a": [1, 2, {"b": 3, "c": 4}], "d": {}}),
            request: json!({"x": 1, "y": 2}),
        };
        let shown = shrink(case, |case| case.configuration.to_string().contains("\"c\":4"));
        assert_eq!(shown.configuration, json!({"a": [{"c": 4}]}));
        assert_eq!(shown.request, json!({}));
    }
}
