//! `exception`: an ALLOW policy that lifts DENY policies for a time (E-7).

use time::OffsetDateTime;

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Listed};
use crate::config::time::time;
use crate::config::values::non_empty_text;
use crate::decision::PolicyId;

/// `spec.exception`
#[derive(Clone, Debug)]
pub(crate) struct RawException {
    pub(crate) until: OffsetDateTime,
    pub(crate) lifts: Listed<PolicyId>,
}

impl RawException {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let until = fields.required("until", "when the exception ends", problems, time);
        let why = "the DENY policies that are lifted, as `namespace/name`";
        let has_lifts = fields.has("lifts") && !fields.is_empty_list("lifts");
        let lifts = fields.list("lifts", problems, read_policy_id);
        fields.finish(problems);
        if !has_lifts {
            problems.add(&at.field("lifts"), ConfigErrorKind::Missing(why));
        }
        Some(Self {
            until: until?,
            lifts: lifts.unwrap_or_default(),
        })
    }
}

fn read_policy_id(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<PolicyId> {
    let text = non_empty_text(document, at, problems)?;
    let parts = text
        .split_once('/')
        .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains('/'));
    if parts.is_none() {
        problems.invalid(at, &text, "the name of a policy, `namespace/name`");
    }
    parts.map(|(namespace, name)| PolicyId {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}
