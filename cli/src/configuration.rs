//! A plugin configuration from a file, in JSON or YAML.

use std::path::Path;

use spiffe_authz_policy::{Document, PolicySet};

use crate::failure::Failure;

/// Reads and compiles the configuration at `path`; JSON is read as the YAML that it is.
pub(crate) fn load(path: &Path) -> Result<PolicySet, Failure> {
    let text = std::fs::read_to_string(path).map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    let document: Document = serde_saphyr::from_str(&text).map_err(|reason| Failure::Syntax {
        path: path.to_owned(),
        reason: reason.to_string(),
    })?;
    PolicySet::from_document(&document, None).map_err(|errors| Failure::Invalid {
        path: path.to_owned(),
        errors,
    })
}
