//! One rule of an AuthorizationPolicy.

use crate::config::authorization_policy::condition::RawCondition;
use crate::config::authorization_policy::operation::RawOperation;
use crate::config::authorization_policy::source::RawSource;
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Listed, Read};

/// One rule. An absent list asks nothing.
#[derive(Clone, Debug)]
pub(crate) struct RawRule {
    pub(crate) from: Listed<RawSource>,
    pub(crate) to: Listed<RawOperation>,
    pub(crate) when: Listed<RawCondition>,
}

impl RawRule {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let rule = Self {
            from: clauses("from", &mut fields, at, problems, RawSource::read_clause),
            to: clauses("to", &mut fields, at, problems, RawOperation::read_clause),
            when: clauses("when", &mut fields, at, problems, RawCondition::read),
        };
        fields.finish(problems);
        Some(rule)
    }
}

/// A clause that is left out asks nothing; one that is there and empty is refused, as by Istio (S-4).
fn clauses<T>(
    name: &'static str,
    fields: &mut Fields<'_, '_>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    read: Read<T>,
) -> Listed<T> {
    let at = at.field(name);
    if fields.is_empty_list(name) {
        problems.add(
            &at,
            ConfigErrorKind::Empty("leave the field out if it is to match anything"),
        );
    }
    let list = fields.list(name, problems, read).unwrap_or_default();
    problems.at_most(&at, list.len(), problems.limits.clauses, "entries");
    list
}
