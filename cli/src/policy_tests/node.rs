//! [`Node`]: a part of the document with its place, read so that nothing in it is passed over.

use spiffe_authz_policy::Document;

use crate::policy_tests::problem::Problems;

/// A part of the document.
#[derive(Clone, Debug)]
pub(super) struct Node<'d> {
    pub(super) document: &'d Document,
    /// The place, such as `cases[0].request`.
    pub(super) at: String,
}

/// A map whose fields are all known.
#[derive(Clone, Debug)]
pub(super) struct Fields<'d> {
    entries: &'d [(String, Document)],
    pub(super) at: String,
}

impl<'d> Node<'d> {
    pub(super) fn root(document: &'d Document) -> Self {
        Self {
            document,
            at: String::new(),
        }
    }

    /// The entries of a map, each name once; what they are called is for the author to choose.
    pub(super) fn entries(&self, problems: &mut Problems) -> Option<Vec<(&'d str, Node<'d>)>> {
        let Document::Map(entries) = self.document else {
            self.expected("a map", problems);
            return None;
        };
        self.refuse_twins(entries, problems);
        let entry = |(name, document): &'d (String, Document)| {
            let at = field(&self.at, name);
            (name.as_str(), Node { document, at })
        };
        Some(entries.iter().map(entry).collect())
    }

    /// The fields of a map that has no others than these.
    pub(super) fn fields(&self, known: &[&str], problems: &mut Problems) -> Option<Fields<'d>> {
        let Document::Map(entries) = self.document else {
            self.expected("a map", problems);
            return None;
        };
        self.refuse_twins(entries, problems);
        for (name, _) in entries {
            if !known.contains(&name.as_str()) {
                let known = quoted(known.iter().copied());
                problems.add_of_name(
                    field(&self.at, name),
                    format!("unknown field, expected one of {known}"),
                );
            }
        }
        Some(Fields {
            entries,
            at: self.at.clone(),
        })
    }

    pub(super) fn list(&self, problems: &mut Problems) -> Option<Vec<Node<'d>>> {
        let Document::List(elements) = self.document else {
            self.expected("a list", problems);
            return None;
        };
        let element = |(index, document)| Node {
            document,
            at: format!("{}[{index}]", self.at),
        };
        Some(elements.iter().enumerate().map(element).collect())
    }

    /// Text that is not empty.
    pub(super) fn text(&self, problems: &mut Problems) -> Option<&'d str> {
        let text = self.document.as_text().filter(|text| !text.is_empty());
        if text.is_none() {
            self.expected("text", problems);
        }
        text
    }

    pub(super) fn texts(&self, problems: &mut Problems) -> Option<Vec<String>> {
        let elements = self.list(problems)?;
        elements
            .iter()
            .map(|element| element.text(problems).map(str::to_owned))
            .collect()
    }

    /// A number from 0.
    pub(super) fn index(&self, problems: &mut Problems) -> Option<usize> {
        let index = match self.document {
            Document::Number(number) => number.parse().ok(),
            Document::Null
            | Document::Bool(_)
            | Document::String(_)
            | Document::List(_)
            | Document::Map(_) => None,
        };
        if index.is_none() {
            self.expected("an index: a number from 0", problems);
        }
        index
    }

    /// Notes that something else belongs here.
    pub(super) fn expected(&self, what: &str, problems: &mut Problems) {
        problems.add(
            &self.at,
            format!("expected {what}, found {}", kind(self.document)),
        );
    }

    fn refuse_twins(&self, entries: &[(String, Document)], problems: &mut Problems) {
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut rest = names.as_slice();
        while let [first, others @ ..] = rest {
            if others.first() == Some(first) {
                problems.add_of_name(field(&self.at, first), "the field is given more than once");
            }
            rest = others;
        }
    }
}

impl<'d> Fields<'d> {
    /// A field that may be left out.
    pub(super) fn optional(&self, name: &str) -> Option<Node<'d>> {
        let (_, document) = self.entries.iter().find(|(field, _)| field == name)?;
        let at = field(&self.at, name);
        Some(Node { document, at })
    }

    /// A field that must be there; `why` says what it is for.
    pub(super) fn required(&self, name: &str, why: &str, problems: &mut Problems) -> Option<Node<'d>> {
        let found = self.optional(name);
        if found.is_none() {
            problems.add(field(&self.at, name), format!("missing: {why}"));
        }
        found
    }

    /// The names that are given of these.
    pub(super) fn given<'n>(&self, names: &[&'n str]) -> Vec<&'n str> {
        let mut given = names.to_vec();
        given.retain(|name| self.optional(name).is_some());
        given
    }
}

/// The place of a field.
pub(super) fn field(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

/// Names for a message.
pub(super) fn quoted<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn kind(document: &Document) -> String {
    match document {
        Document::Null => "nothing".to_owned(),
        Document::Bool(value) => format!("the boolean `{value}`"),
        Document::Number(number) => format!("the number `{number}`"),
        Document::String(text) if text.is_empty() => "an empty text".to_owned(),
        Document::String(text) => format!("the text `{text}`"),
        Document::List(_) => "a list".to_owned(),
        Document::Map(_) => "a map".to_owned(),
    }
}
