//! A disagreement as a file of the corpus.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::native_rbac::answer::Answer;
use crate::native_rbac::batch::Outcome;

/// The file, with what native RBAC says as what is expected.
///
/// # Errors
/// When a document cannot be written as YAML.
pub fn corpus_case(configuration: &Value, outcome: &Outcome) -> Result<String, String> {
    let Outcome { sent, answers, .. } = outcome;
    let mut text = String::new();
    writeln!(
        text,
        "# native RBAC: {}\n# the filter: {}",
        answers.native, answers.filter
    )
    .map_err(|error| error.to_string())?;
    let mut case = Map::from_iter([
        ("name".to_owned(), json!("native RBAC and the filter agree")),
        ("request".to_owned(), sent.document.clone()),
    ]);
    case.extend(expected(&answers.native));
    let file = json!({"about": "Found by comparing the filter with native RBAC.", "config": configuration, "cases": [case]});
    let yaml = serde_saphyr::to_string(&file).map_err(|error| error.to_string())?;
    Ok(text + &yaml)
}

fn expected(answer: &Answer) -> Map<String, Value> {
    let decision = match answer {
        Answer::Allowed => "allow",
        Answer::Denied(_) | Answer::Other(_) | Answer::None(_) => "deny",
    };
    Map::from_iter([("decision".to_owned(), json!(decision))])
}
