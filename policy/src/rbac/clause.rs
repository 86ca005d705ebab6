//! [`Side`]: the two halves of an RBAC policy, and how fields are put together in them (S-3).

use serde_json::{Value, json};

use crate::config::field_values::FieldValues;
use crate::config::fields::Listed;

/// The half of an RBAC policy that a field belongs to. They have the same algebra under other names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    /// What is asked for.
    Permission,
    /// Who asks.
    Principal,
}

impl Side {
    /// All of the parts; anything, where there is none.
    pub(super) fn all(self, parts: Vec<Value>) -> Value {
        let parts = if parts.is_empty() {
            vec![json!({"any": true})]
        } else {
            parts
        };
        match self {
            Self::Permission => json!({"and_rules": {"rules": parts}}),
            Self::Principal => json!({"and_ids": {"ids": parts}}),
        }
    }

    /// Any of the parts.
    pub(super) fn any(self, parts: Vec<Value>) -> Value {
        match self {
            Self::Permission => json!({"or_rules": {"rules": parts}}),
            Self::Principal => json!({"or_ids": {"ids": parts}}),
        }
    }

    pub(super) fn not(self, part: Value) -> Value {
        match self {
            Self::Permission => json!({"not_rule": part}),
            Self::Principal => json!({"not_id": part}),
        }
    }

    /// A field whose values are matched one by one: any of the values, and none of the others.
    pub(super) fn each(
        self,
        values: &FieldValues,
        render: impl Fn(&str) -> Option<Value>,
    ) -> Option<Vec<Value>> {
        self.whole(values, |values| {
            let parts: Option<Vec<Value>> = values.iter().map(|value| render(value)).collect();
            Some(self.any(parts?))
        })
    }

    /// A field whose values are one matcher together.
    pub(super) fn whole(
        self,
        values: &FieldValues,
        render: impl Fn(&[&str]) -> Option<Value>,
    ) -> Option<Vec<Value>> {
        let mut parts = Vec::new();
        let (_, any_of) = values.any_of();
        if !any_of.is_empty() {
            parts.push(render(&texts(any_of))?);
        }
        let (_, none_of) = values.none_of();
        if !none_of.is_empty() {
            parts.push(self.not(render(&texts(none_of))?));
        }
        Some(parts)
    }
}

fn texts(values: &Listed<String>) -> Vec<&str> {
    values.iter().map(|(_, value)| value.as_str()).collect()
}
