//! [`LintCode`]: the table of what is looked for.

use std::fmt;

/// How much a lint matters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// What is written has no effect, or another than anybody means by it.
    Error,
    /// What is written is probably not what is meant, or leaves something open.
    Warning,
    /// What is written is sound; one should know what it means.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The codes, each written once: the variant, the name of its page, its severity, its sentence.
macro_rules! codes {
    ($($variant:ident, $code:literal, $severity:ident, $summary:literal;)+) => {
        /// Something that is looked for. `docs/lints/CODE.md` says more of it.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum LintCode {
            $(#[doc = $summary] $variant,)+
        }

        impl LintCode {
            /// All of them, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name, in kebab case, such as `spiffe-scheme`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// How much it matters.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What it is about, in one sentence.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }
        }
    };
}

codes! {
    SpiffeScheme, "spiffe-scheme", Error,
        "A principal that begins with `spiffe://` matches nobody in profile istio.";
    RequestPrincipalForm, "request-principal-form", Error,
        "A request principal of this form matches no token.";
    StarInside, "star-inside", Error,
        "A star that is neither the first nor the last character is taken literally.";
}

impl LintCode {
    /// The code of this name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own_and_is_found_by_its_name() {
        for code in LintCode::ALL {
            assert_eq!(LintCode::parse(code.code()), Some(*code));
        }
        assert_eq!(LintCode::parse("no-such-lint"), None);
    }

    #[test]
    fn every_summary_is_one_sentence() {
        for code in LintCode::ALL {
            let summary = code.summary();
            assert!(
                summary.ends_with('.') && summary.matches(". ").count() == 0,
                "{summary}"
            );
        }
    }
}
