//! Making a case smaller while it still shows the same.

use std::ops::Range;

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

/// Drops rules, many at once and then fewer, for as long as `shows_it` holds: before [`shrink`], where there are many.
#[must_use]
pub fn narrow(mut case: Case, shows_it: impl Fn(&Case) -> bool) -> Case {
    let mut size = rules(&case).div_euclid(2);
    while size > 0 {
        let mut begin = 0;
        while begin < rules(&case) {
            let smaller = without_rules(&case, begin..begin + size);
            if shows_it(&smaller) {
                case = smaller;
            } else {
                begin += size;
            }
        }
        size /= 2;
    }
    case
}

fn rules(case: &Case) -> usize {
    let resources = case.configuration["resources"].as_array();
    let rules = |resource: &Value| resource["spec"]["rules"].as_array().map_or(0, Vec::len);
    resources.into_iter().flatten().map(rules).sum()
}

/// The case without the rules of these numbers, counted over all policies.
fn without_rules(case: &Case, numbers: Range<usize>) -> Case {
    let mut case = case.clone();
    let mut number = 0..;
    let resources = case.configuration["resources"].as_array_mut();
    for resource in resources.into_iter().flatten() {
        if let Some(Value::Array(rules)) = resource.pointer_mut("/spec/rules") {
            rules.retain(|_| number.next().is_some_and(|number| !numbers.contains(&number)));
        }
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
    fn rules_are_dropped_that_do_not_show_it() {
        let rules = |names: &[u32]| json!({"spec": {"rules": names}});
        let case = Case {
            configuration: json!({"resources": [rules(&[1, 2, 3]), {}, rules(&[4, 5, 6, 7])]}),
            request: json!({}),
        };
        let shown = narrow(case, |case| {
            let text = case.configuration.to_string();
            text.contains('2') && text.contains('6')
        });
        assert_eq!(
            shown.configuration,
            json!({"resources": [rules(&[2]), {}, rules(&[6])]})
        );
    }

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
