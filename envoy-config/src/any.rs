//! `google.protobuf.Any` in JSON: a message with its type beside its fields.

/// The `@type` of a protobuf message.
pub(crate) fn type_url(type_name: &str) -> String {
    format!("type.googleapis.com/{type_name}")
}
