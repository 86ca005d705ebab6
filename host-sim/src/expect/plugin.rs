//! Expectations of what a plugin has left behind by now.

use crate::expect::unexpected::Unexpected;
use crate::log::LogLine;
use crate::plugin::Plugin;

impl Plugin {
    /// Adds what happened in the VM to an expectation that was not met.
    ///
    /// # Errors
    /// The same, with [`Plugin::trace`].
    pub fn explain<T>(&self, result: Result<T, Unexpected>) -> Result<T, Unexpected> {
        result.map_err(|unexpected| unexpected.with(|| self.trace()))
    }

    /// Whether a line that was logged, and not taken, has this text in it.
    #[must_use]
    pub fn logged(&self, text: &str) -> bool {
        self.line_with(text).is_some()
    }

    /// Expects a line that was logged, and not taken, to have this text in it; gives the first one.
    ///
    /// # Errors
    /// [`Unexpected`] with the lines that were.
    pub fn expect_logged(&self, text: &str) -> Result<LogLine, Unexpected> {
        let found = self.line_with(text).ok_or_else(|| {
            let lines: String = self.logs().iter().map(|line| format!("\n  {line}")).collect();
            Unexpected::new(
                format_args!("a line with {text:?}"),
                format_args!("these were logged:{lines}"),
            )
        });
        self.explain(found)
    }

    /// Expects a counter of this name to have this value.
    ///
    /// # Errors
    /// [`Unexpected`] when it has another, or there is none.
    pub fn expect_counter(&self, name: &str, value: u64) -> Result<(), Unexpected> {
        self.expect_metric("counter", name, value, self.metrics().counter(name))
    }

    /// Expects a gauge of this name to have this value.
    ///
    /// # Errors
    /// [`Unexpected`] when it has another, or there is none.
    pub fn expect_gauge(&self, name: &str, value: u64) -> Result<(), Unexpected> {
        self.expect_metric("gauge", name, value, self.metrics().gauge(name))
    }

    /// Expects no callback to have trapped.
    ///
    /// # Errors
    /// [`Unexpected`] with the trap.
    pub fn expect_alive(&self) -> Result<(), Unexpected> {
        let trap = self.failure();
        let alive = trap.map_or(Ok(()), |trap| Err(Unexpected::new("a VM that works", trap)));
        self.explain(alive)
    }

    fn line_with(&self, text: &str) -> Option<LogLine> {
        self.logs().into_iter().find(|line| line.text().contains(text))
    }

    fn expect_metric(&self, kind: &str, name: &str, value: u64, came: Option<u64>) -> Result<(), Unexpected> {
        if came == Some(value) {
            return Ok(());
        }
        let came = came.map_or_else(|| "there is none".to_owned(), |came| format!("it is {came}"));
        let expected = format!("{kind} `{name}` to be {value}");
        self.explain(Err(Unexpected::new(expected, came)))
    }
}
