//! [`Clause`]: one field or condition: what is expected, and what the request has.

use serde::Serialize;
use spiffe_authz_policy::{Got, JudgedClause, StatedClause, StatedKey, Truth, ValueForm};

use crate::explain::written::first_place;

/// One field with its `not` form, or one condition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Clause {
    /// The attribute, such as `principals` or `request.headers[x-role]`.
    pub(super) field: String,
    /// `true`, `false` or `unknown`.
    pub(super) truth: &'static str,
    /// The values of which one must match; without any, none has to.
    pub(super) any_of: Vec<String>,
    /// The values of which none may match.
    pub(super) none_of: Vec<String>,
    pub(super) got: GotValues,
    /// The place of what is expected.
    #[serde(skip)]
    pub(super) place: Option<String>,
    #[serde(skip)]
    is_identity: bool,
}

/// What the request has.
#[derive(Debug, Serialize)]
pub(super) struct GotValues {
    /// `present`, `absent`, `not-told` or `not-asked`.
    pub(super) state: &'static str,
    pub(super) values: Vec<String>,
}

/// `true`, `false` or `unknown`.
pub(super) fn truth_name(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}

impl Clause {
    pub(super) fn new(judged: &JudgedClause, stated: Option<&StatedClause>) -> Self {
        let texts = |values: Option<&Vec<spiffe_authz_policy::StatedValue>>| {
            let values = values.into_iter().flatten();
            let values = values.filter(|value| is_of(judged, value.form));
            values.map(|value| value.text.clone()).collect()
        };
        Self {
            field: field(judged),
            truth: truth_name(judged.truth),
            any_of: texts(stated.map(|stated| &stated.any_of)),
            none_of: texts(stated.map(|stated| &stated.none_of)),
            got: GotValues::new(&judged.got),
            place: stated.map(first_place),
            is_identity: judged.key.is_identity(),
        }
    }

    pub(super) fn holds(&self) -> bool {
        self.truth == truth_name(Truth::True)
    }

    /// What is expected, for people.
    pub(super) fn expected(&self) -> String {
        let any_of = listed(&self.any_of, " or ");
        let none_of = listed(&self.none_of, " nor ");
        match (any_of.is_empty(), none_of.is_empty()) {
            (true, true) => "anything".to_owned(),
            (false, true) => any_of,
            (true, false) => format!("not {none_of}"),
            (false, false) => format!("{any_of}, and not {none_of}"),
        }
    }

    /// What the request has, for people.
    pub(super) fn got(&self) -> String {
        match (self.got.state, self.is_identity) {
            ("present", _) => listed(&self.got.values, ", "),
            ("absent", _) => "(none)".to_owned(),
            ("not-asked", _) => "(left out: no HTTP)".to_owned(),
            (_, true) => "(no certificate)".to_owned(),
            (_, false) => "(cannot be told)".to_owned(),
        }
    }
}

impl GotValues {
    fn new(got: &Got) -> Self {
        let (state, values) = match got {
            Got::Values(values) => ("present", values.clone()),
            Got::Absent => ("absent", Vec::new()),
            Got::NotTold => ("not-told", Vec::new()),
            Got::NotAsked => ("not-asked", Vec::new()),
        };
        Self { state, values }
    }
}

/// Values of hosts and paths are judged apart from their regular expressions; of anything else all together.
fn is_of(judged: &JudgedClause, form: ValueForm) -> bool {
    let is_split = matches!(judged.key, StatedKey::Hosts | StatedKey::Paths);
    !is_split || judged.is_regex_field == (form == ValueForm::Regex)
}

fn field(judged: &JudgedClause) -> String {
    match (&judged.key, judged.is_regex_field) {
        (StatedKey::Hosts, true) => "hostRegexes".to_owned(),
        (StatedKey::Paths, true) => "pathRegexes".to_owned(),
        (key, _) => key.to_string(),
    }
}

/// Values that a table shows; of more the number is told.
const MOST: usize = 3;

fn listed(values: &[String], separator: &str) -> String {
    let text = |value: &String| match value.as_str() {
        "" => "\"\"".to_owned(),
        value => value.to_owned(),
    };
    let shown: Vec<String> = values.iter().take(MOST).map(text).collect();
    match values.len().checked_sub(MOST).filter(|more| *more > 0) {
        None => shown.join(separator),
        Some(more) => format!("{}{separator}{more} more", shown.join(separator)),
    }
}
