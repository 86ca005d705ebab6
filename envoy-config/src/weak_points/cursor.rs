//! [`Cursor`]: a place in a document, with the way to it.

use serde_json::Value;

/// A value and its JSON pointer.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'v> {
    value: &'v Value,
    pointer: String,
}

impl<'v> Cursor<'v> {
    pub(super) fn root(value: &'v Value) -> Self {
        let pointer = String::new();
        Self { value, pointer }
    }

    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The field, by its name in the protobuf file or by its name in JSON. Null is absent, as Envoy reads it.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let fields = self.value.as_object()?;
        let names = [name.to_owned(), lower_camel_case(name)];
        let spelled = names.into_iter().find(|name| fields.contains_key(name))?;
        let value = fields.get(&spelled).filter(|value| !value.is_null())?;
        Some(self.step(&spelled, value))
    }

    /// The field after these fields.
    pub(super) fn path(&self, names: &[&str]) -> Option<Self> {
        names
            .iter()
            .try_fold(self.clone(), |cursor, name| cursor.field(name))
    }

    /// The items of a list; none where there is no such list.
    pub(super) fn items(&self, name: &str) -> Vec<Self> {
        let list = self.field(name);
        list.map_or_else(Vec::new, |list| list.children())
    }

    /// The values of a list or a map.
    pub(super) fn children(&self) -> Vec<Self> {
        match self.value {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| self.step(&index.to_string(), item))
                    .collect()
            }
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| self.step(name, value))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }

    /// This value and all below it.
    pub(super) fn all(&self) -> Vec<Self> {
        let mut all = vec![self.clone()];
        let mut next = 0;
        while let Some(cursor) = all.get(next) {
            let children = cursor.children();
            all.extend(children);
            next = next.saturating_add(1);
        }
        all
    }

    pub(super) fn text(&self) -> Option<&'v str> {
        self.value.as_str()
    }

    pub(super) fn number(&self) -> Option<u64> {
        self.value.as_u64()
    }

    pub(super) fn is_true(&self) -> bool {
        self.value == &Value::Bool(true)
    }

    /// Whether the field is there and true.
    pub(super) fn has_true(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| field.is_true())
    }

    /// Whether the field is this text.
    pub(super) fn has_text(&self, name: &str, text: &str) -> bool {
        self.field(name).is_some_and(|field| field.text() == Some(text))
    }

    /// Whether the value is one of these values of an enum, by word or by number.
    pub(super) fn is_one_of(&self, values: &[(&str, u64)]) -> bool {
        values
            .iter()
            .any(|(word, number)| self.text() == Some(word) || self.value.as_u64() == Some(*number))
    }

    pub(super) fn is_object(&self) -> bool {
        self.value.is_object()
    }

    /// Whether the message is of this type.
    pub(super) fn is_of_type(&self, type_name: &str) -> bool {
        let type_url = self.field("@type").and_then(|field| field.text());
        type_url.and_then(|url| url.rsplit('/').next()) == Some(type_name)
    }

    /// Whether the filter's configuration, which stands beside its name, is of this type.
    pub(super) fn is_filter_of_type(&self, type_name: &str) -> bool {
        self.field("typed_config")
            .is_some_and(|config| config.is_of_type(type_name))
    }

    fn step(&self, name: &str, value: &'v Value) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        let pointer = format!("{}/{name}", self.pointer);
        Self { value, pointer }
    }
}

fn lower_camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &capitalised(part))
}

fn capitalised(part: &str) -> String {
    let mut letters = part.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_found_by_either_of_its_names_with_the_pointer_as_it_is_spelled() {
        let document = json!({"a/b": {"fail_open": true}, "c~d": {"failOpen": true}});
        let root = Cursor::root(&document);
        for (parent, pointer) in [("a/b", "/a~1b/fail_open"), ("c~d", "/c~0d/failOpen")] {
            let field = root.path(&[parent, "fail_open"]).unwrap();
            assert_eq!(field.pointer(), pointer);
            assert_eq!(document.pointer(pointer), Some(&json!(true)));
        }
    }

    #[test]
    fn all_is_everything_below() {
        let document = json!({"a": [1, {"b": 2}]});
        let root = Cursor::root(&document);
        let pointers: Vec<String> = root.all().iter().map(|it| it.pointer().to_owned()).collect();
        assert_eq!(pointers, ["", "/a", "/a/0", "/a/1", "/a/1/b"]);
    }
}
