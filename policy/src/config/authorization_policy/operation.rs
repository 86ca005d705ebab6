//! `to[].operation`: what is asked for.

use std::collections::BTreeSet;

use crate::config::authorization_policy::clause::{read_only_field, refuse_empty};
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::field_values::{FieldValues, read_field};
use crate::config::fields::{Fields, wrong_kind};
use crate::config::values::{boolean, non_empty_text};

/// `to[].operation`
#[derive(Clone, Debug)]
pub(crate) struct RawOperation {
    pub(crate) hosts: FieldValues,
    pub(crate) host_regexes: FieldValues,
    pub(crate) ports: FieldValues,
    pub(crate) methods: FieldValues,
    pub(crate) paths: FieldValues,
    pub(crate) path_regexes: FieldValues,
    /// Whether paths are compared without regard to case (E-4).
    pub(crate) ignore_case: bool,
    /// From the names in path templates to attributes (E-6); `None` after a problem with the attribute.
    pub(crate) bindings: Vec<(String, Option<String>)>,
}

impl RawOperation {
    pub(crate) fn read_clause(
        document: &Document,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        read_only_field("operation", document, at, problems, Self::read)
    }

    fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let ignore_case = fields.optional("ignoreCase", problems, boolean);
        let bindings = fields.optional("bindings", problems, read_bindings);
        let mut field = |name, not_name| read_field(name, not_name, &mut fields, problems);
        let operation = Self {
            hosts: field("hosts", "notHosts"),
            host_regexes: field("hostRegexes", "notHostRegexes"),
            ports: field("ports", "notPorts"),
            methods: field("methods", "notMethods"),
            paths: field("paths", "notPaths"),
            path_regexes: field("pathRegexes", "notPathRegexes"),
            ignore_case: ignore_case.unwrap_or(false),
            bindings: bindings.unwrap_or_default(),
        };
        fields.finish(problems);
        refuse_empty(document, at, problems);
        if operation.ignore_case && operation.paths.is_empty() && operation.path_regexes.is_empty() {
            let why = "there are no paths whose case could be ignored; hosts are always compared so";
            problems.add(&at.field("ignoreCase"), ConfigErrorKind::Conflict(why));
        }
        Some(operation)
    }
}

/// A map from name to attribute, each name once.
fn read_bindings(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<Vec<(String, Option<String>)>> {
    let Document::Map(entries) = document else {
        wrong_kind(document, at, "a map from name to attribute", problems);
        return None;
    };
    let mut bindings: Vec<(String, Option<String>)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, attribute) in entries {
        let at = at.field(name);
        if !seen.insert(name) {
            problems.add(&at, ConfigErrorKind::DuplicateField);
        }
        let letters = name.starts_with(|first: char| first.is_ascii_alphabetic());
        if !letters || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            problems.invalid(&at, name, "a name: letters and digits, a letter first");
        }
        bindings.push((name.clone(), non_empty_text(attribute, &at, problems)));
    }
    Some(bindings)
}
