//! A case as a file of the corpus.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Answers, Case};
use crate::verdict::Verdict;

/// The file, with what the reference says, and what the engine says in a comment.
///
/// # Errors
/// When a document cannot be written as YAML.
pub fn corpus_case(case: &Case, answers: &Answers) -> Result<String, String> {
    let mut text = String::new();
    for (who, answer) in [("reference", &answers.reference), ("engine", &answers.engine)] {
        let said = match answer {
            Ok(verdict) => verdict.to_string(),
            Err(error) => format!("no verdict: {}", error.replace('\n', "; ")),
        };
        writeln!(text, "# {who}: {said}").map_err(|error| error.to_string())?;
    }
    let expected = answers.reference.as_ref().map_or_else(|_| Map::new(), expected);
    let mut shown = Map::from_iter([
        ("name".to_owned(), json!("engine and reference agree")),
        ("request".to_owned(), case.request.clone()),
    ]);
    shown.extend(expected);
    let file = json!({"about": "Found by comparing the engine with the reference.", "config": case.configuration, "cases": [shown]});
    Ok(text + &yaml(&file)?)
}

fn yaml(document: &impl Serialize) -> Result<String, String> {
    serde_saphyr::to_string(document).map_err(|error| error.to_string())
}

fn expected(verdict: &Verdict) -> Map<String, Value> {
    let mut fields = Map::from_iter([
        ("decision".to_owned(), json!(verdict.decision.word())),
        ("cause".to_owned(), json!(verdict.cause)),
    ]);
    for (name, value) in [
        ("policy", json!(verdict.policy)),
        ("rule", json!(verdict.rule)),
        ("audited", json!(verdict.audited)),
        ("would_deny", json!(verdict.would_deny)),
        ("would_allow", json!(verdict.would_allow)),
    ] {
        if !value.is_null() && value != json!([]) {
            fields.insert(name.to_owned(), value);
        }
    }
    fields
}
