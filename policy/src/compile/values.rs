//! A field and its `not` form, value by value.

use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::field_values::FieldValues;
use crate::config::fields::Listed;
use crate::matcher::values::Values;

/// Compiles both forms of one field. `compile` gives the matchers of one value: usually one, none after it
/// has noted a problem, several where a value stands for several.
pub(crate) fn compile_values<I: IntoIterator>(
    field: &FieldValues,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    compile: impl Fn(&str, &FieldPath<'_>, &mut Problems) -> I,
) -> Values<I::Item> {
    let mut side =
        |(name, values): (&str, &Listed<String>)| compile_side(name, values, at, problems, &compile);
    Values {
        any_of: side(field.any_of()),
        none_of: side(field.none_of()),
    }
}

/// Compiles values that always mean something.
pub(crate) fn compile_all<M>(field: &FieldValues, compile: impl Fn(&str) -> M) -> Values<M> {
    let side =
        |(_, values): (&str, &Listed<String>)| values.iter().map(|(_, value)| compile(value)).collect();
    Values {
        any_of: side(field.any_of()),
        none_of: side(field.none_of()),
    }
}

/// Compiles values of which `parse` knows whether they mean anything; `expected` says what would.
pub(crate) fn parse_values<M>(
    field: &FieldValues,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<M>,
) -> Values<M> {
    compile_values(field, at, problems, |value, at, problems| {
        let parsed = parse(value);
        if parsed.is_none() {
            problems.invalid(at, value, expected);
        }
        parsed
    })
}

/// Compiles the values of one form.
pub(crate) fn compile_side<I: IntoIterator>(
    name: &str,
    values: &Listed<String>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    compile: impl Fn(&str, &FieldPath<'_>, &mut Problems) -> I,
) -> Box<[I::Item]> {
    let at = at.field(name);
    // As a rule it is one matcher a value.
    let mut matchers = Vec::with_capacity(values.len());
    for (index, value) in values {
        matchers.extend(compile(value, &at.index(*index), problems));
    }
    matchers.into()
}
