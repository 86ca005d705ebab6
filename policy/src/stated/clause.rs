//! [`StatedClause`]: what one attribute is compared with.

use std::fmt::Display;

use crate::config::authorization_policy::condition::RawCondition;
use crate::config::field_path::FieldPath;
use crate::config::field_values::FieldValues;
use crate::config::fields::Listed;
use crate::stated::StatedKey;

/// One attribute, and the values of one form that it is compared with: one of `any_of` where there are some, and none of
/// `none_of`. An attribute that is compared in two forms, such as `paths` beside `pathRegexes`, has two clauses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatedClause {
    /// Which attribute.
    pub key: StatedKey,
    /// The place: of a source or an operation that of the alternative, of a condition that of `when[]`.
    pub at: String,
    /// The values of which one must match; without any, none has to.
    pub any_of: Vec<StatedValue>,
    /// The values of which none may match.
    pub none_of: Vec<StatedValue>,
}

/// One value, as it is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatedValue {
    /// Its place.
    pub at: String,
    /// Its text.
    pub text: String,
    /// How it is compared.
    pub form: ValueForm,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ValueForm {
    /// As text, in the manner of its attribute (S-5).
    Text,
    /// As a regular expression (E-1).
    Regex,
    /// As a number or a range of numbers (E-5).
    Number,
    /// As `true` or `false` (E-5).
    Boolean,
}

impl StatedClause {
    /// The clause, unless it asks nothing.
    pub(super) fn of_field(
        key: StatedKey,
        at: &FieldPath<'_>,
        field: &FieldValues,
        form: ValueForm,
    ) -> Option<Self> {
        let mut clause = Self::empty(key, at);
        clause.add(field, form, at);
        clause.asks().then_some(clause)
    }

    /// A clause for each form of values that the condition has: they hold together. None where the key is none.
    pub(super) fn of_condition(raw: &RawCondition, at: &FieldPath<'_>) -> Vec<Self> {
        let Some(key) = StatedKey::of_condition(&raw.key) else {
            return Vec::new();
        };
        let numbers = Self {
            any_of: values(&raw.numbers, ValueForm::Number, &at.field("numbers")),
            none_of: values(&raw.not_numbers, ValueForm::Number, &at.field("notNumbers")),
            ..Self::empty(key.clone(), at)
        };
        let booleans = Self {
            any_of: values(&raw.booleans, ValueForm::Boolean, &at.field("booleans")),
            none_of: values(&raw.not_booleans, ValueForm::Boolean, &at.field("notBooleans")),
            ..Self::empty(key.clone(), at)
        };
        let clauses = [
            Self::of_field(key.clone(), at, &raw.values, ValueForm::Text),
            Self::of_field(key, at, &raw.regexes, ValueForm::Regex),
            numbers.asks().then_some(numbers),
            booleans.asks().then_some(booleans),
        ];
        clauses.into_iter().flatten().collect()
    }

    fn empty(key: StatedKey, at: &FieldPath<'_>) -> Self {
        Self {
            key,
            at: at.to_string(),
            any_of: Vec::new(),
            none_of: Vec::new(),
        }
    }

    fn add(&mut self, field: &FieldValues, form: ValueForm, at: &FieldPath<'_>) {
        let (name, any_of) = field.any_of();
        self.any_of.extend(values(any_of, form, &at.field(name)));
        let (name, none_of) = field.none_of();
        self.none_of.extend(values(none_of, form, &at.field(name)));
    }

    fn asks(&self) -> bool {
        !self.any_of.is_empty() || !self.none_of.is_empty()
    }

    /// All values, those that must not match too.
    pub fn values(&self) -> impl Iterator<Item = &StatedValue> {
        self.any_of.iter().chain(&self.none_of)
    }
}

fn values<T: Display>(listed: &Listed<T>, form: ValueForm, at: &FieldPath<'_>) -> Vec<StatedValue> {
    let stated = |(index, value): &(usize, T)| StatedValue {
        at: at.index(*index).to_string(),
        text: value.to_string(),
        form,
    };
    listed.iter().map(stated).collect()
}
