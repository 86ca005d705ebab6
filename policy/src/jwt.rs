//! The claims of a verified JWT, in the metadata of Envoy's jwt_authn filter (S-7).

use crate::config::document::Document;

/// The namespace in which Envoy's jwt_authn filter puts what it verified.
pub(crate) const JWT_NAMESPACE: &str = "envoy.filters.http.jwt_authn";
/// The key of the claims in it.
pub(crate) const JWT_PAYLOAD: &str = "payload";

/// The claim at a path of names, if the metadata has one.
pub(crate) fn claim<'d>(metadata: &'d Document, path: &[Box<str>]) -> Option<&'d Document> {
    path.iter()
        .try_fold(payload(metadata)?, |value, name| value.field(name))
}

/// The claim at a path, if it is text.
pub(crate) fn text_claim<'d>(metadata: &'d Document, name: &str) -> Option<&'d str> {
    payload(metadata)?.field(name)?.as_text()
}

/// All claims.
fn payload(metadata: &Document) -> Option<&Document> {
    metadata.field(JWT_NAMESPACE)?.field(JWT_PAYLOAD)
}
