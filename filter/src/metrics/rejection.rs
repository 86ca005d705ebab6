//! [`Rejection`]: why a configuration was rejected, in the closed set of words that a label may have.

use std::collections::BTreeSet;

use spiffe_authz_policy::{ConfigError, ConfigErrorKind, ConfigErrors};

/// Why a configuration was rejected. The log has every problem with its place.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Rejection {
    /// The proxy did not hand it over.
    NotHandedOver,
    /// It is neither JSON nor a `google.protobuf.Struct`.
    Syntax,
    /// Neither it nor the proxy's node metadata names the workload.
    NoWorkload,
    /// It has a field that does not exist.
    UnknownField,
    /// A field is missing, or its value means nothing.
    InvalidValue,
    /// A field or a resource stands twice.
    Duplicate,
    /// Something in it is larger than its bound.
    TooLarge,
}

impl Rejection {
    pub(crate) const ALL: [Self; 7] = [
        Self::NotHandedOver,
        Self::Syntax,
        Self::NoWorkload,
        Self::UnknownField,
        Self::InvalidValue,
        Self::Duplicate,
        Self::TooLarge,
    ];

    /// Every reason among these problems.
    pub(crate) fn all_of(errors: &ConfigErrors) -> BTreeSet<Self> {
        errors.iter().map(Self::of).collect()
    }

    fn of(error: &ConfigError) -> Self {
        match &error.kind {
            ConfigErrorKind::Syntax(_) => Self::Syntax,
            ConfigErrorKind::UnknownField { .. } => Self::UnknownField,
            ConfigErrorKind::Missing(_) if error.at == "workload" => Self::NoWorkload,
            ConfigErrorKind::Missing(_)
            | ConfigErrorKind::Type { .. }
            | ConfigErrorKind::Invalid { .. }
            | ConfigErrorKind::Empty(_)
            | ConfigErrorKind::Conflict(_) => Self::InvalidValue,
            ConfigErrorKind::DuplicateField | ConfigErrorKind::DuplicateResource(_) => Self::Duplicate,
            ConfigErrorKind::TooMany { .. } | ConfigErrorKind::NotListed(_) => Self::TooLarge,
        }
    }

    /// The one word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotHandedOver => "not-handed-over",
            Self::Syntax => "syntax",
            Self::NoWorkload => "no-workload",
            Self::UnknownField => "unknown-field",
            Self::InvalidValue => "invalid-value",
            Self::Duplicate => "duplicate",
            Self::TooLarge => "too-large",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spiffe_authz_policy::PolicySet;

    fn words(configuration: &str) -> Vec<&'static str> {
        let errors = PolicySet::from_plugin_configuration(configuration.as_bytes(), None).unwrap_err();
        Rejection::all_of(&errors)
            .into_iter()
            .map(Rejection::word)
            .collect()
    }

    #[test]
    fn every_problem_of_a_configuration_has_its_word_and_each_word_stands_once() {
        let workload = r#""workload": {"namespace": "shop"}"#;
        let long = "x".repeat(9_000);
        for (configuration, expected) in [
            ("{".to_owned(), &["syntax"][..]),
            (r#"{"resources": []}"#.to_owned(), &["no-workload"]),
            (
                format!(r#"{{{workload}, "resources": [], "a": 1, "b": 2}}"#),
                &["unknown-field"],
            ),
            (
                format!(r#"{{{workload}, "profile": "lax", "a": 1}}"#),
                &["unknown-field", "invalid-value"],
            ),
            (
                format!(r#"{{{workload}, {workload}, "resources": []}}"#),
                &["duplicate"],
            ),
            (
                format!(r#"{{"workload": {{"namespace": "{long}"}}, "resources": []}}"#),
                &["too-large"],
            ),
        ] {
            assert_eq!(words(&configuration), expected, "{configuration:.80}");
        }
    }
}
