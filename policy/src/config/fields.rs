//! [`Fields`]: a map of the document while it is read, so that nothing in it is passed over.

use std::collections::BTreeSet;

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;

/// How a value is read: `None` after a problem has been noted.
pub(crate) type Read<T> = fn(&Document, &FieldPath<'_>, &mut Problems) -> Option<T>;

/// The elements of a list that could be read, each with its index in the document: an element with a problem is
/// missing, and the others keep their places.
pub(crate) type Listed<T> = Vec<(usize, T)>;

/// How many fields there are in the maps that have the most.
const MOST_KNOWN: usize = 16;

/// The fields of one map. Each is taken once by its name; [`Fields::finish`] notes every field that nobody took.
pub(crate) struct Fields<'d, 'p> {
    at: &'p FieldPath<'p>,
    left: Vec<(&'d str, &'d Document)>,
    known: Vec<&'static str>,
}

impl<'d, 'p> Fields<'d, 'p> {
    /// The fields of `document`, which must be a map.
    pub(crate) fn of(document: &'d Document, at: &'p FieldPath<'p>, problems: &mut Problems) -> Option<Self> {
        let Document::Map(entries) = document else {
            wrong_kind(document, at, "a map", problems);
            return None;
        };
        let mut left: Vec<(&str, &Document)> = Vec::with_capacity(entries.len());
        let mut seen = Seen::of(entries.len());
        for (name, value) in entries {
            if seen.is_new(name, &left) {
                left.push((name, value));
            } else {
                problems.add(&at.field(name), ConfigErrorKind::DuplicateField);
            }
        }
        Some(Self {
            at,
            left,
            known: Vec::with_capacity(MOST_KNOWN),
        })
    }

    /// The field, if it is there; `null` is as if it were not (protobuf's JSON form).
    #[expect(clippy::disallowed_methods, reason = "`index` is the place of an entry")]
    fn take(&mut self, name: &'static str) -> Option<&'d Document> {
        self.known.push(name);
        let index = self.left.iter().position(|(left, _)| *left == name)?;
        let (_, value) = self.left.swap_remove(index);
        if *value == Document::Null {
            None
        } else {
            Some(value)
        }
    }

    /// A field that may be left out.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
        read: Read<T>,
    ) -> Option<T> {
        let value = self.take(name)?;
        read(value, &self.at.field(name), problems)
    }

    /// A field that may be left out, which is read elsewhere.
    pub(crate) fn unread(&mut self, name: &'static str) -> Option<&'d Document> {
        self.take(name)
    }

    /// A field that must be there; `why` says what it is for.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        why: &'static str,
        problems: &mut Problems,
        read: Read<T>,
    ) -> Option<T> {
        let Some(value) = self.take(name) else {
            problems.add(&self.at.field(name), ConfigErrorKind::Missing(why));
            return None;
        };
        read(value, &self.at.field(name), problems)
    }

    /// A list, element by element; `None` where it is absent or no list.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
        read: Read<T>,
    ) -> Option<Listed<T>> {
        let value = self.take(name)?;
        read_list(value, &self.at.field(name), problems, read)
    }

    /// Whether the field is there, an empty list.
    pub(crate) fn is_empty_list(&self, name: &str) -> bool {
        self.left
            .iter()
            .any(|(left, value)| *left == name && matches!(value, Document::List(items) if items.is_empty()))
    }

    /// How many elements the field has; none where it is absent or no list.
    pub(crate) fn list_length(&self, name: &str) -> usize {
        let value = self.left.iter().find(|(left, _)| *left == name);
        value
            .and_then(|(_, value)| value.as_list())
            .map_or(0, <[Document]>::len)
    }

    /// Whether the field is there, well read or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left
            .iter()
            .any(|(left, value)| *left == name && **value != Document::Null)
    }

    /// Fields that say nothing to an authorizer, such as those that Kubernetes writes into metadata.
    pub(crate) fn ignore(&mut self, names: &[&'static str]) {
        for name in names {
            // Taken so that it counts as known; its value means nothing here.
            let _ = self.take(name);
        }
    }

    /// Notes every field that was not taken.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (name, _) in &self.left {
            let kind = ConfigErrorKind::UnknownField {
                expected: self.known.clone(),
            };
            problems.add(&self.at.field(name), kind);
        }
    }
}

/// The names so far. Maps are small, and there are several in each rule: only a large one is worth a tree of its own.
enum Seen<'d> {
    InList,
    InTree(BTreeSet<&'d str>),
}

impl<'d> Seen<'d> {
    fn of(fields: usize) -> Self {
        if fields <= MOST_KNOWN {
            Self::InList
        } else {
            Self::InTree(BTreeSet::new())
        }
    }

    /// Whether the name is not among those so far, which are `list`.
    fn is_new(&mut self, name: &'d str, list: &[(&str, &Document)]) -> bool {
        match self {
            Self::InList => list.iter().all(|(seen, _)| *seen != name),
            Self::InTree(seen) => seen.insert(name),
        }
    }
}

/// Reads every element, so that every problem is noted.
pub(crate) fn read_list<T>(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    read: Read<T>,
) -> Option<Listed<T>> {
    let Document::List(items) = document else {
        wrong_kind(document, at, "a list", problems);
        return None;
    };
    // As many as a policy may have rules at once: elements with mistakes, of which there may be millions, take nothing.
    let mut listed = Vec::with_capacity(items.len().min(problems.limits.rules));
    for (index, item) in items.iter().enumerate() {
        listed.extend(read(item, &at.index(index), problems).map(|item| (index, item)));
    }
    Some(listed)
}

/// Notes a value of the wrong kind.
pub(crate) fn wrong_kind(
    document: &Document,
    at: &FieldPath<'_>,
    expected: &'static str,
    problems: &mut Problems,
) {
    problems.add(
        at,
        ConfigErrorKind::Type {
            expected,
            found: document.kind(),
        },
    );
}
