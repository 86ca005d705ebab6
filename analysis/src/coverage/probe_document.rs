//! Documents of probes: one rule, or what is left of it with one value alone in its list.

use spiffe_authz_policy::Document;

/// The fields that only say how the others are read.
const MODIFIERS: [&str; 3] = ["key", "ignoreCase", "bindings"];

/// The fields whose texts may name a binding.
const PATHS: [&str; 2] = ["paths", "notPaths"];

/// The fields that `ignoreCase` is about.
const CASED: [&str; 4] = ["paths", "notPaths", "pathRegexes", "notPathRegexes"];

/// Where a list of values stands in a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    /// `from[].source`
    Source,
    /// `to[].operation`
    Operation,
    /// `when[]`
    Condition,
}

/// One list of values of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValueList<'d> {
    pub(super) rule: &'d Document,
    pub(super) part: Part,
    /// The index in `from`, `to` or `when`.
    pub(super) index: usize,
    /// The field, such as `principals`.
    pub(super) field: &'d str,
}

impl<'d> ValueList<'d> {
    /// The rule with this value alone in the list. Of `from` or `to`, the alternative of the list alone is left.
    pub(super) fn with_alone(self, index: usize) -> Option<Document> {
        let value = self.values()?.get(index)?.clone();
        self.with(Some(Document::List(vec![value])))
    }

    /// The rule without the list, otherwise the same.
    pub(super) fn without(self) -> Option<Document> {
        self.with(None)
    }

    /// Whether the rule with one of the values alone is the rule itself.
    pub(super) fn is_the_only_choice(self) -> bool {
        let alternatives = self.alternatives().map_or(0, <[Document]>::len);
        let is_alone = self.part == Part::Condition || alternatives == 1;
        is_alone && self.values().is_some_and(|values| values.len() == 1)
    }

    fn values(self) -> Option<&'d [Document]> {
        self.asked()?.field(self.field)?.as_list()
    }

    fn alternatives(self) -> Option<&'d [Document]> {
        self.rule.field(self.part.list())?.as_list()
    }

    /// The map that the list stands in.
    fn asked(self) -> Option<&'d Document> {
        let element = self.alternatives()?.get(self.index)?;
        self.part
            .wrapper()
            .map_or(Some(element), |name| element.field(name))
    }

    fn with(self, values: Option<Document>) -> Option<Document> {
        let asked = asking(self.asked()?, self.field, values)?;
        let element = asked.map(|asked| self.part.wrapped(asked));
        let elements = match self.part {
            Part::Source | Part::Operation => element.into_iter().collect(),
            Part::Condition => replaced(self.alternatives()?, self.index, element),
        };
        with_field(self.rule, self.part.list(), elements)
    }
}

impl Part {
    fn list(self) -> &'static str {
        match self {
            Self::Source => "from",
            Self::Operation => "to",
            Self::Condition => "when",
        }
    }

    fn wrapper(self) -> Option<&'static str> {
        match self {
            Self::Source => Some("source"),
            Self::Operation => Some("operation"),
            Self::Condition => None,
        }
    }

    fn wrapped(self, asked: Document) -> Document {
        match self.wrapper() {
            Some(name) => map([(name, asked)]),
            None => asked,
        }
    }
}

/// A map of these fields.
pub(super) fn map<const N: usize>(fields: [(&str, Document); N]) -> Document {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    Document::Map(fields.collect())
}

/// A text.
pub(super) fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

/// The fields of a map.
pub(super) fn fields(document: &Document) -> Option<&[(String, Document)]> {
    match document {
        Document::Map(fields) => Some(fields),
        Document::Null
        | Document::Bool(_)
        | Document::Number(_)
        | Document::String(_)
        | Document::List(_) => None,
    }
}

/// The map with other values in one field, or without that field. The inner `None` is a map that asks nothing any more.
fn asking(map: &Document, name: &str, values: Option<Document>) -> Option<Option<Document>> {
    let kept = fields(map)?.iter().filter(|(field, _)| field != name);
    let mut asked: Vec<(String, Document)> = kept.cloned().collect();
    asked.extend(values.map(|values| (name.to_owned(), values)));
    if !asked.iter().any(|(field, value)| asks(field, value)) {
        return Some(None);
    }
    let has_case = asked.iter().any(|(field, _)| CASED.contains(&field.as_str()));
    asked.retain(|(field, _)| field != "ignoreCase" || has_case);
    Some(Some(without_unused_bindings(asked)))
}

fn asks(field: &str, value: &Document) -> bool {
    !MODIFIERS.contains(&field) && value.as_list().is_some_and(|values| !values.is_empty())
}

/// A binding that no path uses would be refused.
fn without_unused_bindings(mut asked: Vec<(String, Document)>) -> Document {
    let paths: Vec<Document> = asked
        .iter()
        .filter(|(field, _)| PATHS.contains(&field.as_str()))
        .flat_map(|(_, values)| values.as_list().unwrap_or_default().to_vec())
        .collect();
    let is_used = |name: &str| {
        let segment = format!("{{{name}}}");
        let mut texts = paths.iter().filter_map(Document::as_text);
        texts.any(|path| path.contains(&segment))
    };
    for (_, bindings) in asked.iter_mut().filter(|(field, _)| field == "bindings") {
        if let Document::Map(bindings) = bindings {
            bindings.retain(|(name, _)| is_used(name));
        }
    }
    Document::Map(asked)
}

/// The list with another element at an index, or without it.
fn replaced(list: &[Document], index: usize, element: Option<Document>) -> Vec<Document> {
    let (before, from) = list.split_at_checked(index).unwrap_or((list, &[]));
    let behind = from.iter().skip(1);
    before
        .iter()
        .cloned()
        .chain(element)
        .chain(behind.cloned())
        .collect()
}

/// The map with another list in a field; an empty one is left out.
fn with_field(document: &Document, name: &str, list: Vec<Document>) -> Option<Document> {
    let kept = fields(document)?.iter().filter(|(field, _)| field != name);
    let list = (!list.is_empty()).then(|| (name.to_owned(), Document::List(list)));
    Some(Document::Map(kept.cloned().chain(list).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use spiffe_authz_policy::Limits;

    fn json(text: &str) -> Document {
        Document::from_json(text.as_bytes(), Limits::default()).unwrap()
    }

    fn rule() -> Document {
        json(
            r#"{"from": [{"source": {"principals": ["a", "b"], "notNamespaces": ["x"]}}, {"source": {"namespaces": ["c"]}}],
                "to": [{"operation": {"paths": ["/t/{ns}", "/y"], "bindings": {"ns": "source.namespace"}}}],
                "when": [{"key": "source.ip", "values": ["1.1.1.1"]}, {"key": "remote.ip", "notValues": ["2.2.2.2", "3.3.3.3"]}]}"#,
        )
    }

    fn list<'d>(rule: &'d Document, part: Part, index: usize, field: &'d str) -> ValueList<'d> {
        ValueList {
            rule,
            part,
            index,
            field,
        }
    }

    #[test]
    fn a_value_alone_stands_in_its_alternative_alone() {
        let rule = rule();
        let alone = list(&rule, Part::Source, 0, "principals").with_alone(1).unwrap();
        let from = json(r#"[{"source": {"notNamespaces": ["x"], "principals": ["b"]}}]"#);
        assert_eq!(alone.field("from"), Some(&from));
        assert_eq!(alone.field("to"), rule.field("to"));
        assert_eq!(alone.field("when"), rule.field("when"));
    }

    #[test]
    fn a_binding_that_the_value_does_not_use_is_left_out() {
        let rule = rule();
        let paths = list(&rule, Part::Operation, 0, "paths");
        let with = paths.with_alone(0).unwrap();
        let expected =
            json(r#"[{"operation": {"bindings": {"ns": "source.namespace"}, "paths": ["/t/{ns}"]}}]"#);
        assert_eq!(with.field("to"), Some(&expected));
        let without = paths.with_alone(1).unwrap();
        let expected = json(r#"[{"operation": {"bindings": {}, "paths": ["/y"]}}]"#);
        assert_eq!(without.field("to"), Some(&expected));
    }

    #[test]
    fn an_alternative_that_asks_nothing_any_more_is_any() {
        let rule = rule();
        let open = list(&rule, Part::Source, 1, "namespaces").without().unwrap();
        assert_eq!(open.field("from"), None);
    }

    #[test]
    fn the_other_conditions_stay() {
        let rule = rule();
        let excluded = list(&rule, Part::Condition, 1, "notValues");
        let open = json(r#"[{"key": "source.ip", "values": ["1.1.1.1"]}]"#);
        assert_eq!(excluded.without().unwrap().field("when"), Some(&open));
        let alone = json(
            r#"[{"key": "source.ip", "values": ["1.1.1.1"]}, {"key": "remote.ip", "notValues": ["3.3.3.3"]}]"#,
        );
        assert_eq!(excluded.with_alone(1).unwrap().field("when"), Some(&alone));
    }

    #[test]
    fn a_single_value_of_a_single_alternative_is_the_rule_itself() {
        let rule = rule();
        assert!(!list(&rule, Part::Source, 1, "namespaces").is_the_only_choice());
        assert!(list(&rule, Part::Condition, 0, "values").is_the_only_choice());
        assert!(!list(&rule, Part::Operation, 0, "paths").is_the_only_choice());
    }
}
