//! Reads YAML as the command line does.

use spiffe_authz_analysis::lint::{Lint, lint};
use spiffe_authz_policy::{Document, Limits, StatedConfiguration};
use time::OffsetDateTime;

/// The document, by way of JSON.
pub(crate) fn document(yaml: &str) -> Document {
    let value: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
    Document::from_json(value.to_string().as_bytes(), Limits::default()).unwrap()
}

/// The configuration, which must be valid.
pub(crate) fn stated(yaml: &str) -> StatedConfiguration {
    StatedConfiguration::read(&document(yaml)).unwrap_or_else(|errors| panic!("{errors}\n{yaml}"))
}

/// What there is to say of it, without an inventory.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn lints(yaml: &str) -> Vec<Lint> {
    lint(&stated(yaml), None, Some(today())).lints
}

/// 1 December 2026, which the pages name.
pub(crate) fn today() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_796_083_200).unwrap()
}
