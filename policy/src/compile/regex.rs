//! A regular expression (E-1).

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::regex::RegexMatcher;

pub(crate) fn compile(
    value: &str,
    ignore_case: bool,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<RegexMatcher> {
    match RegexMatcher::parse(value, ignore_case) {
        Ok(regex) => Some(regex),
        Err(error) => {
            problems.invalid(at, value, error.to_string());
            None
        }
    }
}
