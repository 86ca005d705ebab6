//! [`Diagnostic`]: one thing to say of a configuration.

use spiffe_authz_analysis::lint;

use crate::source::Location;

/// How much it matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    /// It is wrong.
    Error,
    /// It is probably not what is meant.
    Warning,
    /// One should know of it.
    Note,
}

impl Severity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl From<lint::Severity> for Severity {
    fn from(severity: lint::Severity) -> Self {
        match severity {
            lint::Severity::Error => Self::Error,
            lint::Severity::Warning => Self::Warning,
            lint::Severity::Note => Self::Note,
        }
    }
}

/// A part of a text, and what it has to do with the problem.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) location: Location,
    pub(crate) text: Option<String>,
}

/// One thing to say.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostic {
    pub(crate) severity: Severity,
    /// One word, such as `unknown-field`.
    pub(crate) code: &'static str,
    /// Whether it is a lint, which has a page.
    pub(crate) is_lint: bool,
    pub(crate) message: String,
    /// The part of the text that it is about; what comes from an option has none.
    pub(crate) label: Option<Label>,
    /// Other parts of texts.
    pub(crate) related: Vec<Label>,
    /// The place in the configuration, such as `resources[0].spec.rules[1]`; empty where there is none.
    pub(crate) place: String,
    /// The resource, such as `AuthorizationPolicy shop/orders`.
    pub(crate) resource: Option<String>,
    /// More about it.
    pub(crate) notes: Vec<String>,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            is_lint: false,
            message: message.into(),
            label: None,
            related: Vec::new(),
            place: String::new(),
            resource: None,
            notes: Vec::new(),
            help: None,
        }
    }

    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// Diagnostics that stand nowhere come last, all others in the order of the texts.
    pub(crate) fn order(&self) -> (bool, usize, usize) {
        match &self.label {
            Some(Label { location, .. }) => (false, location.source, location.span.start),
            None => (true, 0, 0),
        }
    }

    /// The page that says more, from the root of the repository.
    pub(crate) fn page(&self) -> Option<String> {
        self.is_lint.then(|| format!("docs/lints/{}.md", self.code))
    }

    /// Where it stands.
    pub(crate) fn at(mut self, location: Location) -> Self {
        self.label = Some(Label { location, text: None });
        self
    }

    /// What to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
