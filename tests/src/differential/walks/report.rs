//! A case on which the walks differ, to read and to keep.

use std::fmt::Write as _;

use serde_json::json;

use super::walks;
use crate::differential::Case;

/// The documents, with what each walk says in a comment.
///
/// # Errors
/// When a document cannot be written as YAML.
pub fn report(case: &Case) -> Result<String, String> {
    let mut text = String::new();
    match walks(case) {
        Ok(walks) => writeln!(
            text,
            "# index:  {:?}\n# linear: {:?}\n# missed: {:?}",
            walks.index, walks.linear, walks.missed
        ),
        Err(error) => writeln!(text, "# refused: {error}"),
    }
    .map_err(|error| error.to_string())?;
    let documents = json!({"config": case.configuration, "request": case.request});
    Ok(text + &serde_saphyr::to_string(&documents).map_err(|error| error.to_string())?)
}
