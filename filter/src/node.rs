//! The workload that the proxy's node metadata names: `NAMESPACE` and `LABELS`, as Istio writes them.

use std::collections::BTreeMap;

use spiffe_authz_policy::Workload;

use crate::host::{Host, HostError};
use crate::{escape, pairs, property};

/// The most labels that are read: far more than a workload has.
const MAX_LABELS: usize = 4096;

/// Why the node metadata names no workload.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NodeError {
    /// An entry of the metadata is missing or cannot be read.
    #[error("node metadata `{entry}`: {reason}")]
    Unreadable {
        /// `NAMESPACE` or `LABELS`.
        entry: &'static str,
        /// What the host says.
        reason: HostError,
    },
    /// `LABELS` is no map.
    #[error("node metadata `LABELS`: not a map of labels")]
    NotAMap,
    /// More labels than a workload has.
    #[error("node metadata `LABELS`: {0} labels, at most {MAX_LABELS} are allowed")]
    TooMany(usize),
    /// A name or value that no namespace or label has: not a string, empty where it must not be, or with control
    /// characters. A number or a boolean in the metadata looks like that.
    #[error("node metadata `{entry}`: `{input}` is not the text of a {what}")]
    NotText {
        /// `NAMESPACE` or `LABELS`.
        entry: &'static str,
        /// `namespace`, `label name` or `label value`.
        what: &'static str,
        /// The bytes, escaped.
        input: String,
    },
}

/// The workload in the node metadata.
///
/// # Errors
/// When either entry is missing, or is not text: no label is passed over, since a selector rests on it.
pub(crate) fn workload(host: &impl Host) -> Result<Workload, NodeError> {
    Ok(Workload {
        namespace: namespace(host)?,
        labels: labels(host)?,
        waypoint: None,
    })
}

fn namespace(host: &impl Host) -> Result<String, NodeError> {
    let bytes = read(host, "NAMESPACE", property::NODE_NAMESPACE)?;
    non_empty("NAMESPACE", "namespace", &bytes)
}

fn labels(host: &impl Host) -> Result<BTreeMap<String, String>, NodeError> {
    let bytes = read(host, "LABELS", property::NODE_LABELS)?;
    let pairs = pairs::parse(&bytes).map_err(|_| NodeError::NotAMap)?;
    if pairs.len() > MAX_LABELS {
        return Err(NodeError::TooMany(pairs.len()));
    }
    pairs.into_iter().map(label).collect()
}

fn label((name, value): pairs::Pair<'_>) -> Result<(String, String), NodeError> {
    Ok((
        non_empty("LABELS", "label name", name)?,
        text("LABELS", "label value", value)?,
    ))
}

fn read(host: &impl Host, entry: &'static str, path: &str) -> Result<Vec<u8>, NodeError> {
    host.property(path)
        .map_err(|reason| NodeError::Unreadable { entry, reason })
}

fn non_empty(entry: &'static str, what: &'static str, bytes: &[u8]) -> Result<String, NodeError> {
    let text = text(entry, what, bytes)?;
    if text.is_empty() {
        Err(not_text(entry, what, bytes))
    } else {
        Ok(text)
    }
}

/// A number or a boolean of the metadata arrives as raw bytes, among them control characters.
fn text(entry: &'static str, what: &'static str, bytes: &[u8]) -> Result<String, NodeError> {
    match str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err(not_text(entry, what, bytes)),
    }
}

fn not_text(entry: &'static str, what: &'static str, bytes: &[u8]) -> NodeError {
    NodeError::NotText {
        entry,
        what,
        input: escape::printable(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::pairs::serialize;

    fn workload_of(namespace: Option<&[u8]>, labels: Option<&[u8]>) -> Result<Workload, NodeError> {
        let host = FakeHost::new();
        host.set_reading(property::NODE_NAMESPACE, namespace.ok_or(HostError::NotFound));
        host.set_reading(property::NODE_LABELS, labels.ok_or(HostError::NotFound));
        workload(&host)
    }

    #[test]
    fn namespace_and_labels_make_a_workload() {
        let labels = serialize(&[(b"app", b"orders"), (b"track", b"")]);
        let workload = workload_of(Some(b"shop"), Some(&labels)).unwrap();
        assert_eq!(workload.namespace, "shop");
        let expected =
            [("app", "orders"), ("track", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(workload.labels, BTreeMap::from(expected));
    }

    #[test]
    fn both_entries_must_be_there() {
        let labels = serialize(&[]);
        let missing = |entry| {
            Err(NodeError::Unreadable {
                entry,
                reason: HostError::NotFound,
            })
        };
        assert_eq!(workload_of(None, Some(&labels)), missing("NAMESPACE"));
        assert_eq!(workload_of(Some(b"shop"), None), missing("LABELS"));
    }

    #[test]
    fn labels_that_are_no_map_are_an_error() {
        assert_eq!(
            workload_of(Some(b"shop"), Some(b"app=orders")),
            Err(NodeError::NotAMap)
        );
    }

    #[test]
    fn as_many_labels_as_the_bound_are_read_and_one_more_is_an_error() {
        let names: Vec<String> = (0..=MAX_LABELS).map(|number| format!("label-{number}")).collect();
        let labels: Vec<(&[u8], &[u8])> = names.iter().map(|name| (name.as_bytes(), &b"x"[..])).collect();
        let read = |labels: &[(&[u8], &[u8])]| workload_of(Some(b"shop"), Some(&serialize(labels)));
        assert_eq!(
            read(&labels[1..]).map(|workload| workload.labels.len()),
            Ok(MAX_LABELS)
        );
        assert_eq!(read(&labels), Err(NodeError::TooMany(MAX_LABELS + 1)));
    }

    #[test]
    fn what_is_not_text_is_an_error_that_shows_it() {
        let labels = |name: &[u8], value: &[u8]| serialize(&[(name, value)]);
        let orders = labels(b"app", b"orders");
        let table: [(&[u8], Vec<u8>, &str); 6] = [
            (
                b"",
                orders.clone(),
                "`NAMESPACE`: `` is not the text of a namespace",
            ),
            (
                b"\xff",
                orders,
                r"`NAMESPACE`: `\xff` is not the text of a namespace",
            ),
            (
                b"shop",
                labels(b"", b"orders"),
                "`LABELS`: `` is not the text of a label name",
            ),
            (
                b"shop",
                labels(b"app", b"\x01"),
                r"`LABELS`: `\x01` is not the text of a label value",
            ),
            (
                b"shop",
                labels(b"app", b"\xf0?"),
                r"`LABELS`: `\xf0?` is not the text of a label value",
            ),
            (
                b"shop",
                labels(b"app", b"\0\0@"),
                r"`LABELS`: `\x00\x00@` is not the text of a label value",
            ),
        ];
        for (namespace, labels, expected) in table {
            let error = workload_of(Some(namespace), Some(&labels)).unwrap_err();
            assert_eq!(error.to_string(), format!("node metadata {expected}"));
        }
    }
}
