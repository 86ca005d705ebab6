//! A value of `ports`.

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::port::PortMatcher;

pub(crate) fn compile(value: &str, at: &FieldPath<'_>, problems: &mut Problems) -> Option<PortMatcher> {
    let port = PortMatcher::parse(value);
    if port.is_none() {
        problems.invalid(
            at,
            value,
            "a port: a decimal number from 0 to 65535, or a range such as `8000-8099`",
        );
    }
    port
}
