//! What a JWT says: its issuer and subject, and its other claims.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spiffe_authz_policy::StatedKey;

use crate::difference::Dimension;
use crate::difference::candidates::text::Patterns;
use crate::difference::candidates::{Candidates, MOST_PAIRED, Making, bounded, numbers, of};
use crate::difference::clause::{Form, Literal};
use crate::difference::fragment::Fragment;

impl Making<'_> {
    pub(super) fn tokens(&self) -> Candidates {
        let (mut issuers, mut subjects) = (Patterns::default(), Patterns::default());
        for clause in self.clauses(&Dimension::Token) {
            for Literal { text, .. } in clause.literals() {
                if let StatedKey::Claim(path) = &clause.key {
                    let is_issuer = path.first().is_some_and(|name| name == "iss");
                    (if is_issuer { &mut issuers } else { &mut subjects }).add(text);
                } else {
                    let (issuer, subject) = text.rsplit_once('/').unwrap_or((text, text));
                    issuers.add(issuer);
                    subjects.add(subject);
                }
            }
        }
        let ((issuers, first), (subjects, second)) = (issuers.witnesses(), subjects.witnesses());
        let is_bounded = issuers.len().saturating_mul(subjects.len()) > 20_000;
        let edge = |index: usize| !is_bounded || index < 2;
        let mut tokens = vec![Fragment::Absent];
        for (row, issuer) in issuers.iter().enumerate() {
            for (column, subject) in subjects.iter().enumerate() {
                if edge(row) || edge(column) {
                    tokens.push(Fragment::Token(issuer.clone(), subject.clone()));
                }
            }
        }
        bounded(tokens, is_bounded || first || second)
    }

    /// The claims under one name: each path of keys by itself, and the first values of all paths together.
    pub(super) fn claims(&self, dimension: &Dimension) -> Candidates {
        let mut by_path: BTreeMap<&[String], (Patterns, Vec<&str>)> = BTreeMap::new();
        for clause in self.clauses(dimension) {
            let StatedKey::Claim(path) = &clause.key else {
                continue;
            };
            let (patterns, figures) = by_path.entry(path.as_slice()).or_default();
            for literal in clause.literals() {
                match literal.form {
                    Form::Number => figures.push(&literal.text),
                    Form::Text | Form::Regex => patterns.add(&literal.text),
                    Form::Boolean => {}
                }
            }
        }
        let mut claims = vec![Value::Null];
        let mut notes = Vec::new();
        if by_path.is_empty() {
            claims.extend([json!("other"), json!("another")]);
        }
        for (path, (patterns, figures)) in &by_path {
            let inner = path.get(1..).unwrap_or_default();
            let values = claim_values(patterns, figures);
            let mut more = Vec::new();
            for claim in &claims {
                more.extend(values.iter().filter_map(|value| placed(claim, inner, value)));
            }
            claims.append(&mut more);
            if claims.len() > 5000 {
                claims.truncate(5000);
                notes.push("only the first 5000 combinations of nested claims".to_owned());
            }
        }
        let fragments = claims.into_iter().map(|claim| {
            if claim.is_null() {
                Fragment::Absent
            } else {
                Fragment::Claim(claim)
            }
        });
        Candidates {
            notes,
            ..of(fragments)
        }
    }
}

/// The values of one claim.
fn claim_values(patterns: &Patterns, figures: &[&str]) -> Vec<Value> {
    let (texts, _) = patterns.witnesses();
    let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    let paired: Vec<&String> = texts.iter().take(MOST_PAIRED).collect();
    for first in &paired {
        for second in &paired {
            values.push(json!([first, second]));
        }
    }
    values.extend(
        numbers::numbers(figures.iter().copied())
            .into_iter()
            .map(|number| json!(number)),
    );
    values.extend([json!(true), json!(false)]);
    values
}

/// The claim with a value at a place within it, where there is room.
fn placed(claim: &Value, path: &[String], value: &Value) -> Option<Value> {
    let Some((name, rest)) = path.split_first() else {
        return claim.is_null().then(|| value.clone());
    };
    let mut map = match claim {
        Value::Null => serde_json::Map::new(),
        Value::Object(map) => map.clone(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return None,
    };
    let inner = placed(map.get(name).unwrap_or(&Value::Null), rest, value)?;
    map.insert(name.clone(), inner);
    Some(Value::Object(map))
}
