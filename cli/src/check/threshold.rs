//! [`Threshold`]: which lints are errors here, and which are not to be told.

use spiffe_authz_analysis::lint::LintCode;

use crate::diagnostics::{Diagnostic, Severity, nearest};

/// Lints: one, or all of a severity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Selector {
    /// The one of this code.
    Code(LintCode),
    /// All of this severity.
    Severity(Severity),
}

impl Selector {
    /// Reads a code, `errors`, `warnings` or `notes`.
    ///
    /// # Errors
    /// When there is no such lint, with the nearest one.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "errors" => Ok(Self::Severity(Severity::Error)),
            "warnings" => Ok(Self::Severity(Severity::Warning)),
            "notes" => Ok(Self::Severity(Severity::Note)),
            code => LintCode::parse(code).map(Self::Code).ok_or_else(|| unknown(code)),
        }
    }

    fn selects(self, code: &str, severity: Severity) -> bool {
        match self {
            Self::Code(selected) => selected.code() == code,
            Self::Severity(selected) => selected == severity,
        }
    }

    fn is_code(self) -> bool {
        matches!(self, Self::Code(_))
    }
}

fn unknown(code: &str) -> String {
    let codes = LintCode::ALL.iter().map(|code| code.code());
    match nearest(code, codes.chain(["warnings", "notes"])) {
        Some(meant) => format!("there is no such lint; did you mean `{meant}`?"),
        None => "there is no such lint; `warnings`, `notes` or the name of a page in docs/lints".to_owned(),
    }
}

/// What was asked of the lints. What names one lint counts before what names a severity, and `--deny` before `--allow`.
#[derive(Clone, Debug)]
pub(super) struct Threshold {
    deny: Vec<Selector>,
    allow: Vec<Selector>,
}

impl Threshold {
    pub(super) fn new(deny: &[Selector], allow: &[Selector]) -> Self {
        Self {
            deny: deny.to_vec(),
            allow: allow.to_vec(),
        }
    }

    /// The findings that are to be told, each as severe as was asked for.
    pub(super) fn apply(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        findings
            .into_iter()
            .filter_map(|finding| self.judge(finding))
            .collect()
    }

    /// Whether findings of this code are to be told.
    pub(super) fn tells(&self, code: LintCode) -> bool {
        let finding = Diagnostic::new(code.severity().into(), code.code(), "");
        self.judge(finding).is_some()
    }

    fn judge(&self, mut finding: Diagnostic) -> Option<Diagnostic> {
        let (code, severity) = (finding.code, finding.severity);
        let names = |selectors: &[Selector], is_code: bool| {
            selectors
                .iter()
                .any(|selector| selector.is_code() == is_code && selector.selects(code, severity))
        };
        for is_code in [true, false] {
            if names(&self.deny, is_code) {
                finding.severity = Severity::Error;
                return Some(finding);
            }
            if names(&self.allow, is_code) {
                return None;
            }
        }
        Some(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(deny: &[&str], allow: &[&str], severity: Severity) -> Option<Severity> {
        let read = |texts: &[&str]| -> Vec<Selector> {
            let selectors = texts.iter().map(|text| Selector::parse(text));
            selectors.collect::<Result<_, _>>().unwrap()
        };
        let threshold = Threshold::new(&read(deny), &read(allow));
        let finding = Diagnostic::new(severity, LintCode::SpiffeScheme.code(), "something");
        threshold
            .apply(vec![finding])
            .pop()
            .map(|finding| finding.severity)
    }

    #[test]
    fn a_lint_is_as_severe_as_was_asked_for() {
        use Severity::{Error, Note, Warning};
        let code = LintCode::SpiffeScheme.code();
        for (deny, allow, severity, expected) in [
            (&[][..], &[][..], Warning, Some(Warning)),
            (&["warnings"], &[], Warning, Some(Error)),
            (&["warnings"], &[], Note, Some(Note)),
            (&[code], &[], Note, Some(Error)),
            (&[], &[code], Error, None),
            (&[], &["notes"], Note, None),
            (&["warnings"], &[code], Warning, None),
            (&[code], &["warnings"], Warning, Some(Error)),
            (&[code], &[code], Warning, Some(Error)),
        ] {
            assert_eq!(judged(deny, allow, severity), expected, "{deny:?} {allow:?}");
        }
    }

    #[test]
    fn a_code_that_is_none_names_the_nearest() {
        let error = Selector::parse("spiffe-sheme").unwrap_err();
        assert!(error.contains("did you mean `spiffe-scheme`?"), "{error}");
        assert!(Selector::parse("nothing-like-it").is_err());
    }
}
