//! [`MetadataHeaders`]: dynamic metadata by way of headers, which Envoy takes off the request again.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spiffe_authz_policy::{Document, RequestDocument};

use crate::corpus::Case;
use crate::dynamic_metadata::{self, entries};

/// The entries of dynamic metadata that the cases of one file have; each has a header of its own.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MetadataHeaders {
    entries: Vec<Entry>,
}

/// A namespace and a key in it.
type Entry = (String, String);

impl MetadataHeaders {
    /// The headers for these cases.
    #[must_use]
    pub fn of(cases: &[Case]) -> Self {
        Self::of_requests(cases.iter().map(|case| &case.request))
    }

    /// The headers for these requests.
    #[must_use]
    pub fn of_requests<'r>(requests: impl Iterator<Item = &'r RequestDocument>) -> Self {
        let entries: BTreeSet<Entry> = requests.flat_map(entries_of).map(|(entry, _)| entry).collect();
        Self {
            entries: entries.into_iter().collect(),
        }
    }

    /// The filter that turns the headers into metadata, and removes them; `None` where there are none.
    #[must_use]
    pub fn http_filter(&self) -> Option<Value> {
        let rules: Vec<Value> = self.entries.iter().enumerate().map(rule).collect();
        let message = "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config";
        (!rules.is_empty()).then(|| {
            json!({
                "name": "header_to_metadata",
                "typed_config": {"@type": message, "request_rules": rules},
            })
        })
    }

    /// The headers of this request: names and values.
    ///
    /// # Errors
    /// When the metadata of the request is no metadata.
    pub fn headers(&self, request: &RequestDocument) -> Result<Vec<(String, String)>, String> {
        let written = entries_of(request);
        let header = |(entry, value): (Entry, &Document)| {
            let index = self.entries.iter().position(|known| *known == entry);
            let index = index.ok_or_else(|| format!("{entry:?} has no header"))?;
            Ok((
                name(index),
                STANDARD.encode(dynamic_metadata::value(value).map_err(|error| error.to_string())?),
            ))
        };
        written.into_iter().map(header).collect()
    }
}

fn entries_of(request: &RequestDocument) -> Vec<(Entry, &Document)> {
    let namespaces = request.metadata().and_then(|metadata| entries(metadata).ok());
    let namespaces = namespaces.unwrap_or_default().iter();
    namespaces
        .flat_map(|(namespace, keys)| {
            let keys = entries(keys).unwrap_or_default().iter();
            keys.map(|(key, value)| ((namespace.clone(), key.clone()), value))
        })
        .collect()
}

fn name(index: usize) -> String {
    format!("x-case-metadata-{index}")
}

fn rule((index, (namespace, key)): (usize, &Entry)) -> Value {
    json!({
        "header": name(index),
        "on_header_present": {
            "metadata_namespace": namespace,
            "key": key,
            "type": "PROTOBUF_VALUE",
            "encode": "BASE64",
        },
        "remove": true,
    })
}
