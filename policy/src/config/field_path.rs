//! [`FieldPath`]: a place in a document, such as `resources[1].spec.rules[0]`.

use std::fmt;

/// A place in a document. It lives on the stack of whoever walks the document and is written out only when
/// there is something to say about it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldPath<'p> {
    /// The document itself.
    Root,
    /// A field of a map.
    Field(&'p FieldPath<'p>, &'p str),
    /// An element of a list, counted from 0.
    Index(&'p FieldPath<'p>, usize),
}

impl<'p> FieldPath<'p> {
    pub(crate) fn field(&'p self, name: &'p str) -> Self {
        Self::Field(self, name)
    }

    pub(crate) fn index(&'p self, index: usize) -> Self {
        Self::Index(self, index)
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(FieldPath::Root, name) => formatter.write_str(&spelled(name)),
            Self::Field(parent, name) => write!(formatter, "{parent}.{}", spelled(name)),
            Self::Index(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

/// A field name as it stands, or quoted where it could be mistaken for more than one.
fn spelled(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_path_reads_from_the_document_down() {
        let (root, rules) = (FieldPath::Root, "rules");
        let spec = root.field("spec");
        let list = spec.field(rules);
        let rule = list.index(3);
        assert_eq!(rule.field("from").to_string(), "spec.rules[3].from");
        assert_eq!(
            rule.field("istio.io/dry-run").to_string(),
            "spec.rules[3].\"istio.io/dry-run\""
        );
    }
}
