//! [`Form`]: exact, prefix, suffix and presence (S-5).

/// A value on text, as the engine reads it: one star is cut off, in front or else behind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form<'t> {
    /// `*`
    Any,
    /// `*x`
    Suffix(&'t str),
    /// `x*`
    Prefix(&'t str),
    /// `x`
    Exact(&'t str),
}

impl<'t> Form<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        if text == "*" {
            Self::Any
        } else if let Some(suffix) = text.strip_prefix('*') {
            Self::Suffix(suffix)
        } else if let Some(prefix) = text.strip_suffix('*') {
            Self::Prefix(prefix)
        } else {
            Self::Exact(text)
        }
    }

    /// What stands beside the star; nothing for `*`.
    pub(super) fn literal(self) -> &'t str {
        match self {
            Self::Any => "",
            Self::Suffix(text) | Self::Prefix(text) | Self::Exact(text) => text,
        }
    }

    /// Whether everything that `other` matches is matched by this. `*` does not take the empty text, which no exact
    /// value is.
    pub(super) fn covers(self, other: Form<'_>) -> bool {
        match (self, other) {
            (Self::Any, Form::Exact(text)) => !text.is_empty(),
            (Self::Any, Form::Any | Form::Prefix(_) | Form::Suffix(_)) => true,
            (Self::Suffix(own), Form::Suffix(text) | Form::Exact(text)) => text.ends_with(own),
            (Self::Prefix(own), Form::Prefix(text) | Form::Exact(text)) => text.starts_with(own),
            (Self::Exact(own), Form::Exact(text)) => own == text,
            (Self::Suffix(_) | Self::Prefix(_) | Self::Exact(_), Form::Any)
            | (Self::Suffix(_) | Self::Exact(_), Form::Prefix(_))
            | (Self::Prefix(_) | Self::Exact(_), Form::Suffix(_)) => false,
        }
    }

    /// Whether no text is matched by both.
    pub(super) fn excludes(self, other: Form<'_>) -> bool {
        match (self, other) {
            (Self::Exact(own), _) => !other.covers(Form::Exact(own)),
            (_, Form::Exact(text)) => !self.covers(Form::Exact(text)),
            (Self::Prefix(own), Form::Prefix(text)) => !own.starts_with(text) && !text.starts_with(own),
            (Self::Suffix(own), Form::Suffix(text)) => !own.ends_with(text) && !text.ends_with(own),
            (Self::Any | Self::Prefix(_) | Self::Suffix(_), Form::Any)
            | (Self::Any, Form::Prefix(_) | Form::Suffix(_))
            | (Self::Prefix(_), Form::Suffix(_))
            | (Self::Suffix(_), Form::Prefix(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [&str; 12] = [
        "*", "a", "ab", "abc", "a*", "ab*", "*c", "*bc", "*abc*", "a*c", "b", "c*",
    ];
    const TEXTS: [&str; 10] = ["a", "ab", "abc", "abcd", "c", "bc", "b", "abc*", "a*c", "cc"];

    fn matches(value: &str, text: &str) -> bool {
        Form::of(value).covers(Form::Exact(text))
    }

    #[test]
    fn a_value_that_covers_another_matches_all_that_it_matches() {
        for (wide, narrow) in pairs(|wide, narrow| wide.covers(narrow)) {
            for text in TEXTS {
                assert!(
                    !matches(narrow, text) || matches(wide, text),
                    "{wide} {narrow} {text}"
                );
            }
        }
    }

    #[test]
    fn values_that_exclude_each_other_match_no_text_together() {
        for (one, other) in pairs(|one, other| one.excludes(other)) {
            for text in TEXTS {
                assert!(
                    !(matches(one, text) && matches(other, text)),
                    "{one} {other} {text}"
                );
            }
        }
    }

    #[test]
    fn prefixes_cover_what_is_longer_and_nothing_else() {
        let covered = |wide, narrow| Form::of(wide).covers(Form::of(narrow));
        for (wide, narrow) in [
            ("a*", "ab"),
            ("a*", "ab*"),
            ("*c", "*bc"),
            ("*", "a*"),
            ("a", "a"),
        ] {
            assert!(covered(wide, narrow) && (wide == narrow || !covered(narrow, wide)));
        }
    }

    fn pairs(related: fn(Form<'_>, Form<'_>) -> bool) -> Vec<(&'static str, &'static str)> {
        let all = VALUES
            .iter()
            .flat_map(|one| VALUES.iter().map(move |other| (*one, *other)));
        let found: Vec<_> = all
            .filter(|(one, other)| related(Form::of(one), Form::of(other)))
            .collect();
        assert!(found.len() > 10, "{found:?}");
        found
    }
}
