//! [`FieldValues`]: a field and its `not` form as they are written.

use crate::config::error::Problems;
use crate::config::fields::{Fields, Listed};
use crate::config::values::non_empty_text;

/// The values of a field and of its `not` form, each with the name it stands under.
#[derive(Clone, Debug)]
pub(crate) struct FieldValues {
    name: &'static str,
    values: Listed<String>,
    not_name: &'static str,
    not_values: Listed<String>,
}

impl FieldValues {
    /// The name and the values of which one must match.
    pub(crate) fn any_of(&self) -> (&'static str, &Listed<String>) {
        (self.name, &self.values)
    }

    /// The name and the values of which none may match.
    pub(crate) fn none_of(&self) -> (&'static str, &Listed<String>) {
        (self.not_name, &self.not_values)
    }

    /// Whether neither form has a value.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.not_values.is_empty()
    }

    /// The name of the form that has values; the positive one where both have.
    pub(crate) fn first_given(&self) -> &'static str {
        if self.values.is_empty() {
            self.not_name
        } else {
            self.name
        }
    }
}

/// Takes both forms of a field.
pub(crate) fn read_field(
    name: &'static str,
    not_name: &'static str,
    fields: &mut Fields<'_, '_>,
    problems: &mut Problems,
) -> FieldValues {
    let mut values = |name| fields.list(name, problems, non_empty_text).unwrap_or_default();
    FieldValues {
        name,
        values: values(name),
        not_name,
        not_values: values(not_name),
    }
}
