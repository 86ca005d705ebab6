//! The corpus: configurations, and what must follow from them by the specification.
//!
//! ```yaml
//! about: What the file shows.
//! config: {}                     # a plugin configuration; as text, it is handed over as it stands
//! base_request: {method: GET}    # what every request of the file has unless it says otherwise
//! cases:
//!   - name: a sentence that is true
//!     request: {path: /orders}
//!     decision: allow
//!     cause: matched-allow
//!     policy: shop/orders        # left out where no policy decided
//!     rule: 0
//!     audited: [shop/orders]     # and would_deny, would_allow: left out where there are none
//! ```
//! A configuration that must be refused has `refused:` in the place of `cases:`: all its problems, each with its
//! exact place and a part of its message.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};
use spiffe_authz_policy::RequestDocument;

use crate::verdict::{Effect, Verdict};
use crate::workspace;

/// One file of the corpus.
#[derive(Clone, Debug)]
pub struct CorpusFile {
    /// The name of the file without its ending.
    pub name: String,
    /// The plugin configuration.
    pub configuration: PluginConfiguration,
    /// What must follow from it.
    pub expected: Expected,
}

/// A plugin configuration as bytes, and the file that it is from.
#[derive(Clone, Debug)]
pub struct PluginConfiguration {
    /// The name of the corpus file.
    pub file: String,
    /// The JSON text that every engine gets.
    pub json: String,
}

/// What must follow from a configuration.
#[derive(Clone, Debug)]
pub enum Expected {
    /// It decides requests.
    Decides(Vec<Case>),
    /// It is refused for exactly these problems.
    Refused(Vec<ExpectedProblem>),
}

/// One request and its verdict.
#[derive(Clone, Debug)]
pub struct Case {
    /// A sentence.
    pub name: String,
    /// The request.
    pub request: RequestDocument,
    /// The same as it was written.
    pub request_document: Value,
    /// What the specification says about it.
    pub verdict: Verdict,
}

/// One problem of a configuration that must be refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedProblem {
    /// The place in the document; empty for the document.
    pub at: String,
    /// A part of the message.
    pub says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    about: String,
    config: Value,
    #[serde(default)]
    base_request: Map<String, Value>,
    cases: Option<Vec<RawCase>>,
    refused: Option<Vec<ExpectedProblem>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: String,
    request: Map<String, Value>,
    decision: Effect,
    cause: String,
    policy: Option<String>,
    rule: Option<usize>,
    #[serde(default)]
    audited: Vec<String>,
    #[serde(default)]
    would_deny: Vec<String>,
    #[serde(default)]
    would_allow: Vec<String>,
}

/// Reads every file of the corpus, in the order of their names.
///
/// # Errors
/// When a file cannot be read or is no corpus file; the message names it.
pub fn load() -> Result<Vec<CorpusFile>, String> {
    paths()?.iter().map(|path| load_file(path)).collect()
}

fn paths() -> Result<Vec<PathBuf>, String> {
    let folder = workspace::corpus();
    let failed = |error| format!("cannot read `{}`: {error}", folder.display());
    let entries = fs::read_dir(&folder).map_err(failed)?;
    let paths: BTreeSet<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    Ok(paths.into_iter().collect())
}

fn load_file(path: &Path) -> Result<CorpusFile, String> {
    let failed = |error: String| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let raw: RawFile = serde_saphyr::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let name = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    read_file(name, raw).map_err(failed)
}

fn read_file(name: &str, raw: RawFile) -> Result<CorpusFile, String> {
    let RawFile {
        about,
        config,
        base_request,
        cases,
        refused,
    } = raw;
    if about.trim().is_empty() {
        return Err("`about` is empty".to_owned());
    }
    let json = match config {
        Value::String(text) => text,
        document => document.to_string(),
    };
    let expected = match (cases, refused) {
        (Some(cases), None) => Expected::Decides(
            cases
                .into_iter()
                .map(|case| read_case(case, &base_request))
                .collect::<Result<_, _>>()?,
        ),
        (None, Some(problems)) => Expected::Refused(problems),
        (Some(_), Some(_)) | (None, None) => return Err("either `cases` or `refused`".to_owned()),
    };
    let configuration = PluginConfiguration {
        file: name.to_owned(),
        json,
    };
    Ok(CorpusFile {
        name: name.to_owned(),
        configuration,
        expected,
    })
}

fn read_case(raw: RawCase, base_request: &Map<String, Value>) -> Result<Case, String> {
    let RawCase {
        name,
        request,
        decision,
        cause,
        policy,
        rule,
        audited,
        would_deny,
        would_allow,
    } = raw;
    let mut fields = base_request.clone();
    fields.extend(request);
    let request_document = Value::Object(fields);
    let request = RequestDocument::from_json(request_document.to_string().as_bytes())
        .map_err(|error| format!("case `{name}`: {error}"))?;
    let verdict = Verdict {
        decision,
        cause,
        policy,
        rule,
        audited,
        would_deny,
        would_allow,
    };
    Ok(Case {
        name,
        request,
        request_document,
        verdict,
    })
}
