//! A value of `paths`: text, or a template (S-9, E-6).

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::matcher::path::PathMatcher;
use crate::matcher::template::{Template, is_template};
use crate::profile::Profile;

/// How the paths of one operation are read.
#[derive(Clone, Copy)]
pub(crate) struct PathReader<'o> {
    pub(crate) profile: Profile,
    pub(crate) ignore_case: bool,
    /// The names in `bindings`.
    pub(crate) names: &'o [&'o str],
}

impl PathReader<'_> {
    pub(crate) fn compile(
        self,
        value: &str,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Option<PathMatcher> {
        let has_brace = value.contains(['{', '}']);
        if !has_brace {
            return Some(PathMatcher::text(value, self.ignore_case));
        }
        // In Istio a brace belongs to a template and to nothing else (S-9).
        if !is_template(value) && self.names.is_empty() {
            problems.invalid(
                at,
                value,
                "a path: `{` and `}` stand in templates only, as `{*}`, `{**}` or a name in `bindings`",
            );
            return None;
        }
        match Template::parse(self.profile, value, self.ignore_case, self.names) {
            Ok(template) => Some(PathMatcher::Template(template)),
            Err(error) => {
                problems.invalid(at, value, error.to_string());
                None
            }
        }
    }
}
