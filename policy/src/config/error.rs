//! [`ConfigErrors`]: everything that is wrong with a configuration, each with its place.

use std::fmt;

use crate::config::field_path::FieldPath;
use crate::config::limits::Limits;

/// One problem of a configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigError {
    /// The place, such as `resources[1].spec.rules[0].to[0].operation.ports[0]`; empty for the document.
    pub at: String,
    /// What is wrong there.
    pub kind: ConfigErrorKind,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() {
            "configuration"
        } else {
            &self.at
        };
        write!(formatter, "{at}: {}", self.kind)
    }
}

impl std::error::Error for ConfigError {}

/// What is wrong at one place of a configuration.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigErrorKind {
    /// The document is no JSON, or nests too deeply.
    #[error("the document cannot be read: {0}")]
    Syntax(String),
    /// A value of another kind.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The kind that belongs here.
        expected: &'static str,
        /// The kind, and for plain values the text, that stands here.
        found: String,
    },
    /// A field that does not exist.
    #[error("unknown field, expected one of {}", names(.expected))]
    UnknownField {
        /// The fields that exist here.
        expected: Vec<&'static str>,
    },
    /// A field that stands twice.
    #[error("the field is given more than once")]
    DuplicateField,
    /// A field that must be there.
    #[error("missing: {0}")]
    Missing(&'static str),
    /// A value that means nothing here.
    #[error("`{input}` is not {expected}")]
    Invalid {
        /// The value.
        input: String,
        /// What belongs here.
        expected: String,
    },
    /// A form that says nothing, and that Istio's validation refuses.
    #[error("empty: {0}")]
    Empty(&'static str),
    /// Fields that exclude each other or ask for one another.
    #[error("{0}")]
    Conflict(&'static str),
    /// Two resources of one kind, namespace and name.
    #[error("`{0}` is already defined above in this document")]
    DuplicateResource(String),
    /// More than the limit.
    #[error("{found} {unit}, at most {limit} are allowed")]
    TooMany {
        /// How many there are.
        found: usize,
        /// Of what.
        unit: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// There are more problems than are listed.
    #[error("{0} more problems are not listed")]
    NotListed(usize),
}

fn names(expected: &[&'static str]) -> String {
    expected
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// All problems of a configuration, those of form before those of meaning; never empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// The problems.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }

    /// How many problems there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} in the configuration",
            plural(self.count(), "error")
        )?;
        self.iter().try_for_each(|error| write!(formatter, "\n  {error}"))
    }
}

impl std::error::Error for ConfigErrors {}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// A place between two problems.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(usize);

/// Where problems gather while a document is read.
#[derive(Debug)]
pub(crate) struct Problems {
    errors: Vec<ConfigError>,
    not_listed: usize,
    pub(crate) limits: Limits,
}

impl Problems {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            errors: Vec::new(),
            not_listed: 0,
            limits,
        }
    }

    /// Notes a problem; beyond the limit it is counted only, so that a document cannot fill the memory with them.
    pub(crate) fn add(&mut self, at: &FieldPath<'_>, kind: ConfigErrorKind) {
        if self.errors.len() >= self.limits.problems {
            self.not_listed = self.not_listed.saturating_add(1);
            return;
        }
        self.errors.push(ConfigError {
            at: at.to_string(),
            kind,
        });
    }

    /// A value that does not mean anything at `at`.
    pub(crate) fn invalid(&mut self, at: &FieldPath<'_>, input: &str, expected: impl Into<String>) {
        self.add(
            at,
            ConfigErrorKind::Invalid {
                input: input.to_owned(),
                expected: expected.into(),
            },
        );
    }

    /// Notes a count over its limit.
    pub(crate) fn at_most(&mut self, at: &FieldPath<'_>, found: usize, limit: usize, unit: &'static str) {
        if found > limit {
            self.add(at, ConfigErrorKind::TooMany { found, unit, limit });
        }
    }

    /// An empty list with the same limits.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.limits)
    }

    /// The place behind the last problem.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.errors.len())
    }

    /// Adds others behind the last one.
    pub(crate) fn append(&mut self, others: Self) {
        self.insert(self.mark(), others);
    }

    /// Adds others at a place. The first ones up to the limit stay listed, as if they had been found in this order;
    /// later marks mean nothing any more.
    #[expect(clippy::disallowed_methods, reason = "`at` is at most the length")]
    pub(crate) fn insert(&mut self, Mark(at): Mark, others: Self) {
        let at = at.min(self.errors.len());
        self.errors.splice(at..at, others.errors);
        let over = self.errors.len().saturating_sub(self.limits.problems);
        self.errors.truncate(self.limits.problems);
        self.not_listed = self
            .not_listed
            .saturating_add(others.not_listed)
            .saturating_add(over);
    }

    /// `value`, if nothing was wrong and there is one.
    pub(crate) fn into_result<T>(self, value: Option<T>) -> Result<T, ConfigErrors> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            Some(_) | None => Err(ConfigErrors(self.into_errors())),
        }
    }

    fn into_errors(self) -> Vec<ConfigError> {
        let rest = (self.not_listed > 0).then(|| ConfigError {
            at: String::new(),
            kind: ConfigErrorKind::NotListed(self.not_listed),
        });
        self.errors.into_iter().chain(rest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const LIMIT: usize = 4;

    fn problems(fields: &[&str]) -> Problems {
        let mut problems = Problems::new(Limits {
            problems: LIMIT,
            ..Limits::default()
        });
        for field in fields {
            problems.add(&FieldPath::Root.field(field), ConfigErrorKind::DuplicateField);
        }
        problems
    }

    fn told(problems: Problems) -> Vec<String> {
        let errors = problems.into_errors();
        errors
            .into_iter()
            .map(|error| format!("{}{}", error.at, error.kind))
            .collect()
    }

    /// As if all had been found in one go.
    fn assert_told(problems: Problems, fields: &[&str]) {
        let expected = self::problems(fields);
        assert_eq!(told(problems), told(expected));
    }

    #[test]
    fn problems_that_are_found_late_stand_where_they_belong() {
        let mut all = problems(&["a"]);
        let place = all.mark();
        all.append(problems(&["d"]));
        all.insert(place, problems(&["b", "c"]));
        assert_told(all, &["a", "b", "c", "d"]);
    }

    #[test]
    fn the_first_problems_are_listed_wherever_they_are_found() {
        let mut all = problems(&["a"]);
        let place = all.mark();
        all.append(problems(&["d", "e", "f", "g", "h"]));
        all.insert(place, problems(&["b", "c"]));
        assert_told(all, &["a", "b", "c", "d", "e", "f", "g", "h"]);
    }

    #[test]
    fn a_place_behind_the_limit_is_behind_everything_that_is_listed() {
        let mut all = problems(&["a", "b", "c", "d", "e"]);
        let place = all.mark();
        all.append(problems(&["g"]));
        all.insert(place, problems(&["f"]));
        assert_told(all, &["a", "b", "c", "d", "e", "f", "g"]);
    }
}
