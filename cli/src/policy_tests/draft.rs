//! [`Draft`]: a request while it is put together from fixtures, with the place that each part came from.

use std::collections::BTreeMap;

use spiffe_authz_policy::{ConfigErrors, Document, RequestDocument};

use crate::policy_tests::node::{Node, field};
use crate::policy_tests::problem::Problems;

/// The fields whose own fields are replaced one by one; every other field is replaced whole.
const MERGED: [&str; 4] = ["source", "destination", "jwt", "metadata"];

/// A request document in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    fields: Vec<(String, Document)>,
    /// Of a path in the request, such as `destination.port`, the place in the file.
    origins: BTreeMap<String, String>,
}

impl Draft {
    /// Sets a field; nothing (`null`) takes it away. What a map says is merged where it is one of several values.
    pub(super) fn set(&mut self, name: &str, node: &Node<'_>) {
        match (node.document, self.get(name)) {
            (Document::Null, _) => self.remove(name),
            (Document::Map(entries), Some(Document::Map(_))) if MERGED.contains(&name) => {
                for (inner, document) in entries {
                    let at = field(&node.at, inner);
                    self.set_inner(name, inner, &Node { document, at });
                }
            }
            (document, _) => {
                self.remove(name);
                self.fields.push((name.to_owned(), document.clone()));
                self.origins.insert(name.to_owned(), node.at.clone());
            }
        }
    }

    /// Sets every field that the other draft has.
    pub(super) fn extend(&mut self, other: &Self) {
        for (name, document) in &other.fields {
            let at = other.place(name);
            self.set(name, &Node { document, at });
        }
        let inner = other.origins.iter().filter(|(path, _)| path.contains('.'));
        self.origins
            .extend(inner.map(|(path, at)| (path.clone(), at.clone())));
    }

    /// Sets a field of the peer; `false` where there is none that shows a certificate.
    pub(super) fn set_in_peer(&mut self, name: &str, node: &Node<'_>) -> bool {
        let has_peer = matches!(self.get("peer"), Some(Document::Map(_)));
        self.set_inner("peer", name, node);
        has_peer
    }

    fn set_inner(&mut self, name: &str, inner: &str, node: &Node<'_>) {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        if let Some((_, Document::Map(entries))) = field {
            entries.retain(|(entry, _)| entry != inner);
            if *node.document != Document::Null {
                entries.push((inner.to_owned(), node.document.clone()));
            }
            self.origins.insert(format!("{name}.{inner}"), node.at.clone());
        }
    }

    fn get(&self, name: &str) -> Option<&Document> {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map(|(_, document)| document)
    }

    fn remove(&mut self, name: &str) {
        self.fields.retain(|(field, _)| field != name);
        let inner = format!("{name}.");
        self.origins
            .retain(|path, _| path != name && !path.starts_with(&inner));
    }

    /// The request. What is wrong with it is noted at the places where it is written; what is wrong with the whole, at
    /// `at`.
    pub(super) fn finish(&self, at: &str, problems: &mut Problems) -> Option<RequestDocument> {
        match self.read() {
            Ok(request) => Some(request),
            Err(errors) => {
                problems.add_errors(&errors, |path| match self.place(path) {
                    place if place.is_empty() => at.to_owned(),
                    place => place,
                });
                None
            }
        }
    }

    fn read(&self) -> Result<RequestDocument, ConfigErrors> {
        RequestDocument::from_document(&Document::Map(self.fields.clone()))
    }

    /// The place in the file of a path in the request: that of the longest part of it whose place is known.
    fn place(&self, path: &str) -> String {
        let ends = path
            .char_indices()
            .filter(|(_, character)| matches!(character, '.' | '['));
        let ends = ends.map(|(end, _)| end).chain([path.len()]);
        let mut parts: Vec<(&str, &str)> = ends.filter_map(|end| path.split_at_checked(end)).collect();
        parts.reverse();
        let found = parts.into_iter().find_map(|(known, rest)| {
            let at = self.origins.get(known)?;
            Some(format!("{at}{rest}"))
        });
        found.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spiffe_authz_policy::Limits;

    fn draft(at: &str, json: &str) -> Draft {
        let mut draft = Draft::default();
        set_all(&mut draft, at, json);
        draft
    }

    fn set_all(draft: &mut Draft, at: &str, json: &str) {
        let document = Document::from_json(json.as_bytes(), Limits::default()).unwrap();
        let node = Node {
            document: &document,
            at: at.to_owned(),
        };
        for (name, node) in node.entries(&mut Problems::default()).unwrap() {
            draft.set(name, &node);
        }
    }

    fn extended(base: &str, other: &str) -> Draft {
        let mut base = draft("base", base);
        base.extend(&draft("other", other));
        base
    }

    #[test]
    fn what_comes_later_replaces_and_addresses_are_merged() {
        let draft = extended(
            r#"{"method": "GET", "path": "/a", "destination": {"port": 1, "ip": "1.1.1.1"}}"#,
            r#"{"path": "/b", "destination": {"port": 2}}"#,
        );
        let request = draft.read().unwrap();
        assert_eq!(
            (request.method(), request.path()),
            (Some("GET"), Some(&b"/b"[..]))
        );
        assert_eq!(request.destination_port(), Some(2));
        assert_eq!(request.destination_ip(), Some("1.1.1.1".parse().unwrap()));
    }

    #[test]
    fn nothing_takes_a_field_away() {
        let mut draft = draft("base", r#"{"sni": "a", "source": {"ip": "1.1.1.1"}}"#);
        set_all(&mut draft, "case", r#"{"sni": null, "source": {"ip": null}}"#);
        let request = draft.read().unwrap();
        assert_eq!((request.sni(), request.source_ip()), (None, None));
    }

    #[test]
    fn a_problem_is_told_where_it_is_written() {
        let draft = extended(
            r#"{"path": 1, "destination": {"port": 70000, "ip": "x"}}"#,
            r#"{"destination": {"port": 80000}, "headers": [["a", 1]]}"#,
        );
        let mut problems = Problems::default();
        assert!(draft.finish("cases[0].request", &mut problems).is_none());
        let told = problems.told();
        for place in [
            "base.path: ",
            "base.destination.ip: ",
            "other.destination.port: `80000`",
            "other.headers[0][1]: ",
        ] {
            assert!(
                told.iter().any(|problem| problem.starts_with(place)),
                "{place} in {told:?}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_the_whole_is_told_there() {
        let draft = extended(r#"{"protocol": "tcp"}"#, r#"{"path": "/"}"#);
        let mut problems = Problems::default();
        assert!(draft.finish("cases[0].request", &mut problems).is_none());
        assert_eq!(
            problems.told(),
            ["other.path: a connection (`protocol: tcp`) has no HTTP attribute"]
        );
    }
}
