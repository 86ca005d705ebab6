//! A field and its `not` form, value by value.

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::matcher::values::Values;

/// Compiles both forms of one field. `compile` gives the matchers of one value: usually one, none after it
/// has noted a problem, several where a value stands for several.
pub(crate) fn compile_values<M>(
    (name, any_of): (&str, &Listed<String>),
    (not_name, none_of): (&str, &Listed<String>),
    at: &FieldPath<'_>,
    problems: &mut Problems,
    compile: impl Fn(&str, &FieldPath<'_>, &mut Problems) -> Vec<M>,
) -> Values<M> {
    let mut all = |name: &str, values: &Listed<String>| {
        let at = at.field(name);
        let one = |(index, value): &(usize, String)| compile(value, &at.index(*index), problems);
        values.iter().flat_map(one).collect()
    };
    Values {
        any_of: all(name, any_of),
        none_of: all(not_name, none_of),
    }
}
