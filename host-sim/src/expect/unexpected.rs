//! An expectation that was not met.

use std::fmt;

use thiserror::Error;

use crate::trace::list::Trace;

/// What a test expected, what came, and what happened. Its `Debug` is its `Display`, so that a test that unwraps it, or
/// returns it, shows readable text.
#[derive(Clone, PartialEq, Eq, Error)]
pub struct Unexpected {
    expected: String,
    came: String,
    seen: Option<Trace>,
}

impl Unexpected {
    /// An expectation of a test's own; both texts stand in a sentence: `expected {expected}, but {came}`.
    #[must_use]
    pub fn new(expected: impl fmt::Display, came: impl fmt::Display) -> Self {
        Self {
            expected: expected.to_string(),
            came: came.to_string(),
            seen: None,
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What came.
    #[must_use]
    pub fn came(&self) -> &str {
        &self.came
    }

    /// What happened; `None` where nobody has added it.
    #[must_use]
    pub const fn trace(&self) -> Option<&Trace> {
        self.seen.as_ref()
    }

    /// Adds what happened, unless that is there.
    pub(crate) fn with(mut self, trace: impl FnOnce() -> Trace) -> Self {
        self.seen.get_or_insert_with(trace);
        self
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, but {}", self.expected, self.came)?;
        match &self.seen {
            Some(trace) if trace.events().is_empty() => {
                f.write_str("\n(nothing is traced: `PluginSetup { trace: true, .. }` shows what happened)")
            }
            Some(trace) => write!(f, "\n{}", trace.to_string().trim_end()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_was_expected_what_came_and_how_to_see_more() {
        let unexpected = Unexpected::new("a pause", "it went on");
        assert_eq!(unexpected.to_string(), "expected a pause, but it went on");
        let shown = format!("{:?}", unexpected.with(Trace::default));
        assert_eq!(shown.lines().next(), Some("expected a pause, but it went on"));
        assert!(shown.contains("trace: true"));
    }
}
