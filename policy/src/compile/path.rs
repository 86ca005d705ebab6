//! A value of `paths`.

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::path::PathMatcher;

pub(crate) fn compile(value: &str, at: &FieldPath<'_>, problems: &mut Problems) -> Vec<PathMatcher> {
    if value.contains("{*}") || value.contains("{**}") {
        problems.unsupported(
            at,
            format!("the path template `{value}` is"),
            "write a prefix such as `/orders/*`",
        );
        return Vec::new();
    }
    // In Istio a brace belongs to a template and to nothing else (S-9).
    if value.contains(['{', '}']) {
        problems.invalid(at, value, "a path: `{` and `}` stand in templates only");
        return Vec::new();
    }
    vec![PathMatcher::new(value)]
}
