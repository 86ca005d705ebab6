//! [`Problem`]: an error as a sentence that says what it is about.

use std::fmt::Display;

/// A result whose error becomes text.
pub trait Problem<T> {
    /// The error behind the name of what it is about.
    ///
    /// # Errors
    /// The error.
    fn named(self, what: &str) -> Result<T, String>;
}

impl<T, E: Display> Problem<T> for Result<T, E> {
    fn named(self, what: &str) -> Result<T, String> {
        self.map_err(|error| format!("{what}: {error}"))
    }
}
